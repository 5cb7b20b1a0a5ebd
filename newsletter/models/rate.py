from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from newsletter.models.campaign import Campaign
from newsletter.models.newest import in_state
from newsletter.pace import Bucket, later_of
from newsletter.providers import way_name
from newsletter.states import TAKEN_STATES
from newsletter.times import latest_end

ALL = 10**9
ROUNDING = 1e-6
A_MOMENT = timedelta(seconds=1)
# So often may others be quicker before we let them have it.
TRIES = 50
SLOWED_FOR = timedelta(minutes=10)
SLOWEST_A_SECOND = 0.1
LEAST_PACE = 10.0
LONG = timedelta(minutes=1)


@dataclass(frozen=True)
class Allowance:
    """How many mails may go now; if none, when to ask again. `is_taken`: from a limit, so that
    what is not used has to be given back."""

    count: int
    again_at: datetime | None = None
    is_taken: bool = False


class SendingLimitQuerySet(models.QuerySet):
    def in_force(self) -> "SendingLimit | None":
        return self.filter(way=way_name()).first()

    def allowance(self, count: int, now: datetime) -> Allowance:
        """Take leave for up to `count` mails, for all workers together. Give back what is not used.

        Without a limit it is one small query.
        """
        for _ in range(TRIES):
            limit = self.in_force()
            if limit is None or not limit.is_limiting(now):
                return Allowance(count)
            allowance = limit.judge(count, now)
            if not allowance.count or limit.take(allowance.count, now):
                return allowance
        return Allowance(0, now + A_MOMENT)

    def give_back(self, count: int) -> None:
        """What was taken leave for and has not gone out."""
        if count > 0:
            self.filter(way=way_name(), sent_that_day__gte=count).update(
                left_of_second=F("left_of_second") + count,
                left_of_hour=F("left_of_hour") + count,
                sent_that_day=F("sent_that_day") - count,
                version=F("version") + 1,
            )

    def slow_down(self, campaign: Campaign, now: datetime, wait: timedelta | None = None) -> None:
        """The other side says that we are too fast: half the pace for a while, after `wait`."""
        limit, _ = self.get_or_create(way=way_name())
        pace = limit.a_second_now(now) or pace_of(campaign, now)
        self.filter(pk=limit.pk).update(
            slowed_to=max(SLOWEST_A_SECOND, pace / 2),
            slowed_until=now + (wait or timedelta(0)) + SLOWED_FOR,
            closed_until=now + wait if wait else None,
            version=F("version") + 1,
        )

    def holds_until(self, now: datetime) -> datetime | None:
        """Set if no mail may go for more than a moment, because of a limit."""
        limit = self.in_force()
        again_at = limit.judge(1, now).again_at if limit and limit.is_limiting(now) else None
        return again_at if again_at and again_at > now + LONG else None


