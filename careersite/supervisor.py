"""Keeps child processes alive until told to stop, and leaves none of them behind."""

import os
import selectors
import signal
import socket
import subprocess
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from careersite.leash import Leash, end_at_once

ROOT = Path(__file__).resolve().parent.parent
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LIVED_S = 10  # a child that ends sooner has died at once
DEATHS_ALLOWED = 5
PAUSES_S = (1, 1, 2, 4, 8)
PATIENCE_S = 10  # silence while stopping, before we say what we wait for
TICK_S = 0.2


class KeepsDying(Exception):
    """Its text is for the person who started the site."""


@dataclass(eq=False)
class Child:
    """A process in a session of its own: Ctrl-C reaches only us, and its leavings can be ended."""

    name: str
    command: list[str]
    grace_s: float
    environment: dict[str, str] = field(default_factory=dict)
    is_chatter: Callable[[str], bool] = lambda line: False
    process: subprocess.Popen | None = None
    last_lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    unfinished_line: bytes = b""
    started_at: float = 0.0
    start_again_at: float = 0.0
    quick_deaths: int = 0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.set_blocking(self.process.stdout.fileno(), False)

    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def read_lines(self) -> list[str]:
        """What has arrived by now and is worth saying, as whole lines."""
        *lines, self.unfinished_line = (self.unfinished_line + self.read()).split(b"\n")
        decoded = [line.decode(errors="replace") for line in lines]
        worth_saying = [line for line in decoded if not self.is_chatter(line)]
        self.last_lines.extend(worth_saying)
        return worth_saying

    def read_rest(self) -> list[str]:
        lines = self.read_lines()
        rest, self.unfinished_line = self.unfinished_line, b""
        return [*lines, rest.decode(errors="replace")] if rest else lines

    def read(self) -> bytes:
        chunks = []
        with suppress(BlockingIOError):
            while chunk := os.read(self.process.stdout.fileno(), 65536):
                chunks.append(chunk)
        return b"".join(chunks)

    def note_end(self, now: float) -> float:
        """Returns the pause before the next start, in seconds."""
        died_at_once = now - self.started_at < LIVED_S
        self.quick_deaths = self.quick_deaths + 1 if died_at_once else 0
        pause_s = PAUSES_S[min(self.quick_deaths, len(PAUSES_S) - 1)]
        self.start_again_at = now + pause_s
        return pause_s

    def describe_end(self) -> str:
        code = self.process.returncode
        return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


class Supervisor:
    """One per process: it owns the process's signals. Make it before any thread exists."""

    def __init__(self) -> None:
        self.leash = Leash(grace_s=40)
        self.running: list[Child] = []
        self.stop_asked = self.hurry_asked = False
        self.selector = selectors.DefaultSelector()
        self.listen_to_signals()

    def listen_to_signals(self) -> None:
        """A signal becomes a byte to read, so that it never cuts into half-done work."""
        self.bell, self.clapper = socket.socketpair()
        self.bell.setblocking(False)
        self.clapper.setblocking(False)
        signal.set_wakeup_fd(self.clapper.fileno(), warn_on_full_buffer=False)
        self.selector.register(self.bell, selectors.EVENT_READ)
        for number in (signal.SIGCHLD, *STOP_SIGNALS):
            is_nohup = number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN
            if not is_nohup:
                signal.signal(number, lambda *_: None)

    def run_to_end(self, child: Child) -> int:
        """Returns the exit code. Ends the child when asked to stop meanwhile."""
        self.start(child)
        while self.running and not self.stop_asked:
            self.wait()
            if child.has_ended():
                self.bury(child)
        self.stop()
        return child.process.returncode

    def keep_alive(self, children: list[Child], at_each_turn: Callable[[], None]) -> None:
        """Returns when told to stop and all have ended. Raises `KeepsDying`, all ended too."""
        try:
            for child in children:
                self.start(child)
            while not self.stop_asked:
                self.wait()
                for child in children:
                    self.look_after(child)
                at_each_turn()
            say("Stopping …")
        finally:
            self.stop()

    def start(self, child: Child) -> None:
        child.start()
        self.leash.hold(child.process.pid)
        self.selector.register(child.process.stdout, selectors.EVENT_READ, child)
        self.running.append(child)

    def look_after(self, child: Child) -> None:
        now = time.monotonic()
        if child in self.running and child.has_ended():
            self.bury(child)
            pause_s = child.note_end(now)
            if child.quick_deaths >= DEATHS_ALLOWED:
                raise KeepsDying(farewell(child))
            say(f"The {child.name} ended ({child.describe_end()}); it starts again in {pause_s} s.")
        elif child not in self.running and now >= child.start_again_at:
            self.start(child)

    def bury(self, child: Child) -> None:
        end_at_once(child.process.pid)
        self.leash.release(child.process.pid)
        self.pass_on(child.read_rest())
        self.selector.unregister(child.process.stdout)
        child.process.stdout.close()
        self.running.remove(child)

    def stop(self) -> None:
        """TERM first; KILL after a child's grace, or at the second Ctrl-C."""
        asked_at = time.monotonic()
        for child in self.running:
            child.process.terminate()
        patient = True
        while self.running:
            self.wait()
            waited_s = time.monotonic() - asked_at
            if patient and waited_s > PATIENCE_S:
                patient = False
                self.say_who_is_waited_for()
            for child in list(self.running):
                self.end_if_late(child, waited_s)

    def say_who_is_waited_for(self) -> None:
        names = " and the ".join(child.name for child in self.running)
        longest_s = max(child.grace_s for child in self.running)
        say(
            f"Waiting for the {names} to finish what is under way, at most {longest_s:.0f} s. "
            "Ctrl-C again stops it at once."
        )

    def end_if_late(self, child: Child, waited_s: float) -> None:
        if not child.has_ended() and (self.hurry_asked or waited_s > child.grace_s):
            end_at_once(child.process.pid)
            child.process.wait()
        if child.has_ended():
            self.bury(child)

    def wait(self) -> None:
        """Until something happens: a signal, a line from a child, or a turn's time."""
        for key, _ in self.selector.select(TICK_S):
            if key.data is None:
                self.note_signals()
            else:
                self.pass_on(key.data.read_lines())

    def note_signals(self) -> None:
        with suppress(BlockingIOError):
            for number in self.bell.recv(4096):
                # Only a second Ctrl-C means hurry: `timeout` and `make` both pass one TERM on.
                self.hurry_asked |= self.stop_asked and number == signal.SIGINT
                self.stop_asked |= number in STOP_SIGNALS

    def pass_on(self, lines: list[str]) -> None:
        for line in lines:
            say(line)


def farewell(child: Child) -> str:
    lines = "\n".join(f"  {line}" for line in child.last_lines)
    return (
        f"The {child.name} ended {DEATHS_ALLOWED} times in a row just after its start "
        f"({child.describe_end()}), so everything stops. Its last lines:\n{lines}"
    )


def say(line: str) -> None:
    """Nobody may be listening any more: that is no reason to fall over."""
    with suppress(OSError):
        os.write(1, f"{line}\n".encode())
