"""A real SMTP server that keeps what it is sent and answers as told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_UP = "hang up"  # an answer that is no answer: the connection ends


@dataclass(frozen=True)
class Received:
    sender: str
    recipients: tuple[str, ...]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)


class SmtpSink:
    """`answer(...)` sets what comes next; without it everything is accepted."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.scripted: list[Scripted] = []
        self.port = 0
        self.is_pipelining = False
        self.greeted: list[str] = []  # by whom, once for each connection

    @property
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def answer(self, verb: str, reply: str, *, address: str = "", times: int = 1_000_000) -> None:
        """`verb` is MAIL, RCPT or DATA; `reply` like "452 4.2.2 Mailbox full" or `HANG_UP`.

        DATA is answered after the final dot, so a hang-up there leaves the sender in doubt;
        the message is kept all the same if the reply is 2xx or `HANG_UP`.
        """
        self.scripted.append(Scripted(verb, reply, address, times))

    def recipients(self) -> list[str]:
        return [address for mail in self.received for address in mail.recipients]

    # aiosmtpd calls these by name.

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.greeted.append(hostname)
        name, *extensions = responses
        return [name, *["250-PIPELINING"] * self.is_pipelining, *extensions]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.next_reply("MAIL", [address], server)
        if reply.startswith("2"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = self.next_reply("RCPT", [address], server)
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = self.next_reply("DATA", envelope.rcpt_tos, server)
        if reply.startswith("2") or reply == HANG_UP:
            self.received.append(
                Received(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.original_content)
            )
        return reply

    def next_reply(self, verb: str, addresses: list[str], server: SMTP) -> str:
        for scripted in self.scripted:
            if scripted.fits(verb, addresses):
                scripted.times -= 1
                if scripted.reply == HANG_UP:
                    server.transport.abort()
                return scripted.reply
        return "250 2.0.0 OK"


@dataclass
class Scripted:
    verb: str
    reply: str
    address: str
    times: int

    def fits(self, verb: str, addresses: list[str]) -> bool:
        is_addressed = not self.address or self.address in addresses
        return self.times > 0 and self.verb == verb and is_addressed


class BoundController(Controller):
    """Listens on a socket that the system has given a free port."""

    def __init__(self, sink: SmtpSink) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        sink.port = self.listening.getsockname()[1]
        super().__init__(sink, hostname="127.0.0.1", port=sink.port, enable_SMTPUTF8=True)

    def _create_server(self) -> object:
        return self.loop.create_server(self._factory_invoker, sock=self.listening)


@contextmanager
def running_smtp_sink() -> Iterator[SmtpSink]:
    sink = SmtpSink()
    controller = BoundController(sink)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
