"""What each answer of a real SMTP server means for a mail."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from aiosmtpd.smtp import AuthResult
from django.utils import timezone

from careersite.tests.smtp_sink import HANG_UP, BoundController, SmtpSink
from newsletter.models import Delivery
from newsletter.outcomes import of_no_connection
from newsletter.states import State
from newsletter.tests.factories import mail_through, make_mailing, send, what_it_does

pytestmark = pytest.mark.django_db

BY_ANSWER = [
    # Said of this mail alone: the next one is tried at once.
    ("RCPT", "550 5.1.1 No such user", State.REJECTED, 1, "sends on"),
    ("RCPT", "450 4.2.0 Greylisted", State.QUEUED, 1, "sends on"),
    ("RCPT", "452 4.2.2 Mailbox full", State.QUEUED, 1, "sends on"),
    ("DATA", "554 5.7.1 Looks like spam", State.FAILED, 1, "sends on"),
    ("DATA", "451 4.3.0 Local error", State.QUEUED, 1, "sends on"),
    # Said of the server or of us: nobody else is tried now.
    ("MAIL", "421 4.3.2 Shutting down", State.QUEUED, 0, "rests"),
    ("RCPT", "421 4.3.2 Shutting down", State.QUEUED, 0, "rests"),
    ("DATA", "421 4.3.2 Shutting down", State.QUEUED, 0, "rests"),
    ("MAIL", "452 4.3.1 Disk full", State.QUEUED, 0, "rests"),
    ("MAIL", HANG_UP, State.QUEUED, 0, "rests"),
    ("RCPT", HANG_UP, State.QUEUED, 0, "rests"),
    ("MAIL", "553 5.7.1 Sender refused", State.QUEUED, 0, "pauses"),
    # After the final dot without a word: it may have arrived.
    ("DATA", HANG_UP, State.IN_DOUBT, 1, "rests"),
    # A word that is no refusal, or none that we can read.
    ("DATA", "252 2.0.0 Perhaps", State.IN_DOUBT, 1, "rests"),
    ("DATA", "Thank you", State.IN_DOUBT, 1, "rests"),
    ("DATA", f"250 {'and ' * 2500}", State.IN_DOUBT, 1, "rests"),
]


@pytest.mark.parametrize("asked", ["in turn", "in one breath", "before it may go"])
@pytest.mark.parametrize(("verb", "reply", "state", "attempts", "then"), BY_ANSWER)
def test_answer(
    *,
    settings: object,
    smtp_sink: SmtpSink,
    verb: str,
    reply: str,
    state: str,
    attempts: int,
    then: str,
    asked: str,
) -> None:
    mail_through(settings, smtp_sink.port)
    smtp_sink.is_pipelining = asked != "in turn"
    earlier = 1 if asked == "before it may go" else 0  # after a mail that went through
    campaign = make_mailing(readers=earlier + 2)
    smtp_sink.answer(verb, "250 2.0.0 OK", times=earlier)
    smtp_sink.answer(verb, reply, times=1)
    send(campaign)
    first, second = campaign.deliveries.order_by("pk")[earlier:]
    assert (first.state, first.attempts, what_it_does(campaign)) == (state, attempts, then)
    if reply != HANG_UP and state != State.IN_DOUBT:
        assert first.reason.startswith(reply.split()[0]) or reply in first.reason
    assert second.state == (State.ACCEPTED if then == "sends on" else State.QUEUED)
    waits = state == State.QUEUED
    assert (first.not_before is not None and first.not_before > timezone.now()) is waits


def test_a_server_that_waits_for_a_mail_to_nobody_is_told_its_end(settings: object) -> None:
    """RFC 2920, 3.1: DATA may be agreed to although the recipient was refused."""
    campaign = make_mailing(readers=2)
    with server_that_agrees_to_data() as (port, said):
        mail_through(settings, port)
        send(campaign)
    assert campaign.tally() == {State.REJECTED: 1, State.ACCEPTED: 1}
    assert [line for line in said if line in (b".", b"rset")] == [b".", b"rset", b"."]


@contextmanager
def server_that_agrees_to_data() -> Iterator[tuple[int, list[bytes]]]:
    """The first recipient it refuses."""
    said: list[bytes] = []
    answers = {b"EHLO": b"250-here\r\n250 PIPELINING", b"DATA": b"354 go on", b"QUIT": b"221 bye"}

    class Conversation(StreamRequestHandler):
        def handle(self) -> None:
            is_content = False
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                said.append(line.rstrip(b"\r\n"))
                verb = said[-1].split(b" ")[0].upper()
                if is_content and said[-1] != b".":
                    continue
                is_content = verb == b"DATA"
                is_first = b"RCPT" not in [earlier[:4] for earlier in said[:-1]]
                no = b"550 no such user" if verb == b"RCPT" and is_first else b"250 ok"
                self.wfile.write(answers.get(verb, no) + b"\r\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        yield server.server_address[1], said
        server.shutdown()


def test_a_doubt_after_a_mail_that_went_through_is_about_the_second_only(
    settings: object, smtp_sink: SmtpSink
) -> None:
    mail_through(settings, smtp_sink.port)
    campaign = make_mailing(readers=3)
    smtp_sink.answer("MAIL", "250 OK", times=1)
    smtp_sink.answer("MAIL", HANG_UP, times=1)
    send(campaign)
    states = campaign.deliveries.order_by("pk").values_list("state", flat=True)
    assert list(states) == [State.ACCEPTED, State.QUEUED, State.QUEUED]


@pytest.mark.parametrize("key", ["missing.pem", "short.pem"])
def test_a_key_that_cannot_be_read_is_nobodys_fault(
    settings: object, smtp_sink: SmtpSink, key: str
) -> None:
    mail_through(settings, smtp_sink.port)
    settings.DKIM_PRIVATE_KEY_FILE = str(Path(__file__).parent / "dkim" / key)
    campaign = make_mailing(readers=2)
    send(campaign)
    assert campaign.tally() == {State.QUEUED: 2}
    assert what_it_does(campaign) == "pauses"
    assert not campaign.deliveries.exclude(attempts=0).exists()


# --- No connection ------------------------------------------------------------------------


def test_a_refused_port_is_nobodys_fault(settings: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    mail_through(settings, port)
    campaign = make_mailing(readers=2)
    send(campaign)
    assert campaign.tally() == {State.QUEUED: 2}
    assert what_it_does(campaign) == "rests"
    assert Delivery.objects.exclude(reason="").get().reason.startswith("No connection")


def test_an_unknown_host_is_nobodys_fault(settings: object) -> None:
    mail_through(settings, 25)
    settings.EMAIL_HOST = "mail.invalid"
    campaign = make_mailing()
    send(campaign)
    assert campaign.tally() == {State.QUEUED: 1}
    assert what_it_does(campaign) == "rests"


class PasswordAsked(BoundController):
    """Answers each log-in as told."""

    def __init__(self, sink: SmtpSink, answer: str) -> None:
        super().__init__(sink)
        refused = AuthResult(success=False, handled=False, message=answer)
        self.SMTP_kwargs |= {
            "auth_require_tls": False,
            "authenticator": lambda *_: refused,
        }


@contextmanager
def server_that_asks_for_a_password(answer: str) -> Iterator[int]:
    controller = PasswordAsked(SmtpSink(), answer)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("answer", "then"),
    [
        ("535 5.7.8 Authentication credentials invalid", "pauses"),
        ("454 4.7.0 Temporary authentication failure", "rests"),
    ],
)
def test_a_refused_password(settings: object, answer: str, then: str) -> None:
    with server_that_asks_for_a_password(answer) as port:
        mail_through(settings, port)
        settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "site", "wrong"
        campaign = make_mailing(readers=2)
        send(campaign)
    assert campaign.tally() == {State.QUEUED: 2}
    assert set(campaign.deliveries.values_list("attempts", flat=True)) == {0}
    assert what_it_does(campaign) == then


def test_nothing_is_sent_without_the_encryption_that_was_asked_for(
    settings: object, smtp_sink: SmtpSink
) -> None:
    mail_through(settings, smtp_sink.port)
    settings.EMAIL_USE_TLS = True
    campaign = make_mailing(readers=2)
    send(campaign)
    assert smtp_sink.received == []
    assert campaign.tally() == {State.QUEUED: 2}
    assert what_it_does(campaign) == "pauses"
    assert "STARTTLS" in campaign.pause_reason


def test_a_server_that_does_not_want_to_talk_is_asked_again_later() -> None:
    outcome = of_no_connection(smtplib.SMTPConnectError(554, b"No SMTP service here"))
    assert (outcome.state, outcome.pauses, outcome.is_counted) == (State.QUEUED, False, False)
