"""A worker that has lost a child it cannot do without ends, and whoever keeps it alive starts it
anew.

Celery looks after its children, but not after all of them. Nobody misses a beat that was killed,
say because memory was short. And where the broker is a folder, a child that is killed while it
waits for work keeps the lock on it for ever, so that no other child gets any. Either way the worker
would live on and do nothing.
"""

import logging
import os
import signal
import time
from contextlib import suppress
from threading import Thread

import billiard
from celery.concurrency.asynpool import AsynPool
from celery.worker import WorkController, state
from django.conf import settings

logger = logging.getLogger(__name__)

END_GRACE_S = 3
LOOK_AGAIN_S = 0.1


def end_with_children(worker: WorkController) -> None:
    """Watch over `worker`, whose children have all been started."""
    for child in needed_children(worker):
        Thread(target=end_when_gone, args=[child], daemon=True).start()


def needed_children(worker: WorkController) -> list[billiard.Process]:
    beat = getattr(worker, "beat", None)
    pool = getattr(worker.pool, "_pool", None)
    shares_a_lock = isinstance(pool, billiard.pool.Pool) and not isinstance(pool, AsynPool)
    return [*([beat] if beat else []), *(pool._pool if shares_a_lock else [])]


def end_when_gone(child: billiard.Process) -> None:
    child.join()
    if is_stopping():
        return
    logger.error("A child of this worker is gone. The worker ends, to be started anew.")
    os.kill(os.getpid(), signal.SIGTERM)  # no new task from here on
    await_tasks(time.monotonic() + settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT)
    time.sleep(END_GRACE_S)  # it may well be able to end by itself
    for other in billiard.active_children():
        with suppress(ProcessLookupError):
            os.kill(other.pid, signal.SIGKILL)
    os._exit(1)


def is_stopping() -> bool:
    return state.should_stop is not None or state.should_terminate is not None


def await_tasks(deadline: float) -> None:
    """What is under way may end: it gets as long as at any other stop."""
    while state.active_requests and time.monotonic() < deadline:
        time.sleep(LOOK_AGAIN_S)
