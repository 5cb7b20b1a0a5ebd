from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from blog.nudges import nudge
from newsletter.admin import week_lines
from newsletter.admin.campaign_deeds import DEEDS, NEED_CERTAINTY
from newsletter.admin.read_only import ReadOnly
from newsletter.admin.recipients import Recipients
from newsletter.admin.week_lines import WeekLines
from newsletter.campaign_report import CampaignReport
from newsletter.models import Campaign

NOTHING_CHANGED = "Nothing changed: it had been done already, or it is too late for it."
BE_CERTAIN = "Open the part that says what the button does, and press it there."


@admin.register(Campaign)
class CampaignAdmin(ReadOnly):
    list_display = ("mailing", "state", "articles", "created_at", "finished_at")
    list_display_links = None
    change_list_template = "admin/newsletter/campaign/list.html"
    actions = ("pause", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).without_words()

    def get_changelist(self, request: HttpRequest, **kwargs: object) -> type[WeekLines]:
        return WeekLines

    def changelist_view(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        return super().changelist_view(request, {"week": week_lines.opened_week(request)})

    def get_list_display(self, request: HttpRequest) -> list[str]:
        is_opened = week_lines.OF_WEEK in request.GET
        return [name for name in self.list_display if is_opened or name != "articles"]

    @admin.display(ordering="subject")
    def mailing(self, campaign: Campaign) -> str:
        return week_lines.name_of(campaign)

    @admin.display
    def state(self, campaign: Campaign) -> str:
        return week_lines.state_of(campaign)

    @admin.display
    def articles(self, campaign: Campaign) -> str:
        return week_lines.articles_of(campaign)

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("newsletter.change_campaign")

    @admin.action(description="Pause sending", permissions=["send"])
    def pause(self, request: HttpRequest, chosen: QuerySet) -> None:
        for campaign in week_lines.all_of(chosen, request):
            self._do("pause", request, campaign)

    @admin.action(description="Go on sending", permissions=["send"])
    def resume(self, request: HttpRequest, chosen: QuerySet) -> None:
        for campaign in week_lines.all_of(chosen, request):
            self._do("resume", request, campaign)

    def _do(self, deed: str, request: HttpRequest, campaign: Campaign) -> str:
        """Returns what to tell, or nothing if nothing changed."""
        done = DEEDS[deed](campaign, request.user, timezone.now())
        if done is None:
            return ""
        self.log_change(request, campaign, done.noted)
        nudge("newsletter.tasks.sweep")
        return done.told

    # --- The page of one campaign -------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        act = self.admin_site.admin_view(require_POST(self.act_view))
        own = path("<int:campaign_id>/do/<slug:deed>/", act, name="newsletter_campaign_deed")
        return [own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **kwargs: object
    ) -> HttpResponse:
        """The report. There is no form to send."""
        if request.method not in ("GET", "HEAD") or not self.has_view_permission(request):
            raise PermissionDenied
        campaign = self.get_object(request, object_id)
        if campaign is None:
            raise Http404("There is no such campaign.")
        report = CampaignReport.at(campaign, timezone.now())
        sees_people = request.user.has_perm("newsletter.view_delivery")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": campaign.subject,
            "original": campaign,
            "report": report,
            "recipients": Recipients.asked_for(request, campaign) if sees_people else None,
            "may_send": self.has_send_permission(request),
        }
        return TemplateResponse(request, "admin/newsletter/campaign/report.html", context)

    def act_view(self, request: HttpRequest, campaign_id: int, deed: str) -> HttpResponse:
        if deed not in DEEDS:
            raise Http404("There is no such button.")
        if not self.has_send_permission(request):
            raise PermissionDenied
        campaign = get_object_or_404(Campaign, pk=campaign_id)
        if deed in NEED_CERTAINTY and "certain" not in request.POST:
            self.message_user(request, BE_CERTAIN, messages.WARNING)
        elif told := self._do(deed, request, campaign):
            self.message_user(request, told, messages.SUCCESS)
        else:
            self.message_user(request, NOTHING_CHANGED, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:newsletter_campaign_change", args=[campaign.pk]))
