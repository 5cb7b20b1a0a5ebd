"""The topics that the site has public articles on, as each of its pages names them."""

from datetime import datetime

from blog.models import Article, CallToAction, Topic
from blog.rows import PUBLIC, fetch, made

TOPIC = ("id", "name", "slug", "introduction", "position", "call_to_action_id")
CALL = ("id", "heading", "text", "button_label", "button_url", "is_active")
# For EXISTS, PostgreSQL would read every article; one for each topic is enough.
STATEMENT = """
SELECT blog_topic.id, name, slug, introduction, position, call_to_action_id,
    call.id, heading, text, button_label, button_url, is_active,
    EXISTS (
        SELECT 1 FROM blog_article_topics AS ours
        WHERE ours.topic_id = blog_topic.id AND ours.article_id = %(article)s
    )
FROM blog_topic LEFT JOIN blog_calltoaction AS call ON call.id = call_to_action_id
WHERE (
    SELECT 1 FROM blog_article_topics AS had JOIN blog_article ON blog_article.id = had.article_id
    WHERE had.topic_id = blog_topic.id AND {public} LIMIT 1
) = 1
ORDER BY position, name, blog_topic.id""".replace("{public}", PUBLIC)


def public_topics(now: datetime, article: Article | None = None) -> list[Topic]:
    """In their order; each knows by `is_ours` whether `article` is about it. One query."""
    rows = fetch(STATEMENT, {"now": now, "article": article and article.pk})
    return [topic(row[: len(TOPIC)], row[len(TOPIC) : -1], row[-1]) for row in rows]


def topic(columns: tuple, call: tuple, is_ours: bool) -> Topic:
    found = made(Topic, **dict(zip(TOPIC, columns, strict=True)))
    has_call = found.call_to_action_id is not None
    found.call_to_action = (
        made(CallToAction, **dict(zip(CALL, call, strict=True))) if has_call else None
    )
    found.is_ours = bool(is_ours)
    return found
