"""Telling a worker that there is work. The database holds the work; this only saves waiting."""

import atexit
import logging
import os
import queue
import threading
import time
from dataclasses import dataclass, field

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

# By then a sweep has found the row again: an old nudge would only make the queue longer.
LIVES_S = 60
MOST_WAITING = 1_000
LAST_WORDS_S = 5.0


def nudge(task_name: str, *ids: int) -> None:
    """Start `task_name` once the current transaction is committed.

    Nobody waits for the broker: a page that did would tell by its time whether there was work. One
    that is away or silent costs latency, never work, because the sweep finds the rows. So a failure
    is logged and forgotten.
    """
    transaction.on_commit(lambda: messenger.take(Nudge(task_name, ids)), robust=True)


@dataclass(frozen=True)
class Nudge:
    task_name: str
    ids: tuple[int, ...]
    at_s: float = field(default_factory=time.monotonic)

    def __str__(self) -> str:
        return f"{self.task_name}{self.ids}"

    def send(self) -> None:
        current_app.send_task(self.task_name, args=self.ids, retry=False, expires=LIVES_S)


class Messenger:
    """Brings nudges to the broker, one after the other, in one lasting thread."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """With nothing to bring. A child process has no thread, and what waits is its parent's."""
        self.waiting: queue.Queue[Nudge | None] = queue.Queue(MOST_WAITING)
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def take(self, one: Nudge) -> None:
        """Returns at once. Too many are dropped, like one that the broker did not take."""
        with self.lock:
            if self.thread is None:  # not before the first nudge, which few processes have
                self.thread = threading.Thread(target=self._keep_bringing, daemon=True)
                self.thread.start()
                atexit.register(self.finish)
        try:
            self.waiting.put_nowait(one)
        except queue.Full:
            logger.warning("Too many nudges wait for %s; the sweep will find it", one)

    def finish(self) -> None:
        """A command that ends has its last nudges brought, if the broker listens."""
        if self.thread is None:
            return
        try:
            self.waiting.put_nowait(None)
        except queue.Full:
            return
        self.thread.join(LAST_WORDS_S)

    def _keep_bringing(self) -> None:
        while one := self.waiting.get():
            self._bring(one)
            self.waiting.task_done()

    def _bring(self, one: Nudge) -> None:
        if time.monotonic() - one.at_s > LIVES_S:
            return
        try:
            one.send()
        except Exception as error:
            logger.warning("No broker for %s; the sweep will find it: %s", one, error)


messenger = Messenger()
