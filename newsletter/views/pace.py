"""The clock must not tell who is on the list."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Longer than the longest way through what is done at one pace.
ANSWER_AFTER_S = 0.1


@contextmanager
def at_one_pace() -> Iterator[None]:
    """What stands in here takes as long for everybody."""
    started = time.monotonic()
    yield
    time.sleep(max(0.0, started + ANSWER_AFTER_S - time.monotonic()))
