"""The index of the search: FTS5's own table on SQLite, a tsvector beside the words on PostgreSQL."""

import django.db.models.deletion
from django.db import migrations, models

import blog.models.search
from blog.searching.expressions import TOPIC
from blog.searching.indexing import refill

# A title says the most, then the summary and the topics; `heads` only finds what is half typed.
SQLITE = [
    """
    CREATE VIRTUAL TABLE blog_search USING fts5(
        title, summary, topics, body, heads,
        tokenize = 'unicode61 remove_diacritics 2', prefix = '3'
    )
    """,
    """
    INSERT INTO blog_search (blog_search, rank)
    VALUES ('rank', 'bm25(40.0, 12.0, 12.0, 1.0, 0.0)')
    """,
    *(
        f"""
        CREATE TRIGGER blog_search_topic_{name} AFTER {act} ON blog_article_topics BEGIN
            UPDATE blog_search SET topics = coalesce(
                (SELECT group_concat('{TOPIC}' || topic_id, ' ')
                 FROM blog_article_topics WHERE article_id = {row}.article_id), '')
            WHERE rowid = {row}.article_id;
        END
        """
        for name, act, row in [("added", "INSERT", "NEW"), ("removed", "DELETE", "OLD")]
    ),
]
SQLITE_BACK = [
    "DROP TRIGGER blog_search_topic_added",
    "DROP TRIGGER blog_search_topic_removed",
    "DROP TABLE blog_search",
]
# `vector` holds all and is long; `head` is short and at hand, for ranks and suggestions.
# PostgreSQL takes reading a long vector for as cheap as reading a number, and would rather read
# every row than its index. A function that says what it costs teaches it better.
POSTGRESQL = [
    """
    CREATE TABLE blog_search (
        rowid bigint PRIMARY KEY REFERENCES blog_article DEFERRABLE INITIALLY DEFERRED,
        title text NOT NULL, summary text NOT NULL, topics text NOT NULL,
        body text NOT NULL, heads text NOT NULL,
        head tsvector NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('simple', title), 'A') ||
            setweight(to_tsvector('simple', summary || ' ' || topics), 'B') ||
            setweight(to_tsvector('simple', heads), 'D')
        ) STORED,
        vector tsvector NOT NULL GENERATED ALWAYS AS (
            setweight(to_tsvector('simple', title), 'A') ||
            setweight(to_tsvector('simple', summary || ' ' || topics), 'B') ||
            setweight(to_tsvector('simple', body), 'C') ||
            setweight(to_tsvector('simple', heads), 'D')
        ) STORED
    )
    """,
    """
    CREATE FUNCTION blog_search_whole(vector tsvector) RETURNS tsvector
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 100 AS 'BEGIN RETURN vector; END'
    """,
    """
    CREATE INDEX blog_search_vector ON blog_search
    USING gin (blog_search_whole(vector)) WITH (fastupdate = off)
    """,
    "CREATE INDEX blog_search_head ON blog_search USING gin (head) WITH (fastupdate = off)",
    f"""
    CREATE FUNCTION blog_search_topics() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE changed bigint;
    BEGIN
        IF TG_OP = 'DELETE' THEN changed := OLD.article_id; ELSE changed := NEW.article_id; END IF;
        UPDATE blog_search SET topics = coalesce(
            (SELECT string_agg('{TOPIC}' || topic_id, ' ')
             FROM blog_article_topics WHERE article_id = changed), '')
        WHERE rowid = changed;
        RETURN NULL;
    END $$
    """,
    """
    CREATE TRIGGER blog_search_topics AFTER INSERT OR DELETE ON blog_article_topics
    FOR EACH ROW EXECUTE FUNCTION blog_search_topics()
    """,
]
POSTGRESQL_BACK = [
    "DROP TRIGGER blog_search_topics ON blog_article_topics",
    "DROP FUNCTION blog_search_topics()",
    "DROP TABLE blog_search",
    "DROP FUNCTION blog_search_whole(tsvector)",
]


def create(apps, schema_editor):
    execute(schema_editor, sqlite=SQLITE, postgresql=POSTGRESQL)


def drop(apps, schema_editor):
    execute(schema_editor, sqlite=SQLITE_BACK, postgresql=POSTGRESQL_BACK)


def execute(schema_editor, **statements):
    for statement in statements[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


def fill(apps, schema_editor):
    names = ("Article", "SearchEntry", "SearchWord")
    refill(*(apps.get_model("blog", name).objects for name in names))


class Migration(migrations.Migration):
    dependencies = [("blog", "0004_series")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="SearchEntry",
                    fields=[
                        (
                            "article",
                            models.OneToOneField(
                                db_column="rowid",
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="search_entry",
                                serialize=False,
                                to="blog.article",
                            ),
                        ),
                        ("title", blog.models.search.Words()),
                        ("summary", blog.models.search.Words()),
                        ("topics", blog.models.search.Words(default="")),
                        ("body", blog.models.search.Words()),
                        ("heads", blog.models.search.Words()),
                    ],
                    options={
                        "db_table": "blog_search",
                        "verbose_name_plural": "search entries",
                    },
                ),
            ],
            database_operations=[migrations.RunPython(create, drop)],
        ),
        migrations.CreateModel(
            name="SearchWord",
            fields=[
                (
                    "word",
                    models.CharField(max_length=40, primary_key=True, serialize=False),
                ),
                ("head", models.CharField(max_length=2)),
                ("tail", models.CharField(max_length=2)),
                ("length", models.PositiveSmallIntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["head", "length"], name="search_word_by_head"),
                    models.Index(fields=["tail", "length"], name="search_word_by_tail"),
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
