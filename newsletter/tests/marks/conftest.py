"""A worker that has claimed four mails, and is at the second."""

import pytest

from newsletter.models import Delivery
from newsletter.tests.factories import make_mailing
from newsletter.tests.marks.marking import accepted
from newsletter.tests.races import MarkedWorker


@pytest.fixture
def worker() -> MarkedWorker:
    return MarkedWorker()


@pytest.fixture
def mails(worker: MarkedWorker) -> list[Delivery]:
    """Four are claimed: the first was accepted, the second is on the wire."""
    first, second, *others = worker.claim(make_mailing(readers=4), 4)
    assert worker.go(first)
    assert worker.go(second, accepted(first))
    return [first, second, *others]
