"""The whole site as a newcomer starts it: real web server, real worker, data of its own."""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from careersite.supervisor import ROOT
from careersite.tests.private_servers import free_port

PASSWORD = re.compile(r"\b[a-z2-7]{4}(?:-[a-z2-7]{4}){3}\b")
START_DEADLINE_S = 120


@dataclass
class Site:
    url: str
    data_dir: Path
    process: subprocess.Popen
    said: list[str] = field(default_factory=list)

    @property
    def password(self) -> str:
        """The demo editor's, as the start-up printed it."""
        return PASSWORD.search("".join(self.said)).group()

    def mails(self) -> list[EmailMessage]:
        """What was sent, oldest first."""
        files = sorted((self.data_dir / "outbox").glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails() if mail["To"] == address]

    def listen(self) -> None:
        for line in self.process.stdout:
            self.said.append(line)

    def answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/healthz", timeout=2).status == 200
        except (urllib.error.URLError, OSError):
            return False

    def wait(self) -> None:
        deadline = time.monotonic() + START_DEADLINE_S
        while not self.answers():
            ended = self.process.poll() is not None
            assert not ended and time.monotonic() < deadline, "".join(self.said)
            time.sleep(0.1)


@contextmanager
def running_site(**environment: str) -> Iterator[Site]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="careersite-e2e-") as data_dir:
        own = {"DATA_DIR": data_dir, "PORT": str(port), "DEBUG": "1", **environment}
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "careersite.run"],
            cwd=ROOT,
            env={**os.environ, **own},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        site = Site(f"http://127.0.0.1:{port}", Path(data_dir), process)
        threading.Thread(target=site.listen, daemon=True).start()
        try:
            site.wait()
            yield site
        finally:
            process.terminate()
            process.wait(60)