class SendingLimit(models.Model):
    """How fast campaigns may go out by one way, for all workers together.

    The second half is a token bucket that lives in this row: it is taken from by an UPDATE that
    only succeeds if nobody else was quicker.
    """

    way = models.CharField(
        "sent by",
        max_length=30,
        unique=True,
        help_text="As in ANYMAIL_ESP, such as mailgun; smtp for a mail server.",
    )
    per_second = models.PositiveIntegerField("mails a second", null=True, blank=True)
    per_hour = models.PositiveIntegerField("mails an hour", null=True, blank=True)
    per_day = models.PositiveIntegerField("mails a day", null=True, blank=True)
    warm_up_from = models.DateField(
        "warm up from",
        null=True,
        blank=True,
        help_text="The first day with a new domain or provider. Empty: no warm-up.",
    )
    warm_up_first_day = models.PositiveIntegerField(
        "mails on that day",
        default=200,
        help_text="Twice as many on each day after it, up to the mails a day, if there is a limit.",
    )
    left_of_second = models.FloatField(null=True, editable=False)
    left_of_hour = models.FloatField(null=True, editable=False)
    filled_at = models.DateTimeField(null=True, editable=False)
    day = models.DateField(null=True, editable=False)
    sent_that_day = models.PositiveIntegerField(default=0, editable=False)
    slowed_to = models.FloatField(null=True, editable=False)
    slowed_until = models.DateTimeField(null=True, editable=False)
    closed_until = models.DateTimeField(null=True, editable=False)
    version = models.BigIntegerField(default=0, editable=False)

    objects = SendingLimitQuerySet.as_manager()

    class Meta:
        ordering = ["way"]
        constraints = [
            models.CheckConstraint(
                condition=(Q(per_second__isnull=True) | Q(per_second__gt=0))
                & (Q(per_hour__isnull=True) | Q(per_hour__gt=0))
                & (Q(per_day__isnull=True) | Q(per_day__gt=0))
                & Q(warm_up_first_day__gt=0),
                name="a_sending_limit_lets_something_through",
            )
        ]

    def __str__(self) -> str:
        return self.way

    def clean(self) -> None:
        """A limit of nothing would be a pause that nobody finds."""
        for name in ("per_second", "per_hour", "per_day", "warm_up_first_day"):
            if getattr(self, name) == 0:
                raise ValidationError({name: "To send nothing, pause the campaign instead."})

    def is_limiting(self, now: datetime) -> bool:
        limits = (self.per_second, self.per_hour, self.per_day, self.warm_up_from)
        return any(limits) or self.is_slowed(now) or self._is_closed(now)

    def is_slowed(self, now: datetime) -> bool:
        return is_to_come(self.slowed_until, now)

    def _is_closed(self, now: datetime) -> bool:
        return is_to_come(self.closed_until, now)

    def a_second_now(self, now: datetime) -> float | None:
        paces = [self.per_second, self.slowed_to if self.is_slowed(now) else None]
        return min((pace for pace in paces if pace), default=None)

    def day_limit(self, day: date) -> int | None:
        """None: as many as there are."""
        limits = [self.per_day] if self.per_day else []
        if self.warm_up_from and self.warm_up_from <= day:
            doublings = min((day - self.warm_up_from).days, 30)
            limits.append(self.warm_up_first_day * 2**doublings)
        return min(limits, default=None)

    def left_today(self, now: datetime) -> int:
        today = timezone.localdate(now)
        limit = self.day_limit(today)
        sent = self.sent_that_day if self.day == today else 0
        return ALL if limit is None else max(0, limit - sent)

    def judge(self, count: int, now: datetime) -> Allowance:
        """How many of `count` may go. Takes nothing."""
        if self._is_closed(now):
            return Allowance(0, self.closed_until)
        if not (left := self.left_today(now)):
            return Allowance(0, start_of_day_after(now))
        rooms = self._rooms(now)
        granted = min(count, left, *(int(room + ROUNDING) for _, room in rooms))
        if granted > 0:
            return Allowance(granted, is_taken=True)
        wait_s = max(bucket.wait_s(room, count) for bucket, room in rooms)
        return Allowance(0, now + timedelta(seconds=wait_s))

    def take(self, count: int, now: datetime) -> bool:
        """False if another worker was quicker: look again."""
        today, second, hour = timezone.localdate(now), *self._buckets(now)
        rooms = (
            bucket.room(left, self.filled_at, now) - count if bucket else None
            for bucket, left in ((second, self.left_of_second), (hour, self.left_of_hour))
        )
        left_of_second, left_of_hour = rooms
        mine = SendingLimit.objects.filter(pk=self.pk, version=self.version)
        return bool(
            mine.update(
                left_of_second=left_of_second,
                left_of_hour=left_of_hour,
                filled_at=later_of(self.filled_at, now),
                day=today,
                sent_that_day=count + (self.sent_that_day if self.day == today else 0),
                version=self.version + 1,
            )
        )

    def _buckets(self, now: datetime) -> tuple[Bucket | None, Bucket | None]:
        a_second = self.a_second_now(now)
        return (
            Bucket.of_seconds(a_second) if a_second else None,
            Bucket.of_hours(self.per_hour) if self.per_hour else None,
        )

    def _rooms(self, now: datetime) -> list[tuple[Bucket, float]]:
        lefts = (self.left_of_second, self.left_of_hour)
        return [
            (bucket, bucket.room(left, self.filled_at, now))
            for bucket, left in zip(self._buckets(now), lefts, strict=True)
            if bucket
        ]


def is_to_come(end: datetime | None, now: datetime) -> bool:
    """Not one that a clock wrote which was far ahead."""
    return end is not None and now < end <= latest_end(now)


def start_of_day_after(now: datetime) -> datetime:
    """In the site's zone."""
    tomorrow = timezone.localdate(now) + timedelta(days=1)
    return timezone.make_aware(datetime.combine(tomorrow, time()))


def pace_of(campaign: Campaign, now: datetime) -> float:
    """Mails a second that this campaign has handed over in the last minute. Few tell nothing."""
    lately = []
    for state in TAKEN_STATES:
        mails = in_state(campaign.deliveries, state)
        lately += mails.values_list("submitted_at", flat=True)[:1000]
    lately = [at for at in lately if at and at > now - LONG]
    span_s = (now - min(lately)).total_seconds() if lately else 1.0
    return max(LEAST_PACE, len(lately) / max(1.0, span_s))
