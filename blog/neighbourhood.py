"""What else there is to read around an article: all of it in one statement."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from blog.cards import Card
from blog.models import Article, Topic
from blog.related import related
from blog.renditions import Picture
from blog.rows import PUBLIC, fetch, made, moment
from blog.site_address import path_of

# Enough to choose from; so an article costs the same among a hundred as among ten thousand.
NEWEST_OF_A_TOPIC, NEWEST = 50, 30

HERE = "SELECT id FROM blog_article WHERE id = %(here)s"
NEW = """
SELECT id FROM blog_article WHERE {public}
ORDER BY published_at DESC, id DESC LIMIT %(newest)s"""
BEFORE = """
SELECT id FROM blog_article WHERE {public} AND (published_at, id) < (%(at)s, %(here)s)
ORDER BY published_at DESC, id DESC LIMIT 1"""
AFTER = """
SELECT id FROM blog_article WHERE {public} AND (published_at, id) > (%(at)s, %(here)s)
ORDER BY published_at, id LIMIT 1"""
OF_SERIES = "SELECT id FROM blog_article WHERE series_id = %(series)s"
OF_TOPIC = """
SELECT article_id FROM blog_article_topics WHERE topic_id = {topic}
ORDER BY id DESC LIMIT %(newest_of_a_topic)s"""
SHARED = """
(SELECT COUNT(*) FROM blog_article_topics AS had
WHERE had.article_id = blog_article.id AND had.topic_id IN ({topics}))"""
# SQLite wants ORDER BY and LIMIT inside a frame when they are part of a UNION.
FRAME = "SELECT * FROM ({one}) AS near_{number}"
STATEMENT = """
SELECT blog_article.id, title, slug, summary, published_at, reading_minutes, series_id, series_part,
    {shared}, file, width, height, rendition_widths
FROM blog_article LEFT JOIN blog_image ON blog_image.id = cover_id
WHERE {public} AND blog_article.id IN ({near})
ORDER BY published_at DESC, blog_article.id DESC"""


class Row(NamedTuple):
    """As the database gives it."""

    pk: int
    title: str
    slug: str
    summary: str
    published_at: datetime | str
    reading_minutes: int
    series_id: int | None
    series_part: int | None
    shared: int
    file: str | None
    width: int | None
    height: int | None
    rendition_widths: str | None

    def article(self) -> Article:
        return made(
            Article,
            id=self.pk,
            title=self.title,
            slug=self.slug,
            published_at=moment(self.published_at),
            reading_minutes=self.reading_minutes,
            series_id=self.series_id,
            series_part=self.series_part,
        )

    @property
    def card(self) -> Card:
        return Card(
            title=self.title,
            url=path_of("article", self.slug),
            reading_minutes=self.reading_minutes,
            published_at=moment(self.published_at),
            cover=self.cover,
        )

    @property
    def cover(self) -> Picture | None:
        if self.file is None:
            return None
        widths = tuple(json.loads(self.rendition_widths or "[]"))
        return Picture(self.file, self.width, self.height, widths)


@dataclass(frozen=True)
class Neighbourhood:
    previous: Article | None
    next: Article | None
    related: tuple[Card, ...]
    parts: list[Article]  # of the series, this article included; none if it stands alone

    @classmethod
    def of(cls, article: Article, topics: list[Topic], now: datetime) -> "Neighbourhood":
        """One query. All are public at `now`."""
        rows = rows_around(article, topics, now)
        here = next((n for n, row in enumerate(rows) if row.pk == article.pk), 0)
        newer, older = rows[:here], [row for row in rows[here:] if row.pk != article.pk]
        others = newer + older
        series = article.series_id
        candidates = [row for row in others if series is None or row.series_id != series]
        return cls(
            previous=older[0].article() if older else None,
            next=newer[-1].article() if newer else None,
            related=tuple(row.card for row in related(article, candidates)),
            parts=parts_of(article, others),
        )


def rows_around(article: Article, topics: list[Topic], now: datetime) -> list[Row]:
    """Newest first, `article` among them."""
    values = {"now": now, "at": article.published_at, "here": article.pk}
    values |= {"series": article.series_id}
    values |= {"newest": NEWEST, "newest_of_a_topic": NEWEST_OF_A_TOPIC}
    values |= {f"topic{n}": topic.pk for n, topic in enumerate(topics)}
    sql = statement(len(topics), article.series_id is not None)
    return [Row(*row) for row in fetch(sql, values)]


@lru_cache(maxsize=64)
def statement(topics: int, is_part: bool) -> str:
    places = [f"%(topic{n})s" for n in range(topics)]
    near = [HERE, NEW, BEFORE, AFTER, *(OF_TOPIC.replace("{topic}", place) for place in places)]
    near += [OF_SERIES] if is_part else []
    framed = [FRAME.format(one=one, number=n) for n, one in enumerate(near)]
    shared = SHARED.format(topics=", ".join(places)) if places else "0"
    whole = STATEMENT.replace("{near}", " UNION ".join(framed)).replace("{shared}", shared)
    return whole.replace("{public}", PUBLIC)


def parts_of(article: Article, others: list[Row]) -> list[Article]:
    if article.series_id is None:
        return []
    rest = [row.article() for row in others if row.series_id == article.series_id]
    return sorted([article, *rest], key=Article.place_in_series) if rest else []
