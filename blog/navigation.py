"""The topics that the site has public articles on, as each of its pages names them."""

from datetime import datetime

from blog.models import Article, Topic
from blog.rows import PUBLIC, fetch, made

STATEMENT = """
SELECT id, name, slug, introduction, position, EXISTS (
    SELECT 1 FROM blog_article_topics AS ours
    WHERE ours.topic_id = blog_topic.id AND ours.article_id = %(article)s
)
FROM blog_topic WHERE EXISTS (
    SELECT 1 FROM blog_article_topics AS had JOIN blog_article ON blog_article.id = had.article_id
    WHERE had.topic_id = blog_topic.id AND {public}
)
ORDER BY position, name, id""".replace("{public}", PUBLIC)


def public_topics(now: datetime, article: Article | None = None) -> list[Topic]:
    """In their order; each knows by `is_ours` whether `article` is about it. One query."""
    return [
        topic(*row) for row in fetch(STATEMENT, {"now": now, "article": article and article.pk})
    ]


def topic(pk: int, name: str, slug: str, introduction: str, position: int, is_ours: bool) -> Topic:
    columns = {"id": pk, "name": name, "slug": slug}
    found = made(Topic, introduction=introduction, position=position, **columns)
    found.is_ours = bool(is_ours)
    return found
