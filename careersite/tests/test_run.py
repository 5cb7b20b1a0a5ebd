"""`make run` as a newcomer has it: the real site, its real processes, on data of its own."""

import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from careersite.supervisor import ROOT
from careersite.tests.private_servers import free_port
from careersite.tests.processes import PROC, running_with

START_DEADLINE_S = 120
needs_proc = pytest.mark.skipif(not PROC.exists(), reason="asks Linux which processes run")


class Site:
    def __init__(self, data_dir: Path, output: Path) -> None:
        self.data_dir, self.output = data_dir, output
        self.port = free_port()

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "careersite.run"],
                cwd=ROOT,
                env=environment(DATA_DIR=str(self.data_dir), PORT=str(self.port)),
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.output.read_text()

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.said()
        return f"runs at http://127.0.0.1:{self.port}/" in self.said() and self.answers()

    def answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def processes(self, part_of_command: str = "") -> set[int]:
        running = running_with(f"DATA_DIR={self.data_dir}")
        return {process for process, command in running.items() if part_of_command in command}


def environment(**ours: str) -> dict[str, str]:
    return {**os.environ, **ours}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shared, so that the demo content is loaded once."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture
def only_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Parallel processes of one run share a database server: two sites must not migrate at once."""
    with (tmp_path_factory.getbasetemp().parent / "only_site").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def site(only_site: None, data_dir: Path, tmp_path: Path, eventually: Callable) -> Iterator[Site]:
    site = Site(data_dir, tmp_path / "output")
    site.start()
    try:
        eventually(site.is_up, within_s=START_DEADLINE_S)
        yield site
    finally:
        site.process.kill()
        site.process.wait()


def start_in_vain(**ours: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "careersite.run"],
        cwd=ROOT,
        env=environment(**ours),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_taken_port_is_one_clear_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = start_in_vain(DATA_DIR=str(tmp_path), PORT=str(port))

    assert ended.returncode == 1
    assert ended.stdout == (
        f"Port {port} is taken by another program. Choose another one: PORT={port + 1} make run\n"
    )
    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("name", "wrong"), [("PORT", "eighty"), ("PORT", "70000"), ("DATA_DIR", "/dev/null/data")]
)
def test_a_wrong_setting_is_named_and_nothing_starts(tmp_path: Path, name: str, wrong: str) -> None:
    ours = {"DATA_DIR": str(tmp_path), "PORT": str(free_port())}
    ended = start_in_vain(**{**ours, name: wrong})

    assert ended.returncode == 1
    assert f"- {name} is no" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_an_unsafe_production_set_up_does_not_start(tmp_path: Path) -> None:
    ended = start_in_vain(DATA_DIR=str(tmp_path), PORT=str(free_port()), DEBUG="0", SECRET_KEY="")

    assert ended.returncode == 1
    assert "- SECRET_KEY is not set." in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


@needs_proc
def test_it_says_where_it_is_and_term_ends_every_process(site: Site, eventually: Callable) -> None:
    assert f"http://127.0.0.1:{site.port}/outbox/" in site.said()
    assert "Traceback" not in site.said()

    site.process.send_signal(signal.SIGTERM)

    assert site.process.wait(60) == 0
    eventually(lambda: not site.processes())


@needs_proc
def test_a_killed_web_server_and_a_killed_worker_come_back_and_it_is_said(
    site: Site, eventually: Callable
) -> None:
    before = site.processes("granian") | site.processes("celery")

    for process in before:
        os.kill(process, signal.SIGKILL)

    eventually(lambda: not before & site.processes())
    eventually(lambda: site.processes("granian") and site.processes("celery"))
    eventually(site.answers)
    assert re.search(r"The web server ended \(.*\); it starts again in 1 s\.", site.said())
    assert re.search(r"The worker ended \(.*\); it starts again in 1 s\.", site.said())


@needs_proc
def test_nothing_outlives_a_killed_supervisor(site: Site, eventually: Callable) -> None:
    site.process.kill()

    eventually(lambda: not site.processes(), within_s=60)
