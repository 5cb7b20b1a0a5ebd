"""The site with the demo on its own data, and its web server without worker: for nginx to stand
in front of, or to be asked directly."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from careersite.run import web
from careersite.supervisor import ROOT
from careersite.tests.e2e.front import HOST, Server
from careersite.tests.private_servers import free_port

START_DEADLINE_S = 60
STOP_DEADLINE_S = 20
STAFF = {"username": "chief", "password": "a long pass phrase of mine"}


def install(data_dir: Path) -> None:
    """The demo, and somebody who may do everything."""
    manage(data_dir, "prepare")
    account = {f"DJANGO_SUPERUSER_{name.upper()}": value for name, value in STAFF.items()}
    manage(data_dir, "createsuperuser", "--no-input", "--email", "chief@example.com", **account)


def manage(data_dir: Path, *arguments: str, **environment: str) -> None:
    ran = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=environment_of(data_dir) | environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def environment_of(data_dir: Path) -> dict[str, str]:
    own = {
        "DATA_DIR": str(data_dir),
        "DEBUG": "1",
        "SITE_URL": f"http://{HOST}",
        "TRUSTED_PROXIES": "1",
    }
    return {**os.environ, **own}


@dataclass(frozen=True)
class WebServer(Server):
    process: subprocess.Popen

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(STOP_DEADLINE_S)


@contextmanager
def web_server(data_dir: Path) -> Iterator[WebServer]:
    """Exactly as `make run` starts it, but for the port."""
    port = free_port()
    command = list(web().command)
    command[command.index("--port") + 1] = str(port)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment_of(data_dir),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    server = WebServer(port, process)
    try:
        await_start(server)
        yield server
    finally:
        server.stop()


def await_start(server: WebServer) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while not answers(server):
        is_alive = server.process.poll() is None
        assert is_alive and time.monotonic() < deadline, "the web server is silent"
        time.sleep(0.05)


def answers(server: Server) -> bool:
    try:
        return server.get("/healthz").status == 200
    except OSError:
        return False
