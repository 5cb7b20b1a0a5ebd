"""Two weeks: what is published in them, who reads, what arrives."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

from blog.models import Article, Topic
from blog.tests.factories import make_article
from newsletter.models import Subscriber
from newsletter.tests.factories import choose, let_workers_run, make_subscriber

# Saturdays at eight.
FIRST = datetime(2026, 11, 21, 8, tzinfo=UTC)
SECOND = FIRST + timedelta(weeks=1)
DAY = timedelta(days=1)
WEEKLY, EVERY = "weekly", "every"


def go_to(clock: object, moment: datetime) -> None:
    clock.move_to(moment)
    let_workers_run(moment)


def publish(title: str, *topics: Topic, **fields: object) -> Article:
    """A new article, and its notice."""
    fields = {"published_at": timezone.now(), **fields}
    article = make_article(title, slug=title.lower(), topics=list(topics), **fields)
    let_workers_run(timezone.now())
    return article


def reader(name: str, *topics: Topic, frequency: str = WEEKLY, **fields: object) -> Subscriber:
    subscriber = make_subscriber(f"{name}@example.com", frequency=frequency, **fields)
    choose(subscriber, *topics, frequency=frequency)
    return subscriber


def received(mailoutbox: list) -> dict[str, list[str]]:
    """Which articles each person got, mail by mail: `Pay+Offers` is one mail with two."""
    titles = Article.objects.values_list("title", flat=True)
    found: dict[str, list[str]] = {}
    for mail in mailoutbox:
        told = sorted(title for title in titles if f"\n{title}\n" in f"\n{mail.body}\n")
        found.setdefault(mail.to[0].partition("@")[0], []).append("+".join(told))
    return found
