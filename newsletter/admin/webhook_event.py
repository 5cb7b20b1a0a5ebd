from django.contrib import admin

from newsletter.admin.read_only import ReadOnly
from newsletter.models import WebhookEvent


@admin.register(WebhookEvent)
class WebhookEventAdmin(ReadOnly):
    """To see whether a provider reports at all, and of what nobody we know."""

    list_display = ("esp", "kind", "effect", "at", "received_at", "processed_at")
    fields = (
        *("esp", "kind", "reason", "reject_reason", "delivery", "message_id"),
        *("at", "received_at", "effect", "processed_at"),
    )
    list_filter = ("effect", "kind", "esp")
    list_per_page = 50
