"""Which articles answer a query best, in one statement that each database writes its own way.

Written in SQL, because only so the rows that match are narrow while they are counted and put in
order: a number and a rank each, however long the articles are.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from blog.models import Topic
from blog.months import midnight
from blog.rows import HIDDEN, fetch
from blog.searching.expressions import for_fts5, for_tsquery
from blog.searching.query import Query

# Of PostgreSQL: where more match, the long vectors are left alone; title, summary and topics
# decide, and of those that have the words in their texts only, the newer comes first.
MOST_READ_WHOLE = 300

# To add nothing keeps SQLite from looking up each article in the index by itself.
STATEMENT = """
WITH found AS (
    SELECT id, rank FROM {matching} AS matching
    WHERE id + 0 NOT IN (SELECT id FROM blog_article WHERE {hidden}) {narrowed}
), counted AS (
    SELECT COUNT(*) AS in_all FROM found
), ranked AS (
    {ranked}
)
SELECT id, in_all FROM ranked, counted
ORDER BY rank, id DESC LIMIT %(count)s OFFSET %(start)s"""
OF_TOPIC = "AND id + 0 IN (SELECT article_id FROM blog_article_topics WHERE topic_id = %(topic)s)"
OF_YEAR = """AND id + 0 IN (
        SELECT id FROM blog_article WHERE published_at >= %(since)s AND published_at < %(until)s
    )"""

# By `bm25` with the weights that the migration gave to the table.
SQLITE = {
    "matching": "(SELECT rowid AS id, rank FROM blog_search WHERE blog_search MATCH %(query)s)",
    "ranked": "SELECT * FROM found",
}
QUERY = "to_tsquery('simple', %(query)s)"
# Of its two parts one is empty.
RANKED = """SELECT id, rank FROM found WHERE (SELECT in_all FROM counted) > %(most)s
    UNION ALL
    SELECT few.id, -ts_rank(vector, {query}) FROM blog_search JOIN (
        SELECT id FROM found WHERE (SELECT in_all FROM counted) <= %(most)s LIMIT %(most)s
    ) AS few ON few.id = rowid"""
POSTGRESQL = {
    "matching": f"blog_search_matching({QUERY})",
    "ranked": RANKED.format(query=QUERY),
}
# The short vector holds all that counts.
POSTGRESQL_TITLES = {
    "matching": f"blog_search_matching_titles({QUERY})",
    "ranked": SQLITE["ranked"],
}


@dataclass(frozen=True)
class Best:
    """`ids` of the articles that hold every term, the best first and of equal ones the one that
    was written last; how many there are `in_all`, which is 0 where the part asked for is empty."""

    ids: list[int]
    in_all: int

    @classmethod
    def of(
        cls,
        query: Query,
        now: datetime,
        *,
        start: int = 0,
        count: int,
        topic: Topic | None = None,
        year: int | None = None,
    ) -> "Best":
        """Among what is public at `now`; only of `topic` and `year`, if given. One query."""
        if not query:
            return cls([], 0)
        values = {"now": now, "query": written(query), "most": MOST_READ_WHOLE}
        values |= {"start": start, "count": count}
        narrowed = []
        if topic:
            narrowed, values["topic"] = [OF_TOPIC], topic.pk
        if year:
            narrowed = [*narrowed, OF_YEAR]
            values |= {"since": midnight(year, 1), "until": midnight(year + 1, 1)}
        rows = fetch(statement(query.in_titles, narrowed), values)
        return cls([pk for pk, _ in rows], rows[0][1] if rows else 0)


def written(query: Query) -> str:
    return for_tsquery(query) if connection.vendor == "postgresql" else for_fts5(query)


def statement(in_titles: bool, narrowed: list[str]) -> str:
    parts = SQLITE
    if connection.vendor == "postgresql":
        parts = POSTGRESQL_TITLES if in_titles else POSTGRESQL
    return STATEMENT.format(hidden=HIDDEN, narrowed=" ".join(narrowed), **parts)
