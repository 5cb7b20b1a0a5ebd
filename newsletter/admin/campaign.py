from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from blog.nudges import nudge
from newsletter.admin.read_only import ReadOnly
from newsletter.models import Campaign
from newsletter.states import State


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
