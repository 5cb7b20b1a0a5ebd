"""What the tests start for themselves goes with them."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from careersite.supervisor import ROOT
from careersite.tests.private_servers import find_program
from careersite.tests.processes import PROC, descendants, is_running

pytestmark = pytest.mark.skipif(
    not (find_program("postgres") and find_program("redis-server") and PROC.exists()),
    reason="needs PostgreSQL, Redis and Linux",
)
SHOW_AND_STAY = "echo $DATABASE_URL $REDIS_URL; exec sleep 1000"


def heed_interrupts() -> None:
    """A run in the background hands down that SIGINT is ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def servers() -> Iterator[subprocess.Popen]:
    module = "careersite.tests.private_servers"
    process = subprocess.Popen(
        [sys.executable, "-m", module, "--", "sh", "-c", SHOW_AND_STAY],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=heed_interrupts,
    )
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_servers_and_command_end_with_what_started_them(
    servers: subprocess.Popen, eventually: Callable, number: int
) -> None:
    database_url, redis_url = servers.stdout.readline().split()
    started = descendants(servers.pid)
    assert len(started) >= 4, "PostgreSQL, Redis, the command, and who watches over them"
    assert database_url.startswith("postgres:///careersite?host=/tmp/")
    assert redis_url.startswith("redis://127.0.0.1:")

    servers.send_signal(number)

    eventually(lambda: not any(map(is_running, started)))
    shutil.rmtree(database_url.partition("host=")[2], ignore_errors=True)  # after KILL only
