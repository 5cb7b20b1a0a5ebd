"""What stands beside each page: the newest articles, and those that are read most lately."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from blog.models import Article
from blog.models.read_count import first_day_of_late
from blog.rows import PUBLIC, fetch, moment
from blog.site_address import path_of

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


class Post(NamedTuple):
    title: str
    url: str
    published_at: datetime

    @classmethod
    def of(cls, article: Article) -> "Post":
        return cls(article.title, article.get_absolute_url(), article.published_at)


@dataclass(frozen=True)
class Beside:
    recent: tuple[Post, ...]
    most_read: tuple[Post, ...]

    @classmethod
    def at(cls, now: datetime, leaving_out: Article | None = None) -> "Beside":
        """One query. Nothing that is not public at `now`, and not the article of the page."""
        since = first_day_of_late(now).isoformat()
        values = {"now": now, "since": since, "newest": NEWEST, "considered": CONSIDERED}
        here = leaving_out and leaving_out.pk
        rows = [row for row in fetch(STATEMENT, values) if row[0] != here]
        read = sorted((row for row in rows if row[-1]), key=lambda row: -row[-1])
        most_read = read[:MOST_READ] if len(read) >= LEAST_READ else []
        return cls(posts(rows[: NEWEST - 1]), posts(most_read))


def posts(rows: list[tuple]) -> tuple[Post, ...]:
    return tuple(
        Post(title, path_of("article", slug), moment(published_at))
        for _, title, slug, published_at, _ in rows
    )
