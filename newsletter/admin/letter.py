from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from newsletter.admin import letter_pages
from newsletter.admin.letter_forms import AudienceForm, LetterForm
from newsletter.admin.read_only import SoundIds
from newsletter.audience import Audience
from newsletter.models import Campaign, Letter

NO_TOPIC_LEFT = "The draft is saved. It cannot be sent before you choose who gets it."


@admin.register(Letter)
class LetterAdmin(SoundIds):
    form = LetterForm
    list_display = ("subject", "state", "updated_at")
    search_fields = ("subject",)
    fieldsets = (
        (None, {"fields": ("subject", "preheader", "body"), "classes": ("writing",)}),
        ("Who gets it", {"fields": ("frequency", "topics")}),
        ("Two subjects", {"fields": ("other_subject", "compare_share", "compare_hours")}),
        ("Counting", {"fields": ("counts_presses",)}),
    )

    def get_urls(self) -> list[URLPattern]:
        audience = self.admin_site.admin_view(self.audience_view)
        own = path("audience/", audience, name="newsletter_letter_audience")
        return [own, *letter_pages.urls(self), *super().get_urls()]

    # --- The list -------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        campaigns = Campaign.objects.without_words()
        return super().get_queryset(request).prefetch_related(Prefetch("campaigns", campaigns))

    @admin.display
    def state(self, letter: Letter) -> str:
        if letter.is_draft:
            return "draft"
        states = dict.fromkeys(campaign.status for campaign in letter.campaigns.all())
        if "cancelled" in states and letter.waits_for_a_choice:
            states["the rest waits for a choice"] = None
        return ", ".join(states)

    # --- Writing --------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Letter | None = None) -> list:
        """Beside its topics the way out, where all of them are deleted."""
        if obj is None or not obj.has_no_topic_left:
            return self.fieldsets
        for_whom = ("Who gets it", {"fields": ("frequency", "topics", "to_everybody")})
        return [for_whom if name == for_whom[0] else (name, rest) for name, rest in self.fieldsets]

    def formfield_for_dbfield(self, *args: object, **kwargs: object) -> forms.Field | None:
        """Without the small buttons beside it: topics have a page of their own."""
        field = super().formfield_for_dbfield(*args, **kwargs)
        if field and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget = field.widget.widget
        return field

    def has_change_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        """What is frozen stays as it is."""
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Letter | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_draft)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **kwargs: object
    ) -> HttpResponse:
        """Whoever cannot change it gets the page that shows it."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        letter = self.get_object(request, object_id)
        if letter and request.method == "GET" and not self.has_change_permission(request, letter):
            return HttpResponseRedirect(check_url(letter))
        return super().change_view(request, object_id, *args, **kwargs)

    def render_change_form(
        self, request: HttpRequest, context: dict, obj: Letter | None = None, **kwargs: object
    ) -> HttpResponse:
        now = timezone.now()
        context |= {
            "people": obj.people(now) if obj else Audience().people(now).count(),
            "state": self.state(obj) if obj else "new draft",
            "no_topic_left": obj is not None and obj.has_no_topic_left,
        }
        return super().render_change_form(request, context, obj=obj, **kwargs)

    def response_add(self, request: HttpRequest, obj: Letter, *args: object) -> HttpResponse:
        return self._after_saving(request, obj)

    def response_change(self, request: HttpRequest, obj: Letter) -> HttpResponse:
        return self._after_saving(request, obj)

    def _after_saving(self, request: HttpRequest, letter: Letter) -> HttpResponse:
        if "_check" in request.POST:
            return HttpResponseRedirect(check_url(letter))
        if letter.has_no_topic_left:
            self.message_user(request, NO_TOPIC_LEFT, messages.WARNING)
            return HttpResponseRedirect(form_url(letter))
        people = letter.people(timezone.now())
        get = "1 person would get it" if people == 1 else f"{people:,} people would get it"
        self.message_user(request, f"The draft is saved. {get} now.")
        return HttpResponseRedirect(form_url(letter))

    def audience_view(self, request: HttpRequest) -> JsonResponse:
        """How many people what stands in the form is for, before it is saved."""
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        form = AudienceForm(request.GET)
        people = form.audience().people(timezone.now()).count() if form.is_valid() else None
        return JsonResponse({"people": people}, headers={"Cache-Control": "no-store"})


def form_url(letter: Letter) -> str:
    return reverse("admin:newsletter_letter_change", args=[letter.pk])


def check_url(letter: Letter) -> str:
    return reverse("admin:newsletter_letter_check", args=[letter.pk])
