"""In the list of campaigns the mails of one week are one line, which opens: people who chose
different topics get different articles, and each selection of them is a campaign of its own."""

from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from newsletter.forms.ticked import SOUND_ID
from newsletter.models import Campaign, Digest

OF_WEEK = "digest__exact"
DIGEST = Campaign.Kind.DIGEST


class WeekLines(ChangeList):
    def get_queryset(self, request: HttpRequest, *args: object) -> QuerySet:
        # One object for all mails of a week, so that it looks its articles up once.
        found = super().get_queryset(request, *args).prefetch_related("digest")
        return found if OF_WEEK in request.GET else with_week_counts(first_of_each_week(found))


def opened_week(request: HttpRequest) -> str:
    """Empty where the whole list is shown. Raises `BadRequest` for what no week could be."""
    if OF_WEEK not in request.GET:
        return ""
    if not SOUND_ID.fullmatch(asked := request.GET[OF_WEEK]):
        raise BadRequest("There is no such week.")
    digest = Digest.objects.filter(pk=asked).first()
    return digest.spoken_week if digest else ""


def first_of_each_week(campaigns: QuerySet) -> QuerySet:
    """The newest stands for all of its week."""
    newer = Campaign.objects.filter(kind=DIGEST, digest=OuterRef("digest"), pk__gt=OuterRef("pk"))
    return campaigns.filter(~Q(kind=DIGEST) | ~Exists(newer))


def with_week_counts(campaigns: QuerySet) -> QuerySet:
    same_week = Campaign.objects.filter(kind=DIGEST, digest=OuterRef("digest"))
    open_ = Q(finished_at__isnull=True)

    def number(which: Q) -> Subquery:
        counted = same_week.order_by().values("digest").annotate(n=Count("pk", filter=which))
        return Subquery(counted.values("n"))

    return campaigns.annotate(
        of_week=number(Q()), open_of_week=number(open_), held=number(open_ & ~Q(paused_at=None))
    )


def is_week(campaign: Campaign) -> bool:
    return campaign.kind == DIGEST and (getattr(campaign, "of_week", None) or 0) > 1


def name_of(campaign: Campaign) -> SafeString:
    if not is_week(campaign):
        url = reverse("admin:newsletter_campaign_change", args=[campaign.pk])
        return format_html('<a href="{}">{}</a>', url, campaign.subject)
    query = urlencode({OF_WEEK: campaign.digest_id, "kind__exact": DIGEST})
    return format_html(
        '<a href="?{}">Weekly mail, {}</a> <span class="quiet">· {} different selections</span>',
        *(query, campaign.digest.spoken_week, campaign.of_week),
    )


def state_of(campaign: Campaign) -> str:
    if not is_week(campaign):
        return campaign.status
    if campaign.held:
        return f"{campaign.held} of {campaign.of_week} paused"
    done = campaign.of_week - campaign.open_of_week
    return "done" if not campaign.open_of_week else f"{done} of {campaign.of_week} done"


def articles_of(campaign: Campaign) -> str:
    """Which articles are in it: so one selection of a week is told from another."""
    if campaign.kind != DIGEST or is_week(campaign):
        return ""
    return " · ".join(titles_in(campaign.digest, campaign.selection))


def titles_in(digest: Digest, selection: int) -> list[str]:
    if not hasattr(digest, "titles"):
        notices = digest.campaigns.filter(kind=Campaign.Kind.ARTICLE).order_by("pk")
        digest.titles = list(notices.values_list("subject", flat=True))
    return [title for place, title in enumerate(digest.titles) if selection >> place & 1]


def all_of(chosen: QuerySet, request: HttpRequest) -> list[Campaign]:
    """A line of a week that was ticked means all mails of that week."""
    if OF_WEEK in request.GET:
        return list(chosen)
    weeks = [campaign.digest_id for campaign in chosen if is_week(campaign)]
    others = [campaign for campaign in chosen if not is_week(campaign)]
    return [
        *others,
        *Campaign.objects.without_words().filter(kind=DIGEST, digest__in=weeks).order_by("pk"),
    ]
