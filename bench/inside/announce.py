"""An article that nobody was told of becomes public now."""

import time

from django.utils import timezone

from bench.processes import wait_until
from blog.models import Article
from blog.nudges import nudge
from newsletter import sweeping
from newsletter.models import Campaign, Pulse

SWEEP = "newsletter.tasks.sweep"
WORKER_DEADLINE_S = 60
HEAD_BYTES = 1000
LINE = "Bring two copies of your resume, and read the advertisement once more.\n"


def main(who: str, kilobytes: str) -> dict[str, float]:
    """`who`: "here" makes the deliveries, "worker" leaves them to a worker.

    The mail gets as long as asked for. Returns when the article became public, by the monotonic
    clock.
    """
    if who == "worker":
        await_worker()
    now = timezone.now()
    article = Article.objects.published(now).filter(campaigns=None).newest_first()[0]
    at = time.monotonic()
    # In this order, or a sweep of the worker's announces it first.
    lengthen(Campaign.objects.announce(article, now), int(kilobytes) * 1000)
    Article.objects.filter(pk=article.pk).update(published_at=now, wants_notice=True)
    if who == "worker":
        nudge(SWEEP)  # as article.publish() does
    else:
        sweeping.sweep(now)
    return {"at": at}


def lengthen(campaign: Campaign, to_bytes: int) -> None:
    """By more words before the end of the HTML."""
    lacking = max(0, to_bytes - HEAD_BYTES - len((campaign.html + campaign.text).encode()))
    words = LINE * (lacking // len(LINE))
    campaign.html = campaign.html.replace("</body>", f"<p>{words}</p></body>")
    campaign.save()


def await_worker() -> None:
    """Until it has done a sweep: its start is no part of the measurement."""
    before = Pulse.last("sweep")
    nudge(SWEEP)
    wait_until(lambda: Pulse.last("sweep") != before, WORKER_DEADLINE_S, "the worker")
