"""A worker that sends one by one moves a mark over what it has claimed; what it leaves behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter.models import Delivery, Mark, Step
from newsletter.sending.marks import Marks
from newsletter.sending.statements import has_steps
from newsletter.states import State
from newsletter.sweeping import without_worker
from newsletter.tests.factories import make_mailing
from newsletter.tests.marks.marking import accepted, as_found_later, states
from newsletter.tests.races import MarkedWorker
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db


def test_all_that_a_mail_costs_is_one_move_of_the_mark(mails: list[Delivery]) -> None:
    assert states() == [State.CLAIMED] * 4
    [mark] = Mark.objects.all()
    place = mark.step if has_steps() else mark
    assert (mark.first_id, place.current_id) == (mails[0].pk, mails[1].pk)


def test_a_worker_that_died_leaves_one_mail_in_doubt(mails: list[Delivery]) -> None:
    assert as_found_later() == [State.ACCEPTED, State.IN_DOUBT, State.QUEUED, State.QUEUED]
    assert not Mark.objects.exists()
    first = Delivery.objects.get(pk=mails[0].pk)
    assert (first.attempts, first.reason, first.lease_until) == (1, "", None)
    assert first.submitted_at and first.settled_at


def test_a_worker_that_died_before_its_first_mail_leaves_none(worker: MarkedWorker) -> None:
    worker.claim(make_mailing(readers=2), 2)
    assert as_found_later() == [State.QUEUED] * 2


def test_what_the_mark_says_has_gone_is_not_given_back(mails: list[Delivery]) -> None:
    assert Delivery.objects.release(mails) == 2
    assert states() == [State.ACCEPTED, State.SUBMITTING, State.QUEUED, State.QUEUED]


def test_a_mark_stands_while_its_worker_lives(mails: list[Delivery]) -> None:
    assert Delivery.objects.expire_leases(timezone.now() + LEASE / 2) == (0, 0)
    assert Mark.objects.exists()


def test_a_slow_worker_keeps_the_mail_at_hand_and_loses_those_it_holds_for_too_long(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    now = timezone.now() + LEASE
    Mark.objects.update(at=now)
    Step.objects.update(at=now)
    Delivery.objects.expire_leases(now + timedelta(seconds=2))
    assert states() == [State.ACCEPTED, State.SUBMITTING, State.QUEUED, State.QUEUED]
    assert not worker.go(mails[2], accepted(mails[1]))
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.QUEUED, State.QUEUED]


@pytest.mark.parametrize("off_by", [-timedelta(days=1), timedelta(days=1)])
def test_a_mark_of_another_days_clock_is_not_kept(mails: list[Delivery], off_by: timedelta) -> None:
    Mark.objects.update(at=timezone.now() + off_by)
    Delivery.objects.filter(pk__in=[mail.pk for mail in mails]).update(lease_until=None)
    Delivery.objects.expire_leases(timezone.now())
    assert not Mark.objects.exists()
    assert states()[0] == State.ACCEPTED


def test_a_mark_is_a_sign_of_life(mails: list[Delivery]) -> None:
    campaign, later_on = mails[0].campaign_id, timezone.now() + LEASE / 2
    assert without_worker([campaign], later_on) == [campaign]
    Mark.objects.update(at=later_on)
    assert without_worker([campaign], later_on) == []


def test_a_claim_and_its_mark_are_made_together_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign = make_mailing(readers=2)
    monkeypatch.setattr("newsletter.sending.marks.begin_sql", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Marks(campaign).claim_with_mark(2, timezone.now())
    assert states() == [State.QUEUED] * 2
