"""What a worker that died, or was only slow, leaves behind."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from newsletter import sweeping
from newsletter.models import Campaign, Delivery
from newsletter.outcomes import Outcome, in_doubt, later
from newsletter.states import State
from newsletter.tests.factories import let_workers_run, make_mailing
from newsletter.tests.races import at_the_same_time, go, race
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db

AFTER_LEASE = LEASE + timedelta(seconds=1)
ACCEPTED = Outcome(State.ACCEPTED, provider_id="their-id")


def mail_on_the_wire() -> Delivery:
    """Of a worker that gives no more sign of life."""
    [delivery] = Delivery.objects.claim(make_mailing(), 1, timezone.now())
    assert go(delivery)
    return delivery


def in_doubt_by_now() -> Delivery:
    delivery = mail_on_the_wire()
    sweeping.sweep(timezone.now() + AFTER_LEASE)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.campaign.finished_at is None) == (State.IN_DOUBT, False)
    return delivery


def test_what_was_not_tried_is_queued_again_and_what_was_tried_is_in_doubt() -> None:
    campaign = make_mailing(readers=3)
    now = timezone.now()
    claimed = Delivery.objects.claim(campaign, 3, now)
    assert claimed[0].go(now)
    assert Delivery.objects.expire_leases(now + LEASE) == (0, 0)
    assert Delivery.objects.expire_leases(now + AFTER_LEASE) == (2, 1)
    assert Delivery.objects.expire_leases(now + AFTER_LEASE) == (0, 0)
    assert campaign.tally() == {State.QUEUED: 2, State.IN_DOUBT: 1}
    assert campaign.deliveries.filter(attempts=0).count() == 3


def test_a_mail_in_doubt_is_never_sent_again_by_guess(mailoutbox: list) -> None:
    delivery = in_doubt_by_now()
    for hours in range(0, 72, 5):
        let_workers_run(timezone.now() + timedelta(hours=hours))
    delivery.refresh_from_db()
    assert delivery.state == State.IN_DOUBT
    assert mailoutbox == []


def test_a_late_yes_settles_the_doubt() -> None:
    delivery = in_doubt_by_now()
    delivery.record(ACCEPTED, timezone.now())
    delivery.refresh_from_db()
    assert (delivery.state, delivery.provider_id) == (State.ACCEPTED, "their-id")
    assert Campaign.objects.get().status == "sent"


def test_a_late_no_sends_it_after_all_and_the_campaign_is_not_over() -> None:
    delivery = in_doubt_by_now()
    delivery.record(later("450 Try later"), timezone.now())
    assert Campaign.objects.get().status == "sending"
    let_workers_run()
    delivery.refresh_from_db()
    assert delivery.state == State.QUEUED
    Delivery.objects.update(not_before=None)
    let_workers_run()
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED
    assert Campaign.objects.get().status == "sent"


def test_a_late_dont_know_changes_nothing_of_note() -> None:
    delivery = in_doubt_by_now()
    delivery.record(in_doubt("The connection broke."), timezone.now())
    assert Campaign.objects.get().tally() == {State.IN_DOUBT: 1}


def test_a_worker_says_nothing_about_a_mail_that_another_has_taken_over() -> None:
    slow = mail_on_the_wire()
    now = timezone.now()
    Delivery.objects.update(state=State.QUEUED, claim_token=None, lease_until=None)
    [other] = Delivery.objects.claim(slow.campaign, 1, now)
    assert other.go(now)
    slow.record(Outcome(State.FAILED, "Too late."), now)
    slow.record(later("Too late."), now)
    other.record(ACCEPTED, now)
    slow.record(Outcome(State.FAILED, "Too late."), now)
    assert Campaign.objects.get().tally() == {State.ACCEPTED: 1}


@at_the_same_time
def test_a_campaign_is_not_finished_while_a_mail_comes_back_to_it(eventually: Callable) -> None:
    delivery = mail_on_the_wire()
    Delivery.objects.expire_leases(timezone.now() + AFTER_LEASE)
    campaign = Campaign.objects.get()
    finished = race(
        lambda: delivery.record(later("450 Try later"), timezone.now()),
        lambda: campaign.finish_if_done(timezone.now()),
        eventually,
    )
    assert finished is False
    assert Campaign.objects.get().status == "sending"
