"""An article that nobody was told of becomes public now."""

import time

from django.utils import timezone

from bench.processes import wait_until
from blog.models import Article
from blog.nudges import nudge
from newsletter import sweeping
from newsletter.models import Pulse

SWEEP = "newsletter.tasks.sweep"
WORKER_DEADLINE_S = 60


def main(who: str) -> dict[str, float]:
    """`who`: "here" makes the campaign and its deliveries, "worker" leaves both to a worker.

    Returns when the article became public, by the monotonic clock.
    """
    if who == "worker":
        await_worker()
    now = timezone.now()
    article = Article.objects.published(now).filter(campaigns=None).newest_first()[0]
    at = time.monotonic()
    Article.objects.filter(pk=article.pk).update(published_at=now, wants_notice=True)
    if who == "worker":
        nudge(SWEEP)  # as article.publish() does
    else:
        sweeping.sweep(now)
    return {"at": at}


def await_worker() -> None:
    """Until it has done a sweep: its start is no part of the measurement."""
    before = Pulse.last("sweep")
    nudge(SWEEP)
    wait_until(lambda: Pulse.last("sweep") != before, WORKER_DEADLINE_S, "the worker")
