"""A mail is announced to the server while the database is asked whether it may go: no content
before the yes, and nothing is left of it after a no."""

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from careersite.tests.smtp_sink import SmtpSink
from newsletter.consent import Origin
from newsletter.models import Campaign, Delivery, Mark, Subscriber
from newsletter.outcomes import Outcome
from newsletter.ready_mail import ReadyCopy
from newsletter.sending.marks import Claimed, Marks, Settled
from newsletter.sending.one_each import OneEach
from newsletter.sending.statements import has_steps
from newsletter.sending.wires import SmtpWire
from newsletter.states import State
from newsletter.tests.factories import mail_through, make_mailing, send
from newsletter.tests.races import at_the_same_time, race

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sink(settings: object, smtp_sink: SmtpSink) -> SmtpSink:
    mail_through(settings, smtp_sink.port)
    smtp_sink.is_pipelining = True
    return smtp_sink


@dataclass
class Turn:
    """`then` is done after the first mail, before the second is announced."""

    then: Callable[[], object]
    tried: list[Outcome] = field(default_factory=list)

    def is_over(self) -> bool:
        return False

    def note(self, delivery_id: int, outcome: Outcome) -> None:
        self.tried.append(outcome)
        if len(self.tried) == 1:
            self.then()


def addresses(*numbers: int) -> list[str]:
    return [f"reader{number}@example.com" for number in numbers]


def leave(address: str) -> None:
    Subscriber.objects.get(address=address).unsubscribe(Origin(), timezone.now())


def assert_goes_on_after_the_first(campaign: Campaign, sink: SmtpSink) -> None:
    assert sink.recipients() == addresses(1)
    assert campaign.tally() == {State.ACCEPTED: 1, State.QUEUED: 2}
    send(campaign)
    assert sink.recipients() == addresses(1, 2, 3)


def test_who_leaves_after_the_claim_gets_nothing_and_the_next_gets_his(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=3)
    way = OneEach(campaign, SmtpWire(campaign))
    claimed = way.claim(3, timezone.now())
    turn = Turn(lambda: leave("reader2@example.com"))
    way.send(claimed[:2], turn)
    assert way.wire.connection.connection is None  # any word would have been content
    way.send(claimed[2:], turn)
    way.settle(timezone.now())
    way.close()
    assert sink.recipients() == addresses(1, 3)
    assert campaign.tally() == {State.ACCEPTED: 2, State.SKIPPED: 1}


def test_after_a_no_the_next_is_asked_for_before_anything_is_said(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=5)
    way = OneEach(campaign, SmtpWire(campaign))
    claimed = way.claim(5, timezone.now())
    way.send(claimed, Turn(lambda: Campaign.objects.get().cancel("Stop.", timezone.now())))
    assert way.wire.connection.connection is None
    assert (sink.recipients(), len(sink.greeted)) == (addresses(1), 1)


def test_a_database_that_fails_meanwhile_costs_nobody_a_mail(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_mailing(readers=3)
    ask = Marks._step if has_steps() else Marks._move

    def fail_at_second(self: Marks, claimed: Claimed, now: datetime) -> Callable[[], object]:
        answer = ask(self, claimed, now)
        return lost(answer) if claimed.address == "reader2@example.com" else answer

    with monkeypatch.context() as broken:
        broken.setattr(Marks, ask.__name__, fail_at_second)
        with pytest.raises(OperationalError):
            send(campaign)
    assert_goes_on_after_the_first(campaign, sink)


def lost(answer: Callable[[], object]) -> Callable[[], object]:
    """It was done, and we are not told."""

    def fail() -> object:
        answer()
        raise OperationalError("server closed the connection unexpectedly")

    return fail


@at_the_same_time
def test_an_interruption_meanwhile_costs_nobody_a_mail(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_mailing(readers=3)
    announce = SmtpWire.announce

    def interrupt_second(self: SmtpWire, mail: ReadyCopy) -> None:
        announce(self, mail)
        if mail.recipient == "reader2@example.com":
            raise KeyboardInterrupt

    with monkeypatch.context() as interrupted:
        interrupted.setattr(SmtpWire, "announce", interrupt_second)
        with pytest.raises(KeyboardInterrupt):
            send(campaign)
    assert_goes_on_after_the_first(campaign, sink)


def in_the_way_once(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> list[datetime]:
    """Of the next outcome that is written. It is told here when."""
    record, stood = Settled.record, []

    def record_after_that(self: Settled, now: datetime) -> None:
        if not stood:
            stood.append(now)
            act()
        record(self, now)

    monkeypatch.setattr(Settled, "record", record_after_that)
    return stood


def hang_up() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def deadlock() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40P01'; END $$")
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    with connection.wrap_database_errors:
        raise error


@at_the_same_time
@pytest.mark.parametrize(
    "act",
    [
        pytest.param(
            hang_up,
            marks=pytest.mark.skipif(
                connection.vendor != "postgresql", reason="SQLite hangs up on nobody"
            ),
        ),
        deadlock,
    ],
)
def test_neither_a_database_that_hangs_up_nor_others_let_through_cost_knowledge_of_an_outcome(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]
) -> None:
    campaign = make_mailing(readers=2)
    stood = in_the_way_once(monkeypatch, act)
    send(campaign)
    assert stood
    assert campaign.tally() == {State.ACCEPTED: 2}
    assert sink.recipients() == addresses(1, 2)


@at_the_same_time
def test_no_content_is_seen_before_its_mark_is_there_for_all(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_mailing(readers=3)
    take = sink.handle_DATA
    seen = []

    def look(address: str) -> None:
        mail = Delivery.objects.get(address=address)
        mark = Mark.objects.get(claim_token=mail.claim_token)
        place = mark.step if has_steps() else mark
        seen.append((place.current_id - mail.pk, mail.state))
        connection.close()

    async def look_and_take(server: object, session: object, envelope: object) -> str:
        await asyncio.to_thread(look, envelope.rcpt_tos[0])
        return await take(server, session, envelope)

    monkeypatch.setattr(sink, "handle_DATA", look_and_take)
    assert send(campaign) == 3
    assert seen == [(0, State.CLAIMED)] * 3


@at_the_same_time
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets nobody else in")
def test_who_is_leaving_while_his_mail_is_announced_gets_nothing(
    sink: SmtpSink, eventually: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_mailing(readers=3)
    answer = sink.next_reply
    said = []

    def note_and_answer(verb: str, to: list[str], server: object) -> str:
        said.append((verb, *to))
        return answer(verb, to, server)

    monkeypatch.setattr(sink, "next_reply", note_and_answer)
    announced = ("RCPT", "reader2@example.com")
    way = OneEach(campaign, SmtpWire(campaign))
    claimed = way.claim(3, timezone.now())

    def send_claimed() -> None:
        way.send(claimed, Turn(lambda: None))
        way.settle(timezone.now())
        way.close()

    leaving = Subscriber.objects.get(address="reader2@example.com")
    race(
        lambda: leaving.disown(Origin(), timezone.now()),  # that locks the person and no mail
        send_claimed,
        lambda waits: eventually(lambda: waits() and announced in said),
    )
    assert sink.recipients() == addresses(1, 3)
    assert campaign.tally() == {State.ACCEPTED: 2, State.SKIPPED: 1}
