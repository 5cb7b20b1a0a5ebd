"""It is the Monday before the first weekly mail."""

import pytest
import time_machine

from newsletter.tests.digest.weeks import DAY, FIRST


@pytest.fixture(autouse=True)
def beginning() -> object:
    with time_machine.travel(FIRST - 5 * DAY, tick=False) as clock:
        yield clock
