from django.contrib import admin

from newsletter.admin.read_only import ReadOnly
from newsletter.models import Batch


@admin.register(Batch)
class BatchAdmin(ReadOnly):
    """What was said to a provider that takes many mails a call, and what it answered."""

    list_display = ("sent_at", "size", "state", "http_status", "campaign", "error")
    fields = (
        *("campaign", "size", "sent_at", "state", "answered_at", "http_status", "provider_id"),
        *("error", "repeats", "repeat_at", "repeat_until"),
    )
    list_select_related = ("campaign",)
    list_per_page = 50
