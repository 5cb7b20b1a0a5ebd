"""Processes of a measurement: started, watched through /proc, and surely ended."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from careersite.leash import Leash, end_at_once
from careersite.supervisor import ROOT

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
GRACE_S = 15
ASK_AGAIN_S = 0.05


@dataclass(frozen=True)
class Process:
    """One that was started here, and all that it started in its turn."""

    popen: subprocess.Popen
    log: Path

    def cpu_s(self) -> float:
        """User and system time so far, of children that have ended too."""
        return sum(map(cpu_s_of, family(self.popen.pid)))

    def peak_mb(self) -> float:
        """The most memory that any one of them has held."""
        return max(map(peak_mb_of, family(self.popen.pid)), default=0.0)

    def said(self) -> str:
        return self.log.read_text(errors="replace")


@contextmanager
def started(
    command: list, leash: Leash, log: Path, environment: dict[str, str], **options: object
) -> Iterator[Process]:
    with log.open("wb") as output:
        popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
    leash.hold(popen.pid)
    try:
        yield Process(popen, log)
    finally:
        end(popen)
        leash.release(popen.pid)


def end(popen: subprocess.Popen) -> None:
    if popen.poll() is None:
        popen.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        popen.wait(GRACE_S)
    end_at_once(popen.pid)
    popen.wait()


def wait_until(condition: Callable[[], object], within_s: float, what: str) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {within_s:.0f} s")
        time.sleep(ASK_AGAIN_S)


def family(process: int) -> set[int]:
    parents = {int(folder.name): parent_of(folder) for folder in PROC.glob("[0-9]*")}
    found, new = set(), {process} & parents.keys()
    while new:
        found |= new
        new = {child for child, parent in parents.items() if parent in new} - found
    return found


def parent_of(folder: Path) -> int:
    values = stat(int(folder.name))
    return int(values[1]) if values else 0


def cpu_s_of(process: int) -> float:
    """utime, stime, cutime, cstime: see proc(5)."""
    return sum(map(int, stat(process)[11:15])) / TICKS_A_SECOND


def stat(process: int) -> list[str]:
    """What follows the name; empty for one that is gone."""
    try:
        return (PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def peak_mb_of(process: int) -> float:
    try:
        lines = (PROC / str(process) / "status").read_text().splitlines()
    except OSError:
        return 0.0
    peaks = [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return peaks[0] / 1024 if peaks else 0.0
