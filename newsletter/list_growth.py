"""How the list grows, week by week, and from which pages. Sums only, each by one query."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncWeek
from django.utils import timezone

from newsletter.models import ConsentEvent, Suppression

WEEKS = 26
MOST_SOURCES = 25
SLOT, GAP = 24, 6  # a week in the drawing, in its units
ABOVE = 150
JOINING = (ConsentEvent.Kind.CONFIRMED, ConsentEvent.Kind.RESUBSCRIBED, ConsentEvent.Kind.IMPORTED)


@dataclass(frozen=True)
class Week:
    """`asked` may be more than joined: not everybody confirms."""

    monday: date
    asked: int = 0
    joined: int = 0
    left: int = 0
    bounced: int = 0

    @property
    def change(self) -> int:
        return self.joined - self.left - self.bounced


@dataclass(frozen=True)
class Source:
    page: str
    asked: int
    confirmed: int
    left: int


@dataclass(frozen=True)
class Bar:
    week: Week
    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True)
class ListGrowth:
    """The last half year, and whole weeks of it, the present one included."""

    weeks: list[Week]
    sources: list[Source]

    @classmethod
    def at(cls, now: datetime) -> "ListGrowth":
        """Three queries."""
        today = timezone.localdate(now)
        first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
        since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
        events = ConsentEvent.objects.filter(at__gte=since)
        mondays = [first + timedelta(weeks=n) for n in range(WEEKS)]
        return cls(weeks_of(events, since, mondays), sources_of(events))

    # --- The drawing --------------------------------------------------------------------------

    @property
    def width(self) -> int:
        return SLOT * len(self.weeks)

    @property
    def height(self) -> int:
        """As far below the line as the longest bar there."""
        down = max((week.left + week.bounced for week in self.weeks), default=0)
        return ABOVE + max(4, math.ceil(self._long(down)))

    @property
    def zero(self) -> int:
        return ABOVE

    @property
    def most(self) -> int:
        """What the highest bar stands for; those below the line have the same scale."""
        week_by_week = [max(w.asked, w.joined, w.left + w.bounced) for w in self.weeks]
        return max(1, *week_by_week)

    @property
    def bars(self) -> Iterator[Bar]:
        """Above the line who asked and, in front, who joined; below it who left and bounced."""
        for place, week in enumerate(self.weeks):
            x, wide = place * SLOT + GAP / 2, SLOT - GAP
            left, bounced = self._long(week.left), self._long(week.bounced)
            yield self._up(week, week.asked, x, wide, 4)
            yield self._up(week, week.joined, x + 3, wide - 6, 1)
            yield Bar(week, x, ABOVE, wide, left, 2)
            yield Bar(week, x, ABOVE + left, wide, bounced, 3)

    def _up(self, week: Week, number: int, x: float, width: float, series: int) -> Bar:
        height = self._long(number)
        return Bar(week, x, round(ABOVE - height, 1), width, height, series)

    def _long(self, number: int) -> float:
        return round(ABOVE * number / self.most, 1)

    @property
    def total(self) -> Week:
        names = ("asked", "joined", "left", "bounced")
        sums = {name: sum(getattr(week, name) for week in self.weeks) for name in names}
        return Week(self.weeks[0].monday, **sums)


def weeks_of(events: QuerySet, since: datetime, mondays: list[date]) -> list[Week]:
    counted = by_week(
        events,
        asked=Count("pk", Q(kind=ConsentEvent.Kind.ASKED)),
        joined=Count("pk", Q(kind__in=JOINING)),
        left=Count("pk", Q(kind=ConsentEvent.Kind.UNSUBSCRIBED)),
    )
    lost = Suppression.objects.filter(reason=Suppression.Reason.BOUNCED, at__gte=since)
    bounced = by_week(lost, bounced=Count("pk"))
    return [Week(day, **counted.get(day, {}), **bounced.get(day, {})) for day in mondays]


def by_week(rows: QuerySet, **sums: Count) -> dict[date, dict[str, int]]:
    grouped = rows.order_by().annotate(week=TruncWeek("at")).values("week").annotate(**sums)
    return {timezone.localdate(row.pop("week")): row for row in grouped}


def sources_of(events: QuerySet) -> list[Source]:
    """By the page whose form was sent: how many people asked, and what became of them."""
    asked = events.filter(kind=ConsentEvent.Kind.ASKED).order_by()
    people = asked.values("source").annotate(
        asked=Count("subscriber", distinct=True),
        confirmed=Count("subscriber", Q(subscriber__confirmed_at__isnull=False), distinct=True),
        left=Count("subscriber", Q(subscriber__unsubscribed_at__isnull=False), distinct=True),
    )
    best = people.order_by("-confirmed", "-asked", "source")[:MOST_SOURCES]
    return [Source(row.pop("source"), **row) for row in best]
