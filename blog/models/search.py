"""The index of the search: FTS5's own table on SQLite, on PostgreSQL one with tsvectors."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

from blog.searching import indexing
from blog.searching.expressions import for_fts5, for_tsquery
from blog.searching.query import Query

Sql = tuple[str, list]
MOST_READ_WHOLE = 300


class Words(models.TextField):
    """Words with blanks between them, as `blog.searching.words` makes them of a text."""


@Words.register_lookup
class Matches(models.Lookup):
    """`entry__title__matches=query`: any column of the row will do, however it is named here."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        table = column(self.lhs, "blog_search", compiler)
        return f"{table} MATCH %s", [for_fts5(self.rhs)]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        vector = f"blog_search_whole({column(self.lhs, 'vector', compiler)})"
        if self.rhs.in_titles:
            vector = column(self.lhs, "head", compiler)
        return f"{vector} @@ to_tsquery('simple', %s)", [for_tsquery(self.rhs)]


class Rank(models.Func):
    """How well a row that matches does so: the less, the better."""

    output_field = models.FloatField()

    def __init__(self, name: str, query: Query) -> None:
        super().__init__(models.F(name))
        self.query = query

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """By `bm25` with the weights that the migration gave to the table."""
        return column(self.source_expressions[0], "rank", compiler), []

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Sql:
        """Where very many match, the long vectors are left alone: title and summary decide."""
        (row,) = self.source_expressions
        sql = f"""-ts_rank(
            CASE WHEN COUNT(*) OVER () <= {MOST_READ_WHOLE}
            THEN {column(row, "vector", compiler)} ELSE {column(row, "head", compiler)} END,
            to_tsquery('simple', %s))"""
        return sql, [for_tsquery(self.query)]


def column(of_same_row: Col, name: str, compiler: SQLCompiler) -> str:
    return f'{compiler.quote_name_unless_alias(of_same_row.alias)}."{name}"'


class SearchEntryQuerySet(models.QuerySet):
    def best(self, query: Query, among: models.QuerySet) -> "SearchEntryQuerySet":
        """Of the articles `among` those that hold every term, the best first; of equal ones the
        one that was written last."""
        # To add nothing keeps SQLite from looking up each article in the index by itself, and in
        # a subquery its small index of dates is read instead of rows with long texts.
        rows = self.annotate(row=models.F("pk") + 0).filter(row__in=among.values("pk"))
        found = rows.filter(title__matches=query) if query else self.none()
        return found.order_by(Rank("title", query), "-pk")


class SearchEntry(models.Model):
    """An article as it is searched. Triggers keep `topics`; see the migration."""

    article = models.OneToOneField(
        "Article", models.CASCADE, primary_key=True, db_column="rowid", related_name="search_entry"
    )
    title = Words()
    summary = Words()
    topics = Words(default="")
    body = Words()
    heads = Words()

    objects = SearchEntryQuerySet.as_manager()

    class Meta:
        db_table = "blog_search"
        verbose_name_plural = "search entries"

    def __str__(self) -> str:
        return f"Words of article {self.pk}"

    @classmethod
    def follow(cls, article: models.Model) -> None:
        """Bring the index up to date with the words of `article`."""
        words = indexing.columns(article)
        if not cls.objects.filter(pk=article.pk).update(**words):
            topics = indexing.topic_tokens(article.topics.values_list("pk", flat=True))
            cls.objects.create(article_id=article.pk, topics=topics, **words)
        indexing.learn(SearchWord.objects, indexing.vocabulary(article))


class SearchWord(models.Model):
    """A word that stands in some article, public or not: what a mistyped word may be meant for."""

    word = models.CharField(max_length=40, primary_key=True)
    head = models.CharField(max_length=2)
    tail = models.CharField(max_length=2)
    length = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["head", "length"], name="search_word_by_head"),
            models.Index(fields=["tail", "length"], name="search_word_by_tail"),
        ]

    def __str__(self) -> str:
        return self.word
