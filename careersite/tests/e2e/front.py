"""A real nginx with `deploy/nginx.conf` in front of whatever listens behind it."""

import http.client
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from careersite.tests.nginx_configuration import WITHOUT_TLS, as_it_ships, command
from careersite.tests.private_servers import find_program, free_port

HOST = "openseat.example"
START_DEADLINE_S = 15
STOP_DEADLINE_S = 10
Eventually = Callable[..., object]
ARTICLE = "/articles/one/"


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        """The one value; a header that comes twice is a fault."""
        found = self.headers.get_all(name) or []
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else None


@dataclass(frozen=True)
class Server:
    port: int

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """Headers as Python names: `If_None_Match`. The path goes out as it stands."""
        sent = {"Host": HOST} | {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask_as(method, path, body, sent)

    def ask_as(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()


@dataclass(frozen=True)
class Nginx(Server):
    redirecting: Server  # to https


@contextmanager
def nginx_in_front_of(port: int, data_dir: Path, folder: Path) -> Iterator[Nginx]:
    nginx = Nginx(free_port(), Server(free_port()))
    site = without_tls(nginx, port, data_dir, folder)
    start = command(find_program("nginx"), folder, site, f"{folder}/access.log")
    log = folder / "nginx.log"
    with log.open("wb") as output:
        process = subprocess.Popen(start, stdin=subprocess.DEVNULL, stderr=output)
    try:
        await_start(nginx, process, log)
        yield nginx
    finally:
        process.terminate()
        process.wait(STOP_DEADLINE_S)


def without_tls(nginx: Nginx, port: int, data_dir: Path, folder: Path) -> str:
    """The file as it ships, but for ports, folders and TLS, which needs a certificate."""
    changes = (
        *WITHOUT_TLS,
        (r"listen 80;", f"listen 127.0.0.1:{nginx.redirecting.port};"),
        (r"listen 443 ssl http2;", f"listen 127.0.0.1:{nginx.port};"),
        (r"/var/log/nginx", str(folder)),
    )
    return as_it_ships(port, data_dir, folder, changes)


def await_start(nginx: Nginx, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + START_DEADLINE_S
    while not answers(nginx):
        has_ended = process.poll() is not None
        assert not has_ended and time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)


def answers(nginx: Nginx) -> bool:
    try:
        return bool(nginx.redirecting.get("/").status)
    except OSError:
        return False


def state(reply: Reply) -> tuple[int, str | None]:
    return reply.status, reply["X-Cache"]
