"""The last look before the wire: whoever left before it gets nothing, however close it was."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from careersite.tests.smtp_sink import SmtpSink
from newsletter.consent import Origin
from newsletter.models import Campaign, Delivery, Mark, Subscriber, Suppression
from newsletter.outcomes import ACCEPTED, later
from newsletter.states import State
from newsletter.tests.factories import mail_through, make_mailing, send, together
from newsletter.tests.races import MarkedWorker, at_the_same_time, claim, go, race
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db


class Together:
    """A worker that sends many in one call."""

    go, claim = staticmethod(go), staticmethod(claim)


Worker = Together | MarkedWorker


@pytest.fixture(params=[Together, MarkedWorker], ids=["together", "one by one"])
def worker(request: pytest.FixtureRequest) -> Worker:
    return request.param()


@pytest.fixture
def delivery(worker: Worker) -> Delivery:
    """Claimed by the worker."""
    [delivery] = worker.claim(make_mailing())
    return delivery


def fate(delivery: Delivery) -> State:
    """As it will stand there when the worker has gone."""
    Mark.objects.all().write_out()
    delivery.refresh_from_db()
    return delivery.state


def leave(subscriber: Subscriber) -> bool:
    return subscriber.unsubscribe(Origin(), timezone.now())


# --- One after the other ------------------------------------------------------------------


def test_a_mail_to_somebody_on_the_list_may_go(worker: Worker, delivery: Delivery) -> None:
    assert worker.go(delivery)
    assert fate(delivery) == State.SUBMITTING
    assert delivery.submitted_at


@pytest.mark.parametrize("end", ["left", "complained", "erased"])
def test_whoever_is_off_the_list_meanwhile_gets_nothing(
    end: str, worker: Worker, delivery: Delivery
) -> None:
    if end == "left":
        Subscriber.objects.update(unsubscribed_at=timezone.now())
    elif end == "complained":
        Suppression.objects.add(delivery.address, Suppression.Reason.COMPLAINED)
    else:
        Subscriber.objects.all().delete()
    assert not worker.go(delivery)
    assert fate(delivery) == State.SKIPPED


def test_leaving_takes_back_what_waits_and_not_what_is_on_the_wire(worker: Worker) -> None:
    campaign = make_mailing(readers=2)
    first, second = worker.claim(campaign, 2)
    assert worker.go(first)
    assert leave(first.subscriber)
    assert leave(second.subscriber)
    assert campaign.tally() == {State.SUBMITTING: 1, State.SKIPPED: 1}


def test_a_lease_that_was_lost_does_not_go(worker: Worker, delivery: Delivery) -> None:
    now = timezone.now()
    Delivery.objects.expire_leases(now + LEASE + timedelta(seconds=1))
    assert not worker.go(delivery)
    [other] = worker.claim(delivery.campaign)
    assert not worker.go(delivery)
    assert worker.go(other)
    assert not worker.go(other)


def test_nothing_goes_while_the_campaign_rests(worker: Worker, delivery: Delivery) -> None:
    delivery.campaign.rest(timezone.now() + timedelta(minutes=1))
    assert not worker.go(delivery)
    delivery.campaign.rest(timezone.now())
    assert worker.go(delivery)


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
    eventually: Callable, worker: Worker, delivery: Delivery, leave: Callable[[Subscriber], bool]
) -> None:
    went = race(lambda: leave(delivery.subscriber), lambda: worker.go(delivery), eventually)
    assert (went, fate(delivery)) == (False, State.SKIPPED)


@at_the_same_time
def test_who_begins_a_rest_just_before_it_gets_nothing(
    eventually: Callable, worker: Worker, delivery: Delivery
) -> None:
    now = timezone.now()
    rest = partial(delivery.subscriber.pause, now + timedelta(days=7), Origin(), now)
    went = race(rest, lambda: worker.go(delivery), eventually)
    assert (went, fate(delivery), delivery.reason) == (False, State.SKIPPED, "paused")


@at_the_same_time
def test_who_leaves_just_after_it_gets_this_one_and_no_second_try(
    eventually: Callable, worker: Worker, delivery: Delivery
) -> None:
    left = race(lambda: worker.go(delivery), lambda: leave(delivery.subscriber), eventually)
    assert (left, fate(delivery)) == (True, State.SUBMITTING)

    now = timezone.now()
    delivery.record(later("450 Try later"), now)
    [again] = Delivery.objects.claim(delivery.campaign, 1, now + timedelta(hours=1))
    assert not go(again)
    assert delivery.campaign.tally() == {State.SKIPPED: 1}


@at_the_same_time
def test_a_campaign_that_is_cancelled_just_before_it_sends_nothing(
    eventually: Callable, worker: Worker, delivery: Delivery
) -> None:
    campaign = Campaign.objects.get()
    went = race(
        lambda: campaign.cancel("Stop.", timezone.now()), lambda: worker.go(delivery), eventually
    )
    assert (went, fate(delivery)) == (False, State.SKIPPED)


@at_the_same_time
def test_a_lease_that_is_taken_away_just_before_it_does_not_go(
    eventually: Callable, worker: Worker, delivery: Delivery
) -> None:
    late = timezone.now() + LEASE + timedelta(seconds=1)
    went = race(
        lambda: Delivery.objects.expire_leases(late), lambda: worker.go(delivery), eventually
    )
    assert (went, fate(delivery)) == (False, State.QUEUED)


@at_the_same_time
def test_a_lease_that_ends_as_its_mail_is_written_down_casts_no_doubt_on_it(
    eventually: Callable,
) -> None:
    [mail] = claim(make_mailing())
    assert go(mail)
    late = timezone.now() + LEASE + timedelta(seconds=1)
    found = race(
        lambda: mail.record(ACCEPTED, timezone.now()),
        lambda: Delivery.objects.expire_leases(late),
        eventually,
    )
    assert (found, fate(mail)) == ((0, 0), State.ACCEPTED)
