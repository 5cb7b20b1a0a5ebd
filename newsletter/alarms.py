"""What staff and whoever watches the site have to know at once. Nobody’s address is in it."""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import DateTimeField, Min, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.urls import reverse

from newsletter.models import Campaign, Delivery, Pulse, SendingLimit, WebhookEvent
from newsletter.models.newest import Gathered, last_handed_over, states_lately
from newsletter.providers import PROVIDERS, way_name
from newsletter.states import State
from newsletter.webhook_proofs import REPORTS_NOTHING
from newsletter.wellbeing import (
    ENOUGH,
    MOST_FAIL,
    handed_over,
    share_complaining,
    share_failing,
    trouble_in,
)

SWEEP_IS_LATE = timedelta(seconds=90)
DELIVERY_IS_LATE = timedelta(minutes=15)
# What was begun before no longer raises an alarm: it has been seen, or it is too late.
LATELY = timedelta(days=1)
AN_HOUR, A_WEEK = timedelta(hours=1), timedelta(days=7)
# The first ones by their number are the next to go; they stand for all.
SOME = 1000
MOST_CAMPAIGNS, MOST_RUN = 10, 15


class Alarm(NamedTuple):
    words: str
    url: str = ""


def alarms(now: datetime) -> list[Alarm]:
    """For staff, in words. Empty when all is well."""
    found = [sweep_alarm(now), waiting_alarm(now), silent_provider_alarm(now)]
    found.append(unread_reports_alarm(now))
    unfinished = Campaign.objects.unfinished().without_words()
    paused = unfinished.filter(paused_at__isnull=False, cancelled_at=None)
    for campaign in paused:
        found.append(Alarm(f"“{campaign}” is paused. {campaign.pause_reason}", _page_of(campaign)))
    for campaign, counts in lately(now):
        if campaign not in paused and (words := unwell(counts)):
            found.append(Alarm(f"“{campaign}”: {words}", _page_of(campaign)))
    return [alarm for alarm in found if alarm]


def sweep_alarm(now: datetime) -> Alarm | None:
    last = Pulse.last("sweep")
    if last and now - last <= SWEEP_IS_LATE:
        return None
    since = f"has not run for {spoken(now - last)}" if last else "has never run"
    return Alarm(
        f"The sweep {since}: no mail goes out by itself. Is a worker running, with beat? By hand: "
        "manage.py sweep."
    )


def waiting_alarm(now: datetime) -> Alarm | None:
    waiting = oldest_waiting(now)
    if waiting is None or waiting <= DELIVERY_IS_LATE or SendingLimit.objects.holds_until(now):
        return None
    return Alarm(f"Mails that are due have waited for {spoken(waiting)}, and none goes out.")


def silent_provider_alarm(now: datetime) -> Alarm | None:
    """Without reports nobody is suppressed and nothing pauses: it has to be noticed."""
    provider = way_name()
    if provider not in PROVIDERS or provider in REPORTS_NOTHING:
        return None
    old_enough = Campaign.objects.filter(created_at__range=(now - A_WEEK, now - AN_HOUR))
    campaign = old_enough.without_words().order_by("-pk").first()
    counts = campaign.lately() if campaign else Counter()
    if counts[State.ACCEPTED] < ENOUGH or handed_over(counts) > counts[State.ACCEPTED]:
        return None
    return Alarm(
        f"{PROVIDERS[provider].title} has reported nothing of “{campaign}”. Are its webhooks set "
        "up? Without them nobody here learns that mails come back. See docs/operator.md.",
        _page_of(campaign),
    )


def unread_reports_alarm(now: datetime) -> Alarm | None:
    unread = WebhookEvent.objects.unread_since(now - LATELY)
    if not (count := unread.count()):
        return None
    calls = "1 call was" if count == 1 else f"{count} calls were"
    return Alarm(
        f"{calls} too long to be read, and the reports of {unread.latest('pk').esp} there are "
        "lost. Have the provider send fewer reports in one call.",
        reverse("admin:newsletter_webhookevent_changelist") + "?kind__exact=unread",
    )


def unwell(counts: Counter[str]) -> str:
    if trouble := trouble_in(counts):
        return trouble
    failing = share_failing(counts)
    return f"{100 * failing:.0f} % of its last mails failed." if failing > MOST_FAIL else ""


def lately(now: datetime) -> list[tuple[Campaign, Counter[str]]]:
    """The last campaigns of a day, and how their last mails fared."""
    begun = Campaign.objects.filter(created_at__gt=now - LATELY).without_words()
    campaigns = list(begun.order_by("-pk")[:MOST_CAMPAIGNS])
    fared = states_lately(Campaign.objects.filter(pk__in=[one.pk for one in campaigns]))
    return [(campaign, fared.get(campaign.pk, Counter())) for campaign in campaigns]


def oldest_waiting(now: datetime) -> timedelta | None:
    """How long the oldest mail that is due has waited while none went out; None: none is due.

    The campaigns that began first stand for all.
    """
    first = list(Campaign.objects.running().order_by("pk").values_list("pk", flat=True)[:MOST_RUN])
    running = Campaign.objects.filter(pk__in=first)
    oldest = _due_since(running, now) if first else None
    if oldest is None:
        return None
    if now - oldest > DELIVERY_IS_LATE:
        oldest = max(oldest, last_handed_over(running) or oldest)
    return max(timedelta(0), now - oldest)


def _due_since(campaigns: QuerySet, now: datetime) -> datetime | None:
    """As a range, which keeps PostgreSQL on the index of what waits: see `newest.in_state`."""
    this_one = {"campaign__gte": OuterRef("pk"), "campaign__lte": OuterRef("pk")}
    due = Delivery.objects.claimable(now).filter(**this_one).order_by("campaign_id", "pk")
    since = due.values(found=Coalesce("not_before", "queued_at"))[:SOME]
    first = Gathered(since, output_field=DateTimeField(), function="MIN")
    return campaigns.aggregate(at=Min(first))["at"]


def shares(now: datetime) -> tuple[float, float]:
    """The worst of the campaigns of the last day: the shares that failed, and that complained."""
    counted = [counts for _, counts in lately(now)]
    return (
        max(map(share_failing, counted), default=0.0),
        max(map(share_complaining, counted), default=0.0),
    )


def _page_of(campaign: Campaign) -> str:
    return reverse("admin:newsletter_campaign_change", args=[campaign.pk])


def spoken(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{max(1, minutes)} minutes" if minutes != 1 else "1 minute"
    return f"{minutes // 60} hours"
