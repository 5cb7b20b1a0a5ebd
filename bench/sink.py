"""The far ends of mails as a measurement uses them: a mail server and a provider.

`bench/smtp_sink.py` and `bench/call_sink.py` are their other sides.
"""

import json
import smtplib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from bench.processes import started, wait_until
from careersite.leash import Leash

START_DEADLINE_S = 30


@dataclass(frozen=True)
class Tally:
    mails: int
    recipients: int
    bytes: int
    first_at: float  # of the system's monotonic clock, which all processes share
    last_at: float


@dataclass(frozen=True)
class Sink:
    port: int
    connection: smtplib.SMTP

    @property
    def environment(self) -> dict[str, str]:
        return {"EMAIL_URL": f"smtp://127.0.0.1:{self.port}"}

    def tally(self) -> Tally:
        return Tally(**json.loads(self.connection.docmd("XCOUNT")[1]))

    def reset(self) -> None:
        self.connection.docmd("XRESET")

    def keep_next(self, path: Path) -> None:
        self.connection.docmd("XSAMPLE", str(path))


@dataclass(frozen=True)
class CallSink:
    url: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "EMAIL_URL": "",
            "ANYMAIL_ESP": "mailgun",
            "ANYMAIL_MAILGUN_API_KEY": "key",
            "ANYMAIL_MAILGUN_SENDER_DOMAIN": "careersite.example",
            "ANYMAIL_MAILGUN_API_URL": f"{self.url}/v3",
            "ANYMAIL_WEBHOOK_SECRET": "user:password",
        }

    def tally(self) -> Tally:
        return Tally(**requests.get(f"{self.url}/count", timeout=10).json())

    def reset(self) -> None:
        requests.get(f"{self.url}/reset", timeout=10)

    def keep_next(self, path: Path) -> None:
        requests.get(f"{self.url}/keep{path}", timeout=10)


@contextmanager
def running_sink(leash: Leash) -> Iterator[Sink]:
    with (
        port_of("smtp_sink", leash) as port,
        smtplib.SMTP("127.0.0.1", port) as connection,
    ):
        yield Sink(port, connection)


@contextmanager
def running_call_sink(leash: Leash) -> Iterator[CallSink]:
    with port_of("call_sink", leash) as port:
        yield CallSink(f"http://127.0.0.1:{port}")


@contextmanager
def port_of(module: str, leash: Leash) -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="careersite-bench-") as name:
        folder = Path(name)
        port_file = folder / "port"
        command = [sys.executable, "-m", f"bench.{module}", port_file]
        with started(command, leash, folder / "log", {}):
            wait_until(port_file.exists, START_DEADLINE_S, module)
            yield int(port_file.read_text())
