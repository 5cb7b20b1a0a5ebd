"""How far off a clock may be, and how long anything here waits at the most."""

from datetime import datetime, timedelta

# Longer than one try at the wire may take (socket timeouts, the task's hard limit).
LEASE = timedelta(minutes=6)
CLOCKS_DIFFER_BY = timedelta(hours=1)  # at most, between machines
LONGEST_WAIT = timedelta(hours=6)


def latest_end(now: datetime) -> datetime:
    """A wait that ends later was begun by a clock that was far ahead and has been put right."""
    return now + LONGEST_WAIT + CLOCKS_DIFFER_BY
