"""Many articles in the manner of the demo's: its paragraphs, shuffled, over some years."""

import random
import re
from datetime import timedelta

from django.db import connection, transaction

from blog.models import Article, Topic

PARAGRAPH = re.compile(r"<p>.*?</p>", re.DOTALL)
PARAGRAPHS = 12
APART = timedelta(hours=9)


def main(count: str) -> dict[str, int]:
    demo = list(Article.objects.published().newest_first())
    write(demo, list(range(1, int(count) - len(demo) + 1)))
    learn_sizes()
    return {"articles": Article.objects.count()}


@transaction.atomic
def write(demo: list[Article], numbers: list[int]) -> None:
    """Saved one by one, as the site does, so that all that follows from an article is there."""
    paragraphs = [found for article in demo for found in PARAGRAPH.findall(article.body)]
    topics = list(Topic.objects.all())
    chance = random.Random(1)
    for n in numbers:
        article = like(demo[n % len(demo)], n)
        article.body = "\n".join(chance.sample(paragraphs, PARAGRAPHS))
        article.save()
        article.topics.set(chance.sample(topics, chance.randint(1, 2)))


def like(model: Article, n: int) -> Article:
    return Article(
        title=f"{model.title[:120]}, part {n}",
        slug=f"{model.slug[:60]}-part-{n}",
        summary=model.summary,
        author_id=model.author_id,
        cover_id=model.cover_id,
        published_at=model.published_at - n * APART,
        wants_notice=False,
    )


def learn_sizes() -> None:
    """What PostgreSQL does by itself within a minute of such a change."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
