from django.contrib import admin
from django.http import HttpRequest

from newsletter.admin.read_only import ByExactAddress, ReadOnly
from newsletter.models import Delivery


@admin.register(Delivery)
class DeliveryAdmin(ByExactAddress, ReadOnly):
    list_display = ("address", "state", "reason", "campaign", "settled_at")
    fields = (
        *("campaign", "address", "state", "reason", "attempts", "provider_id"),
        *("queued_at", "not_before", "submitted_at", "settled_at", "batch"),
    )
    list_filter = ("state",)
    list_select_related = ("campaign",)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "campaign__id__exact" or super().lookup_allowed(lookup, value, request)
