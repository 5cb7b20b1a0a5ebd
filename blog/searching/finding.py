"""What the public finds: `Search("negotiate", topics).page(1)`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from django.db.models import Exists, Subquery
from django.utils import timezone

from blog.models import Article, Topic
from blog.models.article import ArticleQuerySet
from blog.paging import ARTICLES_A_PAGE, ListPage
from blog.rows import fetch, made, moment
from blog.searching.query import Query, parsed
from blog.searching.ranking import Best
from blog.searching.snippets import Marker
from blog.searching.spelling import likely_texts

RECENT_POSTS = 5
# What a result shows of an article.
COLUMNS = ("id", "title", "slug", "summary", "body_text", "reading_minutes")
SHOWN = """
SELECT id, title, slug, summary, body_text, reading_minutes, published_at, revised_at, (
    SELECT topic_id FROM blog_article_topics JOIN blog_topic ON blog_topic.id = topic_id
    WHERE article_id = blog_article.id ORDER BY position, name, topic_id LIMIT 1
) FROM blog_article WHERE id IN ({ids})"""


@dataclass(frozen=True)
class Search:
    """`topics`: all public ones; their names count as texts of their articles. `topic` and `year`
    leave out all other articles."""

    text: str
    topics: list[Topic]
    topic: Topic | None = None
    year: int | None = None
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def query(self) -> Query:
        return parsed(self.text).with_topics((topic.pk, topic.name) for topic in self.topics)

    def among(self) -> ArticleQuerySet:
        articles = Article.objects.published(self.now)
        if self.topic:
            articles = articles.filter(topics=self.topic)
        if self.year:
            articles = articles.filter(published_at__year=self.year)
        return articles

    def articles(self) -> ArticleQuerySet:
        return self.among().matching(self.query)

    def page(self, number: int, address: Callable[[int], str]) -> ListPage | None:
        """None beyond the last page. Two queries: which articles and how many, then these."""
        start = (number - 1) * ARTICLES_A_PAGE
        narrowed = {"topic": self.topic, "year": self.year}
        best = Best.of(self.query, self.now, start=start, count=ARTICLES_A_PAGE, **narrowed)
        if not best.ids and number > 1:
            return None
        return ListPage(self.with_snippets(best.ids), number, best.in_all, address)

    def with_snippets(self, ids: list[int]) -> list[Article]:
        """In this order, each with the part that answers the query, and with its first topic."""
        if not ids:
            return []
        rows = fetch(SHOWN.format(ids=", ".join(map(str, ids))), {})
        found = {article.pk: article for article in map(shown, rows)}
        topics = {topic.pk: topic for topic in self.topics}
        marker = Marker(self.query)
        for article in found.values():
            article.snippet = marker.snippet(article.summary, article.body_text)
            article.first_topic = topics.get(article.first_topic_id)
        return [found[pk] for pk in ids if pk in found]

    def alternatives(self) -> list["Search"]:
        """What else could be looked for where this finds nothing; one query at the most."""
        if not self.query:
            return []
        wider = [replace(self, topic=None, year=None)] if self.topic or self.year else []
        return wider + [replace(self, text=text) for text in likely_texts(self.query)]


def shown(row: tuple) -> Article:
    *columns, published_at, revised_at, first_topic_id = row
    article = made(
        Article,
        **dict(zip(COLUMNS, columns, strict=True)),
        published_at=moment(published_at),
        revised_at=revised_at and moment(revised_at),
    )
    article.first_topic_id = first_topic_id
    return article


@dataclass(frozen=True)
class Surroundings:
    """What a page with results shows beside them: the newest articles, the years to choose from
    and, of several searches, the first that finds something."""

    recent: list[Article]
    years: list[int]
    better: Search | None

    @classmethod
    def look(cls, now: datetime, searches: list[Search]) -> "Surroundings":
        """All in one query."""
        public = Article.objects.published(now)
        oldest = public.order_by("published_at").values("published_at")[:1]
        facts = {f"finds_{n}": Exists(search.articles()) for n, search in enumerate(searches)}
        recent = list(public.annotate(oldest_at=Subquery(oldest), **facts).recent(RECENT_POSTS))
        if not recent:
            return cls([], [], None)
        newest = recent[0]
        last, first = map(year_of, (newest.published_at, newest.oldest_at))
        finding = (search for n, search in enumerate(searches) if getattr(newest, f"finds_{n}"))
        return cls(recent, list(range(last, first - 1, -1)), next(finding, None))


def year_of(at: datetime) -> int:
    return timezone.localtime(at).year


def titles_matching(text: str, count: int) -> list[Article]:
    """For suggestions while somebody is typing. Two queries."""
    query = parsed(text, in_titles=True)
    best = Best.of(query, timezone.now(), count=count)
    found = Article.objects.only("title", "slug").in_bulk(best.ids)
    return [found[pk] for pk in best.ids if pk in found]
