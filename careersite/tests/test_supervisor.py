"""The supervisor with small real processes; `test_run.py` holds it to the real site."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from careersite.supervisor import ROOT
from careersite.tests.processes import is_running

# Two children, each with a child of its own that knows nothing of TERM.
DRIVER = """
import sys
from careersite import supervisor
from careersite.supervisor import Child, KeepsDying, Supervisor, say

supervisor.PAUSES_S = (0.2,)
children = [
    Child(name, ["sh", "-c", command], grace_s=1)
    for name, command in zip(sys.argv[1::2], sys.argv[2::2])
]
try:
    Supervisor().keep_alive(children, at_each_turn=lambda: None)
except KeepsDying as error:
    say(str(error))
    sys.exit(1)
"""
FAMILY = "sleep 1000 & echo $$ $! >> {pids}; wait"
STUBBORN = "trap '' TERM; echo $$ >> {pids}; while :; do sleep 0.1; done"


class Supervised:
    def __init__(self, folder: Path) -> None:
        self.pids_file, self.output = folder / "pids", folder / "output"

    def start(self, **commands: str) -> None:
        arguments = [
            part
            for name, command in commands.items()
            for part in (name, command.format(pids=self.pids_file))
        ]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", DRIVER, *arguments], cwd=ROOT, stdout=output
            )

    def pids(self) -> list[int]:
        return [int(word) for word in self.text(self.pids_file).split()]

    def said(self) -> str:
        return self.text(self.output)

    def text(self, path: Path) -> str:
        return path.read_text() if path.exists() else ""

    def is_any_running(self) -> bool:
        return any(map(is_running, self.pids()))


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    supervised = Supervised(tmp_path)
    yield supervised
    for process in (supervised.process.pid, *supervised.pids()):
        if is_running(process):
            os.kill(process, signal.SIGKILL)
    supervised.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_children_and_grandchildren(
    supervised: Supervised, eventually: Callable, number: int
) -> None:
    supervised.start(one=FAMILY, two=FAMILY)
    eventually(lambda: len(supervised.pids()) == 4)

    supervised.process.send_signal(number)

    assert supervised.process.wait(30) == 0
    eventually(lambda: not supervised.is_any_running())


def test_a_child_deaf_to_term_is_killed_after_its_grace(
    supervised: Supervised, eventually: Callable
) -> None:
    supervised.start(deaf=STUBBORN)
    eventually(supervised.pids)

    supervised.process.terminate()

    assert supervised.process.wait(30) == 0
    eventually(lambda: not supervised.is_any_running())


def test_nothing_outlives_a_killed_supervisor(supervised: Supervised, eventually: Callable) -> None:
    supervised.start(one=FAMILY, two=FAMILY)
    eventually(lambda: len(supervised.pids()) == 4)

    supervised.process.kill()

    eventually(lambda: not supervised.is_any_running())


def test_a_killed_child_is_said_and_started_again_and_its_own_child_is_gone(
    supervised: Supervised, eventually: Callable
) -> None:
    supervised.start(one=FAMILY)
    eventually(lambda: len(supervised.pids()) == 2)
    leader, grandchild = supervised.pids()

    os.kill(leader, signal.SIGKILL)

    eventually(lambda: len(supervised.pids()) == 4)
    assert "The one ended (SIGKILL); it starts again in 0.2 s." in supervised.said()
    eventually(lambda: not is_running(grandchild))


def test_a_child_that_always_dies_at_once_stops_everything_with_its_last_lines(
    supervised: Supervised, eventually: Callable
) -> None:
    supervised.start(well=FAMILY, broken="echo no such module; exit 3")

    assert supervised.process.wait(60) == 1
    assert "The broken ended 5 times in a row" in supervised.said()
    assert supervised.said().rstrip().endswith("no such module")
    eventually(lambda: not supervised.is_any_running())
