"""The clock must not tell who is on the list."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

# Longer than the longest way through what is done at one pace, on a day without trouble.
STEP_S = 0.1


@contextmanager
def at_one_pace() -> Iterator[None]:
    """What stands in here takes as long for everybody: a step, or on a slow day several.

    It is one transaction, so that on SQLite everybody waits for the same lock, whether there is
    something to write for them or not.
    """
    started = time.monotonic()
    with transaction.atomic():
        yield
    time.sleep(-(time.monotonic() - started) % STEP_S)
