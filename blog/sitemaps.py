"""The sitemap: every public address that stands for itself, when it last changed, its picture.

`/sitemap.xml` is the index of its parts (https://www.sitemaps.org/protocol.html). Articles are
parted by their ids, so that a new one changes one part only.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from django.core.files.storage import default_storage
from django.db.models import ExpressionWrapper, F, IntegerField, Max
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Article, Page
from blog.models.article import ArticleQuerySet
from blog.site_address import absolute
from blog.views.errors import not_found
from blog.views.furniture import PUBLIC_CACHE

ARTICLES_A_PART = 5_000  # 50,000 are allowed; a part of this size is made in a moment
CHANGED_AT = Greatest("published_at", Coalesce("revised_at", "published_at"))


class Location(NamedTuple):
    url: str
    changed_at: datetime | None
    picture_url: str | None = None


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    return xml("blog/sitemap_index.xml", list(parts()))


@require_safe
def sitemap_pages(request: HttpRequest) -> HttpResponse:
    locations = [
        *lists_of_everything(),
        *owners("topic", "topics__slug"),
        *owners("author", "author__slug"),
        *(Location(absolute(page.get_absolute_url()), page.updated_at) for page in pages()),
    ]
    return xml("blog/sitemap.xml", locations)


@require_safe
def sitemap_articles(request: HttpRequest, number: int) -> HttpResponse:
    locations = list(articles(number))
    return xml("blog/sitemap.xml", locations) if locations else not_found(request)


def xml(template: str, locations: list[Location]) -> HttpResponse:
    content = render_to_string(template, {"locations": locations})
    headers = {"Cache-Control": PUBLIC_CACHE}
    return HttpResponse(content, content_type="application/xml; charset=utf-8", headers=headers)


def public() -> ArticleQuerySet:
    """Only these decide what is listed and when it changed: what is not public leaves no
    trace. What another site had first is listed there."""
    return Article.objects.published().filter(original_url="").order_by()


def pages() -> list[Page]:
    return list(Page.objects.filter(slug__in=("about", "privacy")).defer("body"))


def parts() -> Iterator[Location]:
    part = ExpressionWrapper(F("pk") / ARTICLES_A_PART + 1, output_field=IntegerField())
    rows = public().values_list(part.copy()).annotate(changed_at=Max(CHANGED_AT))
    of_articles = [(number, changed_at) for number, changed_at in rows.order_by(part)]
    dates = [changed_at for _, changed_at in of_articles] + [page.updated_at for page in pages()]
    yield Location(absolute(reverse("sitemap_pages")), max(dates, default=None))
    for number, changed_at in of_articles:
        yield Location(absolute(reverse("sitemap_articles", args=[number])), changed_at)


def lists_of_everything() -> Iterator[Location]:
    changed_at = public().aggregate(newest=Max(CHANGED_AT))["newest"]
    for name in ("home", "archive"):
        yield Location(absolute(reverse(name)), changed_at)


def owners(name: str, slug_field: str) -> Iterator[Location]:
    """The page of a topic or an author changed when the last of its articles did."""
    with_owner = public().filter(**{f"{slug_field}__isnull": False})
    rows = with_owner.values_list(slug_field).annotate(changed_at=Max(CHANGED_AT))
    for slug, changed_at in rows.order_by(slug_field):
        yield Location(absolute(reverse(name, kwargs={"slug": slug})), changed_at)


def articles(part: int) -> Iterator[Location]:
    last = part * ARTICLES_A_PART
    rows = public().filter(pk__gte=last - ARTICLES_A_PART, pk__lt=last).order_by("pk")
    for slug, changed_at, picture in rows.values_list("slug", CHANGED_AT, "cover__file"):
        url = absolute(reverse("article", kwargs={"slug": slug}))
        yield Location(url, changed_at, picture and absolute(default_storage.url(picture)))
