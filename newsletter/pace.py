"""Arithmetic of a limit on the pace: a bucket that fills at a rate and holds a little."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# Clocks of two machines differ by less; more is a clock that was set back.
CLOCKS_DIFFER_BY = timedelta(minutes=1)


@dataclass(frozen=True)
class Bucket:
    """Room for `holds` mails, refilled at `a_second`. What it holds is all that may go at once."""

    a_second: float
    holds: float

    @classmethod
    def of_seconds(cls, a_second: float) -> "Bucket":
        """What goes out in any minute is at most 1/60 above the limit."""
        return cls(a_second, max(1.0, a_second))

    @classmethod
    def of_hours(cls, an_hour: float) -> "Bucket":
        """Spread over the hour; in any hour at most 1/60 above the limit."""
        return cls(an_hour / 3600, max(1.0, an_hour / 60))

    def room(self, left: float | None, filled_at: datetime | None, now: datetime) -> float:
        """Full when it was never used, or last by a clock that was set back since."""
        if left is None or filled_at is None or filled_at > now + CLOCKS_DIFFER_BY:
            return self.holds
        passed_s = max(0.0, (now - filled_at).total_seconds())
        return min(self.holds, left + self.a_second * passed_s)

    def wait_s(self, room: float, wanted: int) -> float:
        """Until there is room for `wanted`, or for half of what it holds, whichever is less."""
        useful = max(1.0, min(wanted, self.holds / 2))
        return max(0.0, useful - room) / self.a_second


def later_of(filled_at: datetime | None, now: datetime) -> datetime:
    """Never back by a little, so that two clocks do not fill it twice."""
    if filled_at is None or filled_at > now + CLOCKS_DIFFER_BY:
        return now
    return max(filled_at, now)
