"""Readers and staff meet the worker in the same moment, and everybody gets one mail."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest
from django.db import connection
from django.utils import timezone

from careersite.tests.smtp_sink import SmtpSink
from newsletter.consent import Origin
from newsletter.models import Campaign, Delivery, Mark, Subscriber
from newsletter.models.delivery import DeliveryQuerySet
from newsletter.outcomes import Outcome, later
from newsletter.sending.marks import Settled
from newsletter.sending.one_each import OneEach
from newsletter.sending.wires import SmtpWire
from newsletter.states import State
from newsletter.tests.factories import mail_through, make_mailing
from newsletter.tests.marks.marking import accepted, leaves, settled, states
from newsletter.tests.races import MarkedWorker, at_the_same_time, is_somebody_waiting, race

pytestmark = pytest.mark.django_db


# --- In the same moment -------------------------------------------------------------------


@at_the_same_time
def test_what_goes_just_before_the_end_of_its_campaign_is_not_called_unsent(
    eventually: Callable, mails: list[Delivery], worker: MarkedWorker
) -> None:
    race(
        lambda: worker.go(mails[2], accepted(mails[1])),
        lambda: Campaign.objects.get().cancel("Stop.", timezone.now()),
        eventually,
    )
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.SUBMITTING, State.SKIPPED]


@at_the_same_time
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets nobody else in")
def test_what_is_claimed_while_its_campaign_is_cancelled_has_no_mark(eventually: Callable) -> None:
    campaign, worker = make_mailing(readers=2), MarkedWorker()
    went = []

    def claim_and_go() -> None:
        first, _ = worker.claim(campaign, 2)
        went.append(worker.go(first))

    race(
        lambda: Campaign.objects.filter(pk=campaign.pk).update(cancelled_at=timezone.now()),
        claim_and_go,
        lambda _: eventually(lambda: went or Delivery.objects.filter(state=State.SUBMITTING)),
    )
    assert not Mark.objects.exists()


@at_the_same_time
def test_what_is_claimed_while_somebody_takes_it_back_is_looked_at_once_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign, worker = make_mailing(readers=2), MarkedWorker()
    person = campaign.deliveries.order_by("pk")[1].subscriber
    over, rounds = type(Mark.objects.all()).over, []

    def claim_after_the_first_look(self: object, deliveries: DeliveryQuerySet) -> object:
        found = list(over(self, deliveries).values_list("pk", flat=True))
        rounds.append(len(found))
        if len(rounds) == 1:
            assert worker.go(worker.claim(campaign, 2)[0])
        return self.filter(pk__in=found)

    monkeypatch.setattr(type(Mark.objects.all()), "over", claim_after_the_first_look)
    person.unsubscribe(Origin(), timezone.now())
    assert rounds[:3] == [0, 1, 1]
    assert states() == [State.SUBMITTING, State.SKIPPED]


def elsewhere(pool: ThreadPoolExecutor, act: Callable[[], object]) -> Future:
    def alone() -> object:
        try:
            return act()
        finally:
            connection.close()

    return pool.submit(alone)


@at_the_same_time
def test_who_leaves_as_the_campaign_is_paused_and_the_worker_wait_for_each_other_not_for_ever(
    mails: list[Delivery],
    worker: MarkedWorker,
    eventually: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign, marks = Campaign.objects.get(), worker.marks[mails[0].claim_token]
    campaign.pause("Staff.", timezone.now())
    write_out, answers = type(Mark.objects.all()).write_out, []

    def write_out_while_one_leaves(marks: object) -> None:
        write_out(marks)
        if not answers:
            answers.append(elsewhere(pool, lambda: leaves(mails[2])))
            eventually(lambda: answers[0].done() or is_somebody_waiting())

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(type(Mark.objects.all()), "write_out", write_out_while_one_leaves)
        assert not worker.go(mails[2], accepted(mails[1]))
        answers[0].result()
    assert marks.gone_id == mails[1].pk
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.SKIPPED, State.CLAIMED]


@at_the_same_time
def test_who_cancels_as_a_mail_comes_back_and_the_worker_wait_for_each_other_not_for_ever(
    mails: list[Delivery],
    worker: MarkedWorker,
    eventually: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    campaign, record, answers = Campaign.objects.get(), Settled.record, []

    def record_while_staff_cancel(self: Settled, now: datetime) -> None:
        if not answers:
            answers.append(elsewhere(pool, lambda: campaign.cancel("Stop.", now)))
            eventually(lambda: answers[0].done() or is_somebody_waiting())
        record(self, now)

    with ThreadPoolExecutor(1) as pool:
        monkeypatch.setattr(Settled, "record", record_while_staff_cancel)
        worker.go(mails[2], settled(mails[1], later("450 Later")))
        answers[0].result()
    assert states()[0] == State.ACCEPTED
    assert State.CLAIMED not in states()


# --- The whole way ------------------------------------------------------------------------


class Turn:
    """Something happens after each mail."""

    def __init__(self, then: Callable[[int], object]) -> None:
        self.tried, self.then = 0, then

    def is_over(self) -> bool:
        return False

    def note(self, delivery_id: int, outcome: Outcome) -> None:
        self.tried += 1
        self.then(self.tried)


def test_whoever_looks_while_mails_go_out_each_got_one_and_each_is_written_down(
    settings: object, smtp_sink: SmtpSink
) -> None:
    mail_through(settings, smtp_sink.port)
    campaign = make_mailing(readers=12)
    people = list(Subscriber.objects.order_by("pk"))

    def two_leave(tried: int) -> None:
        """One who has got his mail, and one who has not."""
        if tried in (2, 5):
            people[tried - 1].unsubscribe(Origin(), timezone.now())
            people[tried + 1].unsubscribe(Origin(), timezone.now())

    way = OneEach(campaign, SmtpWire(campaign))
    way.send(way.claim(12, timezone.now()), Turn(two_leave))
    way.settle(timezone.now())
    way.close()
    assert campaign.tally() == {State.ACCEPTED: 10, State.SKIPPED: 2}
    accepted_ones = campaign.deliveries.filter(state=State.ACCEPTED).order_by("pk")
    assert smtp_sink.recipients() == list(accepted_ones.values_list("address", flat=True))
    assert not Mark.objects.exists()
