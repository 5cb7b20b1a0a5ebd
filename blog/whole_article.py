"""A public article with all that its page says of it, in one ready statement."""

from datetime import datetime

from blog.models import Article, Author, Image, Series
from blog.rows import Ready

PUBLIC_ARTICLE = Ready(
    """
    SELECT {blog_article}, {author}, {portrait}, {cover}, {series}
    FROM blog_article JOIN blog_author AS author ON author.id = author_id
    LEFT JOIN blog_image AS portrait ON portrait.id = author.portrait_id
    LEFT JOIN blog_image AS cover ON cover.id = cover_id
    LEFT JOIN blog_series AS series ON series.id = series_id
    WHERE blog_article.slug = %(slug)s AND {public}""",
    blog_article=Article,
    author=Author,
    portrait=Image,
    cover=Image,
    series=Series,
)


def public_article(slug: str, now: datetime) -> Article | None:
    """With its author and their portrait, its cover and its series."""
    found = PUBLIC_ARTICLE.first(slug=slug, now=now)
    if found is None:
        return None
    article, article.author, article.author.portrait, article.cover, article.series = found
    return article
