from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from blog.nudges import nudge
from newsletter.addresses import address_key
from newsletter.models import Campaign, ConsentEvent, Delivery, Subscriber, Suppression
from newsletter.states import State


class ReadOnly(admin.ModelAdmin):
    """What the site itself writes down. Staff look; the deeds are buttons of their own."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ConsentInline(admin.TabularInline):
    model = ConsentEvent
    fields = readonly_fields = ("at", "kind", "source", "wording", "actor")
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
class SubscriberAdmin(ReadOnly):
    list_display = ("address", "status", "created_at", "confirmed_at", "unsubscribed_at")
    fields = (
        *("address", "status", "created_at", "confirmation_sent_at"),
        *("confirmed_at", "unsubscribed_at", "suppressed_at"),
    )
    list_filter = (
        ("confirmed_at", admin.EmptyFieldListFilter),
        ("unsubscribed_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("address_key",)
    search_help_text = "The whole address, as in name@example.com."
    inlines = (ConsentInline, DeliveryInline)
    show_full_result_count = False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """By the exact address only: nobody leafs through people by guessing at parts."""
        if search_term:
            queryset = queryset.filter(address_key=address_key(search_term.strip()))
        return queryset, False


@admin.register(Campaign)
class CampaignAdmin(ReadOnly):
    list_display = ("subject", "status", "created_at", "finished_at")
    fields = (
        *("subject", "status", "article", "who_got_what", "created_at", "expanded_at"),
        *("finished_at", "rests_until", "pause_reason", "cancel_reason", "text"),
    )
    readonly_fields = ("status", "who_got_what")
    show_full_result_count = False
    actions = ("pause", "resume")

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("newsletter.change_campaign")

    @admin.action(description="Pause sending", permissions=["send"])
    def pause(self, request: HttpRequest, chosen: QuerySet) -> None:
        for campaign in chosen:
            if campaign.pause(f"{request.user} paused it.", timezone.now()):
                self.log_change(request, campaign, "Paused.")

    @admin.action(description="Go on sending", permissions=["send"])
    def resume(self, request: HttpRequest, chosen: QuerySet) -> None:
        for campaign in chosen:
            campaign.resume()
            self.log_change(request, campaign, "Resumed.")
        nudge("newsletter.tasks.sweep")

    @admin.display(description="who got what")
    def who_got_what(self, campaign: Campaign) -> SafeString:
        """Each state with its number and a link to the people in it."""
        tally = campaign.tally()
        base = reverse("admin:newsletter_delivery_changelist")
        rows = [
            (base, urlencode({"campaign__id__exact": campaign.pk, "state__exact": state}), n, label)
            for state, label in State.choices
            if (n := tally.get(state))
        ]
        lines = format_html_join("", '<li><a href="{}?{}">{} {}</a></li>', rows)
        return format_html("<ul>{}</ul><p>{} in all</p>", lines, sum(tally.values()))


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("address", "state", "reason", "campaign", "settled_at")
    fields = (
        *("campaign", "address", "state", "reason", "attempts", "provider_id"),
        *("queued_at", "not_before", "submitted_at", "settled_at"),
    )
    list_filter = ("state",)
    list_select_related = ("campaign",)
    search_fields = ("address_key",)
    search_help_text = "The whole address, as in name@example.com."
    show_full_result_count = False
    get_search_results = SubscriberAdmin.get_search_results

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup == "campaign__id__exact" or super().lookup_allowed(lookup, value, request)


@admin.register(Suppression)
class SuppressionAdmin(ReadOnly):
    list_display = ("__str__", "reason", "at")
    fields = ("reason", "at")
    list_filter = ("reason",)
