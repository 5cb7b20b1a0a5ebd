"""Ends what a process started when that process is gone, however it went (kill -9 too).

A forked watcher reads a pipe that only the starting process holds open for writing. The
end of that pipe is the end of the process, on every POSIX system.
"""

import os
import signal
import time
from contextlib import suppress

WATCHER_IGNORES = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Leash:
    """Call before any thread exists: it forks."""

    def __init__(self, grace_s: float) -> None:
        """`grace_s` is how long a leader may take to end its own children in peace."""
        reading, self.writing = os.pipe()
        if os.fork() == 0:
            try:
                os.close(self.writing)
                watch(reading, grace_s)
            finally:
                os._exit(0)
        os.close(reading)

    def hold(self, group: int) -> None:
        """`group` is a process group, named by the process id of its leader."""
        os.write(self.writing, b"+%d\n" % group)

    def release(self, group: int) -> None:
        os.write(self.writing, b"-%d\n" % group)


def watch(reading: int, grace_s: float) -> None:
    os.setsid()
    for number in WATCHER_IGNORES:
        signal.signal(number, signal.SIG_IGN)
    signal.set_wakeup_fd(-1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    end_all(read_groups(reading), grace_s)


def read_groups(reading: int) -> set[int]:
    """Blocks until the other side is gone; what is left is what it still held."""
    groups = set()
    with open(reading) as lines:
        for line in lines:
            sign, group = line[0], int(line[1:])
            groups.add(group) if sign == "+" else groups.discard(group)
    return groups


def end_all(groups: set[int], grace_s: float) -> None:
    for leader in groups:
        with suppress(ProcessLookupError):
            os.kill(leader, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while any(map(is_alive, groups)) and time.monotonic() < deadline:
        time.sleep(0.1)
    for group in groups:
        end_at_once(group)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def end_at_once(group: int) -> None:
    """The leader and whatever it left behind."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
