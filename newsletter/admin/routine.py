from datetime import datetime

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from newsletter.models import Campaign, Digest, Routine, Tally


@admin.register(Routine)
class RoutineAdmin(admin.ModelAdmin):
    """There is one: its list is its page."""

    fields = (("weekday", "hour"), "zone", "next_one", "last_one", "welcomes", "counts_presses")
    readonly_fields = ("zone", "next_one", "last_one")

    @admin.display(description="time zone")
    def zone(self, routine: Routine) -> str:
        return timezone.get_default_timezone_name()

    @admin.display(description="next weekly mail")
    def next_one(self, routine: Routine) -> str:
        return written(routine.next_due(timezone.now()).at)

    @admin.display(description="last weekly mail")
    def last_one(self, routine: Routine) -> str:
        """With a note if it was late."""
        last = Digest.objects.first()
        if last is None:
            return "none yet"
        counted = Tally.objects.filter(campaign__digest=last, campaign__kind=Campaign.Kind.DIGEST)
        people = sum(tally.candidates for tally in counted)  # as the sweep counted them last
        said = f"{written(last.made_at)}, to {people} {'person' if people == 1 else 'people'}"
        return f"{said}; it was due on {written(last.due_at)}" if last.is_late else said

    def changelist_view(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            return super().changelist_view(request, extra_context)
        routine, _ = Routine.objects.get_or_create(pk=1)
        return HttpResponseRedirect(reverse("admin:newsletter_routine_change", args=[routine.pk]))

    def save_model(
        self, request: HttpRequest, routine: Routine, form: forms.ModelForm, change: bool
    ) -> None:
        if {"weekday", "hour"} & set(form.changed_data):
            routine.weekly_since = timezone.now()
        routine.save()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Routine | None = None) -> bool:
        return False


def written(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "l, j F Y, H:i")
