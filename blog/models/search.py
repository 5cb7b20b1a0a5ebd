"""The index of the search: FTS5's own table on SQLite, on PostgreSQL one with tsvectors."""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.expressions import Col
from django.db.models.sql.compiler import SQLCompiler

from blog.searching import indexing
from blog.searching.expressions import for_fts5, for_tsquery

Sql = tuple[str, list]


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


def column(of_same_row: Col, name: str, compiler: SQLCompiler) -> str:
    return f'{compiler.quote_name_unless_alias(of_same_row.alias)}."{name}"'


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
