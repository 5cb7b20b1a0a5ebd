"""Telling a worker that there is work. The database holds the work; this only saves waiting."""

import logging

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

# By then a sweep has found the row again: an old nudge would only make the queue longer.
LIVES_S = 60


def nudge(task_name: str, *ids: int) -> None:
    """Start `task_name` once the current transaction is committed.

    A broker that is away costs latency, never work: the sweep finds the rows. So a failure is
    logged and forgotten.
    """
    transaction.on_commit(lambda: _send(task_name, ids), robust=True)


def _send(task_name: str, ids: tuple[int, ...]) -> None:
    try:
        current_app.send_task(task_name, args=ids, retry=False, expires=LIVES_S)
    except Exception as error:
        logger.warning("No broker for %s%s; the sweep will find it: %s", task_name, ids, error)
