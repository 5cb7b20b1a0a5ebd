"""What a mark says after a crash of the database, whose last steps may be lost."""

from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone

from newsletter.models import Delivery, Mark, Step
from newsletter.sending.marks import STRETCH
from newsletter.sending.statements import has_steps
from newsletter.states import State
from newsletter.tests.factories import make_mailing
from newsletter.tests.marks.marking import accepted, as_found_later, states
from newsletter.tests.races import MarkedWorker

pytestmark = pytest.mark.django_db
only_postgres = pytest.mark.skipif(not has_steps(), reason="SQLite waits for the disk each time")


@only_postgres
def test_a_step_is_not_logged_and_does_not_wait_for_the_disk(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'newsletter_step'")
        assert cursor.fetchone() == ("u",)
        cursor.execute("SET LOCAL synchronous_commit = on")
        assert worker.go(mails[2], accepted(mails[1]))
        cursor.execute("SHOW synchronous_commit")
        assert cursor.fetchone() == ("off",)


def test_a_claim_and_a_new_stretch_wait_for_the_disk(worker: MarkedWorker) -> None:
    campaign = make_mailing(readers=STRETCH + 1)
    with connection.cursor() as cursor:
        if has_steps():
            cursor.execute("SET LOCAL synchronous_commit = on")
        first, *others = worker.claim(campaign, STRETCH + 1)
        assert worker.go(first)
        assert worker.go(others[-1], accepted(first))
        assert Mark.objects.get().current_id == others[-1].pk
        if has_steps():
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)


@pytest.fixture
def crash(mails: list[Delivery]) -> None:
    """It leaves of an unlogged table nothing."""
    Step.objects.all().delete()


@only_postgres
@pytest.mark.usefixtures("crash")
def test_after_a_crash_of_database_and_worker_what_the_mark_covers_is_in_doubt() -> None:
    assert as_found_later() == [State.IN_DOUBT] * 4
    assert not Mark.objects.exists()


@only_postgres
def test_of_a_long_claim_only_the_stretch_at_hand_is_in_doubt_then(worker: MarkedWorker) -> None:
    first, *others = worker.claim(make_mailing(readers=2 * STRETCH), 2 * STRETCH)
    assert worker.go(first)
    assert worker.go(others[9], accepted(others[8]))
    Step.objects.all().delete()
    found = as_found_later()
    assert found == [State.IN_DOUBT] * STRETCH + [State.QUEUED] * STRETCH


@only_postgres
def test_a_new_stretch_says_that_the_one_before_it_was_accepted(worker: MarkedWorker) -> None:
    count = STRETCH + 2
    mails = worker.claim(make_mailing(readers=count), count)
    for before, mail in pairwise([None, *mails[: STRETCH + 1]]):
        assert worker.go(mail, before and accepted(before))
    Step.objects.all().delete()
    assert as_found_later() == [State.ACCEPTED] * STRETCH + [State.IN_DOUBT] * 2


@only_postgres
@pytest.mark.usefixtures("crash")
def test_a_worker_that_outlives_the_crash_says_what_it_knows(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    marks = worker.marks[mails[0].claim_token]
    marks.settle(accepted(mails[1]), timezone.now())
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.CLAIMED, State.CLAIMED]


@only_postgres
@pytest.mark.usefixtures("crash")
def test_also_if_somebody_has_asked_in_between(mails: list[Delivery], worker: MarkedWorker) -> None:
    Mark.objects.all().write_out()
    assert states() == [State.SUBMITTING] * 4
    assert worker.go(mails[2], accepted(mails[1]))
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.SUBMITTING, State.CLAIMED]
