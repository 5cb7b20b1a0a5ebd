from datetime import datetime

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from newsletter.admin.history import note_deed
from newsletter.admin.list_import import import_page
from newsletter.admin.long_import import long_import_page
from newsletter.admin.read_only import ByExactAddress, ReadOnly
from newsletter.exporting import csv_lines
from newsletter.list_growth import ListGrowth
from newsletter.models import Preferences, Subscriber, Suppression

MAILS_SHOWN = 100
TONES = {"confirmed": "good", "suppressed": "bad"}


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"
    STATES = {
        "confirmed": ("On the list", Q(confirmed_at__isnull=False, unsubscribed_at__isnull=True)),
        "waiting": ("Never confirmed", Q(confirmed_at__isnull=True, unsubscribed_at__isnull=True)),
        "left": ("Left", Q(unsubscribed_at__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self.STATES.items()] + [
            ("suppressed", "Not written to"),
            ("no_topic", "No chosen topic is left"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "suppressed":
            return queryset.filter(suppressed_at__isnull=False)
        if self.value() == "no_topic":
            return queryset.mailable().filter(chooses_topics=True, topics__isnull=True)
        if self.value() in self.STATES:
            return queryset.filter(self.STATES[self.value()][1], suppressed_at__isnull=True)
        return queryset


@admin.register(Subscriber)
class SubscriberAdmin(ByExactAddress, ReadOnly):
    list_display = ("address", "status", "asked", "confirmed", "left")
    list_filter = (StateFilter,)
    change_list_template = "admin/newsletter/subscriber/list.html"

    def get_urls(self) -> list[URLPattern]:
        both = require_http_methods(["GET", "HEAD", "POST"])
        pages = {"import": both(self.import_view), "export": require_POST(self.export_view)}
        pages["growth"] = require_safe(self.growth_view)
        own = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"newsletter_subscriber_{name}")
            for name, view in pages.items()
        ]
        long_import = self.admin_site.admin_view(both(self.long_import_view))
        own.append(
            path("import/<int:import_id>/", long_import, name="newsletter_subscriber_long_import")
        )
        return [*own, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"title": "Subscribers", **(extra_context or {})})

    @admin.display(ordering="created_at")
    def asked(self, person: Subscriber) -> str:
        return day(person.created_at)

    @admin.display(ordering="confirmed_at")
    def confirmed(self, person: Subscriber) -> str:
        return day(person.confirmed_at)

    @admin.display(ordering="unsubscribed_at")
    def left(self, person: Subscriber) -> str:
        return day(person.unsubscribed_at)

    # --- The page of one person ---------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **kwargs: object
    ) -> HttpResponse:
        """All that was agreed to, and all that was sent. There is no form to send."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        person = self.get_object(request, object_id)
        if person is None:
            raise Http404("There is no such subscriber.")
        may = request.user.has_perm
        mails = person.deliveries.select_related("campaign").order_by("-pk")
        context = {
            **self._context(request, str(person)),
            "person": person,
            "tone": TONES.get(person.status, "warn"),
            "topics": Preferences.of(person).topic_names,
            "suppression": person.suppressed_at and Suppression.objects.of(person.address).first(),
            "consent": person.consent_events.all() if may("newsletter.view_consentevent") else None,
            "mails": mails[:MAILS_SHOWN] if may("newsletter.view_delivery") else None,
        }
        return TemplateResponse(request, "admin/newsletter/subscriber/person.html", context)

    def _context(self, request: HttpRequest, title: str) -> dict[str, object]:
        return {**self.admin_site.each_context(request), "opts": self.opts, "title": title}

    def growth_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        growth = ListGrowth.at(timezone.now())
        context = {**self._context(request, "How the list grows"), "growth": growth}
        return TemplateResponse(request, "admin/newsletter/subscriber/growth.html", context)

    # --- Many people --------------------------------------------------------------------------

    @csrf_exempt  # for a moment only: the check reads the file, so the right comes first
    def import_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("newsletter.import_subscriber"):
            raise PermissionDenied
        return import_page(request, self._context(request, "Import people"))

    def long_import_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        if not request.user.has_perm("newsletter.import_subscriber"):
            raise PermissionDenied
        return long_import_page(request, import_id, self._context(request, "Import people"))

    def export_view(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm("newsletter.export_subscriber"):
            raise PermissionDenied
        note_deed(request, Subscriber, "Downloaded the list of subscribers.")
        name = f"subscribers-{timezone.localdate():%Y-%m-%d}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        return StreamingHttpResponse(
            csv_lines(), content_type="text/csv; charset=utf-8", headers=headers
        )


def day(moment: datetime | None) -> str:
    return date_format(timezone.localtime(moment), "j M Y") if moment else "–"
