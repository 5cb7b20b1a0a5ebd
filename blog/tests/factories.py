"""What tests need of the blog, made the way the site makes it. Public, unless said otherwise."""

import io
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone
from django.utils.text import slugify
from PIL import Image as Pillow

from blog.models import Article, Author, Image, Topic

YESTERDAY = timedelta(days=1)
UNSET = object()


def make_article(
    title: str = "How to read a job ad",
    *,
    published_at: object = UNSET,
    topics: Iterable[Topic] = (),
    author: Author | None = None,
    **fields: object,
) -> Article:
    """`published_at`: yesterday, unless given; None makes a draft."""
    article = Article.objects.create(
        title=title,
        published_at=timezone.now() - YESTERDAY if published_at is UNSET else published_at,
        author=author or Author.objects.first() or make_author(),
        **{"body": "<p>Read the last line first.</p>", **fields},
    )
    article.topics.set(topics)
    return article


def make_articles(count: int, **fields: object) -> list[Article]:
    """The first is the newest; an hour lies between each and the next."""
    newest = timezone.now() - YESTERDAY
    return [
        make_article(f"Article {n}", published_at=newest - timedelta(hours=n), **fields)
        for n in range(1, count + 1)
    ]


def make_topic(name: str = "Interviews", **fields: object) -> Topic:
    return Topic.objects.create(name=name, **{"slug": slugify(name, allow_unicode=True), **fields})


def make_author(name: str = "Maya Lindqvist", **fields: object) -> Author:
    return Author.objects.create(name=name, **{"slug": slugify(name, allow_unicode=True), **fields})


def make_image(width: int = 1600, height: int = 900, alternative_text: str = "A desk") -> Image:
    buffer = io.BytesIO()
    Pillow.new("RGB", (width, height), "seagreen").save(buffer, "PNG")
    return Image.store(buffer.getvalue(), alternative_text)
