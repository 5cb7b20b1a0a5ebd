"""The sitemap: every public address that stands for itself, and when it last changed."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Article, Page
from blog.site_address import absolute
from blog.views.furniture import PUBLIC_CACHE

MOST_ARTICLES = 49_000  # a sitemap may hold 50,000 addresses


class Location(NamedTuple):
    url: str
    changed_at: datetime | None


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    articles = public_articles()
    locations = [
        *lists_of_everything(articles),
        *(Location(absolute(one.get_absolute_url()), one.changed_at) for one in articles),
        *latest_by_owner((topic, one) for one in articles for topic in one.topics.all()),
        *latest_by_owner((one.author, one) for one in articles),
        *(Location(absolute(page.get_absolute_url()), page.updated_at) for page in pages()),
    ]
    xml = render_to_string("blog/sitemap.xml", {"locations": locations})
    headers = {"Cache-Control": PUBLIC_CACHE}
    return HttpResponse(xml, content_type="application/xml; charset=utf-8", headers=headers)


def public_articles() -> list[Article]:
    """Only these decide what is listed and when it changed: what is not public leaves no trace."""
    articles = Article.objects.published().newest_first()
    articles = articles.select_related("author").prefetch_related("topics")
    return list(articles.only("slug", "published_at", "revised_at", "author__slug")[:MOST_ARTICLES])


def lists_of_everything(articles: list[Article]) -> Iterator[Location]:
    changed_at = max((article.changed_at for article in articles), default=None)
    for name in ("home", "archive"):
        yield Location(absolute(reverse(name)), changed_at)


def latest_by_owner(pairs: Iterable[tuple[Model, Article]]) -> list[Location]:
    latest: dict[Model, datetime] = {}
    for owner, article in pairs:
        latest[owner] = max(latest.get(owner, article.changed_at), article.changed_at)
    return [Location(absolute(one.get_absolute_url()), latest[one]) for one in latest]


def pages() -> Iterable[Page]:
    return Page.objects.filter(slug__in=("about", "privacy"))
