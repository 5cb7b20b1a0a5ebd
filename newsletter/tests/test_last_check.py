"""The last look before the wire: whoever left before it gets nothing, however close it was."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from careersite.tests.smtp_sink import SmtpSink
from newsletter.consent import Origin
from newsletter.models import Campaign, Delivery, Subscriber, Suppression
from newsletter.models.delivery import LEASE
from newsletter.outcomes import later
from newsletter.states import State
from newsletter.tests.factories import mail_through, make_mailing, send, together
from newsletter.tests.races import at_the_same_time, go_by_marks, race
from newsletter.tests.races import go as go_together

pytestmark = pytest.mark.django_db


Go = Callable[[Delivery], bool]


@pytest.fixture(params=[go_together, go_by_marks], ids=["together", "by marks"])
def go(request: pytest.FixtureRequest) -> Go:
    return request.param


def claimed_mail() -> Delivery:
    [delivery] = Delivery.objects.claim(make_mailing(), 1, timezone.now())
    return delivery


def leave(subscriber: Subscriber) -> bool:
    return subscriber.unsubscribe(Origin(), timezone.now())


# --- One after the other ------------------------------------------------------------------


def test_a_mail_to_somebody_on_the_list_may_go(go: Go) -> None:
    delivery = claimed_mail()
    assert go(delivery)
    delivery.refresh_from_db()
    assert delivery.state == State.SUBMITTING
    assert delivery.submitted_at


@pytest.mark.parametrize("end", ["left", "complained", "erased"])
def test_whoever_is_off_the_list_meanwhile_gets_nothing(end: str, go: Go) -> None:
    delivery = claimed_mail()
    if end == "left":
        Subscriber.objects.update(unsubscribed_at=timezone.now())
    elif end == "complained":
        Suppression.objects.add(delivery.address, Suppression.Reason.COMPLAINED)
    else:
        Subscriber.objects.all().delete()
    assert not go(delivery)
    delivery.refresh_from_db()
    assert delivery.state == State.SKIPPED


def test_leaving_takes_back_what_waits_and_not_what_is_on_the_wire(go: Go) -> None:
    campaign = make_mailing(readers=2)
    first, second = Delivery.objects.claim(campaign, 2, timezone.now())
    assert go(first)
    assert leave(first.subscriber)
    assert leave(second.subscriber)
    assert campaign.tally() == {State.SUBMITTING: 1, State.SKIPPED: 1}


def test_a_lease_that_was_lost_does_not_go(go: Go) -> None:
    delivery = claimed_mail()
    now = timezone.now()
    Delivery.objects.expire_leases(now + LEASE + timedelta(seconds=1))
    assert not go(delivery)
    [other] = Delivery.objects.claim(delivery.campaign, 1, now)
    assert not go(delivery)
    assert go(other)
    assert not go(other)


def test_nothing_goes_while_the_campaign_rests(go: Go) -> None:
    delivery = claimed_mail()
    delivery.campaign.rest(timezone.now() + timedelta(minutes=1))
    assert not go(delivery)
    delivery.campaign.rest(timezone.now())
    assert go(delivery)


# --- Under load ---------------------------------------------------------------------------


@at_the_same_time
def test_whoever_was_not_on_the_wire_when_they_left_gets_nothing_while_mails_go_out(
    settings: object, smtp_sink: SmtpSink
) -> None:
    mail_through(settings, smtp_sink.port)
    campaign = make_mailing(readers=60)
    people = list(Subscriber.objects.order_by("-pk"))
    spared: set[str] = set()

    def all_leave() -> None:
        for person in people:
            assert leave(person)
            if person.deliveries.get().state == State.SKIPPED:
                spared.add(person.address)

    together(lambda: send(campaign), lambda: send(campaign), all_leave)
    received = smtp_sink.recipients()
    assert spared.isdisjoint(received)
    assert len(received) == len(set(received)) == 60 - len(spared)
    assert campaign.deliveries.filter(state=State.SKIPPED).count() == len(spared)


# --- In the same moment -------------------------------------------------------------------


def disown(subscriber: Subscriber) -> bool:
    """Changes the person's row and no mail's: that one is what the last look must wait for."""
    return subscriber.disown(Origin(), timezone.now())


@at_the_same_time
@pytest.mark.parametrize("leave", [leave, disown])
def test_who_leaves_just_before_it_gets_nothing(
    eventually: Callable, go: Go, leave: Callable[[Subscriber], bool]
) -> None:
    delivery = claimed_mail()
    went = race(lambda: leave(delivery.subscriber), lambda: go(delivery), eventually)
    delivery.refresh_from_db()
    assert (went, delivery.state) == (False, State.SKIPPED)


@at_the_same_time
def test_who_begins_a_rest_just_before_it_gets_nothing(eventually: Callable, go: Go) -> None:
    delivery = claimed_mail()
    now = timezone.now()
    rest = partial(delivery.subscriber.pause, now + timedelta(days=7), Origin(), now)
    went = race(rest, lambda: go(delivery), eventually)
    delivery.refresh_from_db()
    assert (went, delivery.state, delivery.reason) == (False, State.SKIPPED, "paused")


@at_the_same_time
def test_who_leaves_just_after_it_gets_this_one_and_no_second_try(
    eventually: Callable, go: Go
) -> None:
    delivery = claimed_mail()
    left = race(lambda: go(delivery), lambda: leave(delivery.subscriber), eventually)
    delivery.refresh_from_db()
    assert (left, delivery.state) == (True, State.SUBMITTING)

    now = timezone.now()
    delivery.record(later("450 Try later"), now)
    [again] = Delivery.objects.claim(delivery.campaign, 1, now + timedelta(hours=1))
    assert not go(again)
    assert delivery.campaign.tally() == {State.SKIPPED: 1}


@at_the_same_time
def test_a_campaign_that_is_cancelled_just_before_it_sends_nothing(
    eventually: Callable, go: Go
) -> None:
    delivery = claimed_mail()
    campaign = Campaign.objects.get()
    went = race(lambda: campaign.cancel("Stop.", timezone.now()), lambda: go(delivery), eventually)
    delivery.refresh_from_db()
    assert (went, delivery.state) == (False, State.SKIPPED)


@at_the_same_time
def test_a_lease_that_is_taken_away_just_before_it_does_not_go(
    eventually: Callable, go: Go
) -> None:
    delivery = claimed_mail()
    late = timezone.now() + LEASE + timedelta(seconds=1)
    went = race(lambda: Delivery.objects.expire_leases(late), lambda: go(delivery), eventually)
    delivery.refresh_from_db()
    assert (went, delivery.state) == (False, State.QUEUED)
