from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from newsletter.models import SendingLimit
from newsletter.providers import way_name


@admin.register(SendingLimit)
class SendingLimitAdmin(admin.ModelAdmin):
    """How fast campaigns may go out. Staff change it at any time; workers see it at once."""

    list_display = ("way", "per_second", "per_hour", "per_day", "today", "is_used")
    fieldsets = (
        (
            None,
            {
                "fields": ("way", "per_second", "per_hour", "per_day"),
                "description": "For all workers together. An empty field means no limit. "
                "Confirmations and mails to staff are not held back.",
            },
        ),
        ("Warming up", {"fields": ("warm_up_from", "warm_up_first_day")}),
        ("Now", {"fields": ("today", "slowed")}),
    )
    readonly_fields = ("today", "slowed")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str]:
        return {"way": way_name(), **super().get_changeform_initial_data(request)}

    @admin.display(description="today")
    def today(self, limit: SendingLimit) -> str:
        today = timezone.localdate()
        sent = limit.sent_that_day if limit.day == today else 0
        most = limit.day_limit(today)
        return f"{sent:,} sent" if most is None else f"{sent:,} of {most:,} sent"

    @admin.display(description="slowed down")
    def slowed(self, limit: SendingLimit) -> str:
        if not limit.is_slowed(timezone.now()):
            return "No"
        until = timezone.localtime(limit.slowed_until)
        return (
            f"The other side said that we were too fast: at most {limit.slowed_to:.1f} a second "
            f"until {until:%H:%M}."
        )

    @admin.display(description="in use", boolean=True)
    def is_used(self, limit: SendingLimit) -> bool:
        return limit.way == way_name()
