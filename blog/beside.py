"""What stands beside each page: the newest articles, and those that are read most lately."""

from dataclasses import dataclass
from datetime import datetime

from blog.models import Article
from blog.models.read_count import first_day_of_late
from blog.rows import PUBLIC, fetch, made, moment

NEWEST, MOST_READ = 6, 5
LEAST_READ = 3  # fewer make no list
# Some may have been taken back since they were read.
CONSIDERED = 20
# From the few to their rows: asked the other way round, SQLite looks through all articles.
STATEMENT = """
WITH counted AS (
    SELECT article_id AS id, SUM(count) AS reads FROM blog_readcount WHERE day >= %(since)s
    GROUP BY article_id ORDER BY reads DESC, article_id DESC LIMIT %(considered)s
), newest AS (
    SELECT id, 0 AS reads FROM blog_article WHERE {public}
    ORDER BY published_at DESC, id DESC LIMIT %(newest)s
), few AS (
    SELECT id, MAX(reads) AS reads
    FROM (SELECT id, reads FROM newest UNION ALL SELECT id, reads FROM counted) AS either
    GROUP BY id
)
SELECT few.id, title, slug, published_at, reads
FROM few JOIN blog_article ON blog_article.id = few.id WHERE {public}
ORDER BY published_at DESC, few.id DESC""".replace("{public}", PUBLIC)


@dataclass(frozen=True)
class Beside:
    recent: list[Article]
    most_read: list[Article]

    @classmethod
    def at(cls, now: datetime, leaving_out: Article | None = None) -> "Beside":
        """One query. Nothing that is not public at `now`, and not the article of the page."""
        since = first_day_of_late(now).isoformat()
        values = {"now": now, "since": since, "newest": NEWEST, "considered": CONSIDERED}
        found = [article(*row) for row in fetch(STATEMENT, values)]
        others = [one for one in found if one != leaving_out]
        read = sorted((one for one in others if one.reads), key=lambda one: -one.reads)
        return cls(others[: NEWEST - 1], read[:MOST_READ] if len(read) >= LEAST_READ else [])


def article(pk: int, title: str, slug: str, published_at: datetime | str, reads: int) -> Article:
    found = made(Article, id=pk, title=title, slug=slug, published_at=moment(published_at))
    found.reads = reads
    return found
