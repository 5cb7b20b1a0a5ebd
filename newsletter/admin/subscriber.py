from django.contrib import admin
from django.http import HttpRequest

from newsletter.admin.read_only import ByExactAddress, ReadOnly
from newsletter.models import ConsentEvent, Delivery, Subscriber


class ConsentInline(admin.TabularInline):
    model = ConsentEvent
    fields = readonly_fields = ("at", "kind", "detail", "source", "wording", "actor")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class DeliveryInline(admin.TabularInline):
    model = Delivery
    verbose_name_plural = "mails"
    fields = readonly_fields = ("campaign", "state", "reason", "queued_at", "settled_at")
    ordering = ("-id",)
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Subscriber)
class SubscriberAdmin(ByExactAddress, ReadOnly):
    list_display = ("address", "status", "created_at", "confirmed_at", "unsubscribed_at")
    fields = (
        *("address", "status", "created_at", "confirmation_sent_at"),
        *("confirmed_at", "unsubscribed_at", "suppressed_at"),
        *("frequency", "topics", "paused_until"),
    )
    list_filter = (
        ("confirmed_at", admin.EmptyFieldListFilter),
        ("unsubscribed_at", admin.EmptyFieldListFilter),
    )
    inlines = (ConsentInline, DeliveryInline)
    show_full_result_count = False
