from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

WEEK = timedelta(weeks=1)


class Weekday(models.IntegerChoices):
    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


@dataclass(frozen=True)
class Due:
    """The mail of one week (ISO 8601, as in 2026-W48), and its moment."""

    week: str
    at: datetime


class Routine(models.Model):
    """What the newsletter does by itself: one row."""

    weekday = models.PositiveSmallIntegerField(
        "weekly mail on", choices=Weekday, default=Weekday.SATURDAY
    )
    hour = models.PositiveSmallIntegerField(
        "at",
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        default=8,
        help_text="In the site’s time zone. A change counts from the next such moment on.",
    )
    welcomes = models.BooleanField(
        "welcome new subscribers",
        default=True,
        help_text="One mail, once, when somebody has confirmed: with the articles read most.",
    )
    counts_presses = models.BooleanField(
        "count pressed links",
        default=False,
        help_text="In notices and weekly mails; each letter has its own choice. Links lead over "
        "this site, which adds one to a sum for each link and day. Who pressed is not kept. Off, "
        "nothing is counted.",
    )
    weekly_since = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "weekly mail and welcome"
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="there_is_one_routine"),
            models.CheckConstraint(
                condition=Q(weekday__lte=6, hour__lte=23), name="a_routine_has_a_day_and_an_hour"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} at {self.get_hour_display()}"

    @classmethod
    def current(cls) -> Routine:
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def last_due(self, now: datetime) -> Due | None:
        """The last moment at or before `now`. None if it lies before the last change of day and
        hour: what would have been due then is not made up for."""
        today = timezone.localdate(now)
        due = self._due_in_week_of(today)
        if due.at > now:
            due = self._due_in_week_of(today - WEEK)
        return due if self.weekly_since is None or due.at > self.weekly_since else None

    def next_due(self, now: datetime) -> Due:
        today = timezone.localdate(now)
        due = self._due_in_week_of(today)
        return due if due.at > now else self._due_in_week_of(today + WEEK)

    def _due_in_week_of(self, day: date) -> Due:
        """At that hour by the clock on the wall. An hour that is left out in spring is taken for
        the one after it; of one that comes twice in autumn, the first counts."""
        that_day = day - timedelta(days=day.weekday()) + timedelta(days=self.weekday)
        zone = timezone.get_default_timezone()
        on_the_wall = datetime.combine(that_day, time(self.hour), zone)
        year, week, _ = that_day.isocalendar()
        return Due(f"{year}-W{week:02}", on_the_wall.astimezone(UTC))
