"""A worker that sends one by one moves a mark over what it has claimed. Whoever asks what became of
a mail, or takes one back, gets the answer that the mark gives."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone

from careersite.tests.smtp_sink import SmtpSink
from newsletter import personal_data
from newsletter.consent import Origin
from newsletter.models import (
    AddressChange,
    Campaign,
    Delivery,
    Mark,
    Step,
    Subscriber,
    Suppression,
    WebhookEvent,
)
from newsletter.models.delivery import DeliveryQuerySet
from newsletter.outcomes import ACCEPTED, Outcome, later
from newsletter.reports import Report
from newsletter.sending.marks import STRETCH, WRITES_EVERY, Claimed, Marks, Settled
from newsletter.sending.one_each import OneEach
from newsletter.sending.statements import has_steps
from newsletter.sending.wires import SmtpWire
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.sweeping import without_worker
from newsletter.tags import tag_of
from newsletter.tests.factories import mail_through, make_mailing
from newsletter.tests.races import MarkedWorker, at_the_same_time, is_somebody_waiting, race
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db

AFTER_LEASE = LEASE + timedelta(seconds=1)
Act = Callable[[Delivery], object]


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


def settled(delivery: Delivery, outcome: Outcome) -> Settled:
    claimed = Claimed(
        delivery.pk,
        delivery.subscriber_id,
        delivery.address,
        delivery.attempts,
        delivery.subscriber and delivery.subscriber.handle,
        delivery.claim_token,
        delivery.campaign,
    )
    return Settled(claimed, outcome)


def accepted(delivery: Delivery) -> Settled:
    return settled(delivery, ACCEPTED)


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def as_found_later() -> list[str]:
    """The worker gives no more sign of life."""
    Delivery.objects.expire_leases(timezone.now() + AFTER_LEASE)
    return states()


# --- What a worker leaves behind ----------------------------------------------------------


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


# --- A crash of the database --------------------------------------------------------------

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


# --- Outcomes -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "outcome", [Outcome(State.REJECTED, "550 No such user"), Outcome(State.FAILED, "Too large")]
)
def test_what_was_refused_is_written_down_before_the_mark_moves_on(
    outcome: Outcome, mails: list[Delivery], worker: MarkedWorker
) -> None:
    assert worker.go(mails[2], settled(mails[1], outcome))
    assert states() == [State.ACCEPTED, outcome.state, State.CLAIMED, State.CLAIMED]
    assert worker.go(mails[3], accepted(mails[2]))
    assert as_found_later() == [State.ACCEPTED, outcome.state, State.ACCEPTED, State.IN_DOUBT]


def test_what_comes_back_from_the_wire_is_not_taken_for_accepted(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    assert worker.go(mails[2], settled(mails[1], later("450 Later")))
    assert as_found_later() == [State.ACCEPTED, State.QUEUED, State.IN_DOUBT, State.QUEUED]


def test_the_name_that_a_provider_gives_a_mail_is_written_down_at_once(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    worker.go(mails[2], settled(mails[1], Outcome(State.ACCEPTED, provider_id="their-id")))
    assert Delivery.objects.get(pk=mails[1].pk).provider_id == "their-id"


def test_a_page_learns_of_accepted_mails_soon(mails: list[Delivery], worker: MarkedWorker) -> None:
    marks = worker.marks[mails[0].claim_token]
    marks.written_at -= WRITES_EVERY + timedelta(seconds=1)
    assert worker.go(mails[2], accepted(mails[1]))
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.CLAIMED, State.CLAIMED]
    assert Mark.objects.exists()


def test_one_that_may_not_go_is_not_taken_for_accepted(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    campaign = mails[0].campaign
    campaign.rest(timezone.now() + timedelta(minutes=1))
    assert not worker.go(mails[2], accepted(mails[1]))
    campaign.rest(timezone.now())
    assert worker.go(mails[3])
    assert as_found_later() == [State.ACCEPTED, State.ACCEPTED, State.QUEUED, State.IN_DOUBT]


# --- Who takes mails back -----------------------------------------------------------------


def leaves(delivery: Delivery) -> None:
    assert delivery.subscriber.unsubscribe(Origin(), timezone.now())


def rests(delivery: Delivery) -> None:
    now = timezone.now()
    assert delivery.subscriber.pause(now + timedelta(days=7), Origin(), now)


def complains(delivery: Delivery) -> None:
    Suppression.objects.add(delivery.address, Suppression.Reason.COMPLAINED)


def is_erased(delivery: Delivery) -> None:
    personal_data.erase(delivery.address, timezone.now())


def is_cancelled(delivery: Delivery) -> None:
    Campaign.objects.get().cancel("Stop.", timezone.now())


@pytest.mark.parametrize("happens", [leaves, rests, complains, is_cancelled])
def test_what_was_sent_is_not_called_unsent(
    happens: Act, mails: list[Delivery], worker: MarkedWorker
) -> None:
    for mail in mails[:3]:
        happens(mail)
    assert states()[:3] == [State.ACCEPTED, State.SUBMITTING, State.SKIPPED]
    assert not worker.go(mails[2], accepted(mails[1]))
    assert states()[:3] == [State.ACCEPTED, State.ACCEPTED, State.SKIPPED]


def test_who_is_erased_was_sent_what_was_sent(mails: list[Delivery], worker: MarkedWorker) -> None:
    for mail in mails[:3]:
        is_erased(mail)
    assert states()[:3] == [State.ACCEPTED, State.ACCEPTED, State.SKIPPED]
    assert not Delivery.objects.filter(address__startswith="reader").exclude(pk=mails[3].pk)
    assert worker.go(mails[3])


def test_who_moves_gets_what_was_not_sent_at_the_new_address_only(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    for mail in mails[:3]:
        address = f"new-{mail.address}"
        change = AddressChange.objects.create(
            subscriber=mail.subscriber, address=address, asked_at=timezone.now()
        )
        assert change.make(Origin(), timezone.now())
    assert states()[:3] == [State.ACCEPTED, State.SUBMITTING, State.QUEUED]
    assert not worker.go(mails[2], accepted(mails[1]))
    moved = Delivery.objects.filter(address__startswith="new-")
    assert [mail.pk for mail in moved] == [mails[2].pk]


def test_what_a_provider_reports_of_a_mail_stands_beside_what_the_mark_says(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    """The last one it reports of an earlier try, that has arrived after all."""
    now = timezone.now()
    for mail in (mails[0], mails[3]):
        WebhookEvent.objects.create(
            esp="mailgun",
            kind=Report.DELIVERED,
            dedupe_key=mail.pk,
            tag=tag_of(mail.pk),
            at=now,
            received_at=now,
        )
    settle_some(now)
    assert states() == [State.DELIVERED, State.SUBMITTING, State.CLAIMED, State.DELIVERED]
    assert worker.go(mails[2], accepted(mails[1]))
    assert not worker.go(mails[3], accepted(mails[2]))
    assert states() == [State.DELIVERED, *[State.ACCEPTED] * 2, State.DELIVERED]


def test_after_that_the_worker_goes_on_mail_by_mail(
    mails: list[Delivery], worker: MarkedWorker
) -> None:
    leaves(mails[2])
    assert not worker.go(mails[2], accepted(mails[1]))
    assert worker.go(mails[3])
    assert states() == [State.ACCEPTED, State.ACCEPTED, State.SKIPPED, State.SUBMITTING]


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
