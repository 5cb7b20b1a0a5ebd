from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from newsletter.models import Routine


@admin.register(Routine)
class RoutineAdmin(admin.ModelAdmin):
    """There is one: its list is its page."""

    fields = (("weekday", "hour"), "zone", "welcomes")
    readonly_fields = ("zone",)

    @admin.display(description="time zone")
    def zone(self, routine: Routine) -> str:
        return timezone.get_default_timezone_name()

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
