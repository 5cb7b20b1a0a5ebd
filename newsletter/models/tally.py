from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Count, Max, Min
from django.utils import timezone

from newsletter.models.campaign import Campaign
from newsletter.states import State

# So many rows are counted while somebody waits for the page; above that, the sweep's last count
# is shown with its time.
COUNTED_LIVE = 10_000
SHORTEST_WAIT = timedelta(seconds=25)
SPEED_OVER = timedelta(minutes=2)
FOLLOWED_FOR = timedelta(days=90)
# What is over changes ever more rarely: after ten hours, a count every half hour.
RARER = 20


class TallyQuerySet(models.QuerySet):
    def refresh_due(self, now: datetime) -> int:
        """Count anew each campaign whose numbers may have changed. For the sweep."""
        recent = Campaign.objects.without_words().exclude(finished_at__lt=now - FOLLOWED_FOR)
        due = [c for c in recent.select_related("tally_row") if is_due(c, now)]
        for campaign in due:
            self.refresh(campaign, now)
        return len(due)

    def refresh(self, campaign: Campaign, now: datetime) -> "Tally":
        """Count this campaign, from end to end of its deliveries, and keep the result."""
        counted = count(campaign, now)
        with transaction.atomic():
            tally, is_new = self.get_or_create(campaign=campaign, defaults=counted)
            if not is_new:
                tally.take(counted)
        return tally


class Tally(models.Model):
    """What became of a campaign's mails, as counted at one moment. Nobody is in it."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, related_name="tally_row")
    at = models.DateTimeField()
    states = models.JSONField(default=dict)
    skipped = models.JSONField(default=dict, help_text="Those not sent on purpose, by reason.")
    first_id = models.BigIntegerField(null=True, help_text="Its deliveries begin here.")
    first_mail_at = models.DateTimeField(null=True)
    last_mail_at = models.DateTimeField(null=True)
    before_at = models.DateTimeField(null=True, help_text="An earlier count, for the speed.")
    before_handed_over = models.PositiveBigIntegerField(default=0)

    objects = TallyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.candidates} at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def of(cls, campaign: Campaign, now: datetime | None = None) -> "Tally":
        """The numbers to show: of this moment if they are few, else the last that were kept.

        Never counts more than `COUNTED_LIVE` rows.
        """
        now = now or timezone.now()
        kept = cls.objects.filter(campaign=campaign).first()
        # From its first one on, or PostgreSQL may read its way through those of all others.
        mails = campaign.deliveries.filter(pk__gte=(kept and kept.first_id) or 0)
        some = mails.order_by("campaign_id", "pk").values("pk")[: COUNTED_LIVE + 1]
        if some.count() > COUNTED_LIVE:
            return kept or cls(campaign=campaign, at=campaign.created_at)
        live = kept or cls(campaign=campaign)
        for name, value in count(campaign, now).items():
            setattr(live, name, value)
        return live

    def take(self, counted: dict[str, object]) -> None:
        """Keep a new count; the one before stays beside it until it is old enough."""
        is_old = self.before_at is None or counted["at"] - self.before_at >= SPEED_OVER
        if is_old or self.before_at > counted["at"]:
            self.before_at, self.before_handed_over = self.at, self.handed_over
        for name, value in counted.items():
            setattr(self, name, value)
        self.save()

    def number(self, *states: State) -> int:
        return sum(self.states.get(state, 0) for state in states)

    @property
    def candidates(self) -> int:
        return sum(self.states.values())

    @property
    def handed_over(self) -> int:
        """Those the other side has, or may have."""
        return self.candidates - self.number(*NOT_HANDED_OVER)


NOT_HANDED_OVER = (
    *(State.QUEUED, State.CLAIMED, State.SUBMITTING),
    *(State.SKIPPED, State.REJECTED, State.FAILED),
)


def is_due(campaign: Campaign, now: datetime) -> bool:
    tally = getattr(campaign, "tally_row", None)
    if tally is None or tally.at > now:  # by a clock that was ahead
        return True
    over_for = now - (campaign.finished_at or now)
    return now - tally.at >= max(SHORTEST_WAIT, over_for / RARER)


def count(campaign: Campaign, now: datetime) -> dict[str, object]:
    """Two queries, whose work grows with the number of deliveries."""
    mails = campaign.deliveries.order_by()
    by_state = mails.values_list("state").annotate(
        Count("pk"), Min("submitted_at"), Max("submitted_at"), Min("pk")
    )
    found = {state: (number, first, last) for state, number, first, last, _ in by_state}
    reasons = mails.filter(state=State.SKIPPED).values_list("reason").annotate(Count("pk"))
    return {
        "at": now,
        "states": {state: number for state, (number, _, _) in found.items()},
        "skipped": dict(reasons),
        "first_id": min((first_id for *_, first_id in by_state), default=None),
        "first_mail_at": min(filter(None, (f for _, f, _ in found.values())), default=None),
        "last_mail_at": max(filter(None, (last for _, _, last in found.values())), default=None),
    }
