"""The mail sink as a measurement uses it; `bench/smtp_sink.py` is its other side."""

import json
import smtplib
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
    def url(self) -> str:
        """For EMAIL_URL."""
        return f"smtp://127.0.0.1:{self.port}"

    def tally(self) -> Tally:
        return Tally(**json.loads(self.connection.docmd("XCOUNT")[1]))

    def reset(self) -> None:
        self.connection.docmd("XRESET")

    def keep_next(self, path: Path) -> None:
        self.connection.docmd("XSAMPLE", str(path))


@contextmanager
def running_sink(leash: Leash) -> Iterator[Sink]:
    with tempfile.TemporaryDirectory(prefix="careersite-bench-") as name:
        folder = Path(name)
        port_file = folder / "port"
        command = [sys.executable, "-m", "bench.smtp_sink", port_file]
        with started(command, leash, folder / "log", {}):
            wait_until(port_file.exists, START_DEADLINE_S, "the mail sink")
            port = int(port_file.read_text())
            with smtplib.SMTP("127.0.0.1", port) as connection:
                yield Sink(port, connection)
