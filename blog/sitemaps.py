"""The sitemap: every public address that stands for itself, when it last changed, its picture.

`/sitemap.xml` is the index of its parts (https://www.sitemaps.org/protocol.html). Articles are
parted by their ids, so that a new one changes one part only.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from django.core.files.storage import default_storage
from django.db.models import ExpressionWrapper, F, IntegerField, Max
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.views.decorators.http import require_safe

from blog.models import Article, Author, Page, Topic
from blog.models.article import ArticleQuerySet
from blog.site_address import absolute, path_of
from blog.views.errors import not_found
from blog.views.furniture import PUBLIC_CACHE

ARTICLES_A_PART = 2_000  # 50,000 are allowed; a part of this size is made in a moment
CHANGED_AT = Greatest("published_at", Coalesce("revised_at", "published_at"))


NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
PICTURES = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'


class Location(NamedTuple):
    url: str
    changed_at: datetime | None
    picture_url: str | None = None

    @property
    def xml(self) -> str:
        """Written here: for thousands of them a template takes several times as long."""
        found = f"<loc>{escape(self.url)}</loc>"
        if self.changed_at:
            found += f"<lastmod>{timezone.localtime(self.changed_at).isoformat()}</lastmod>"
        if self.picture_url:
            picture = escape(self.picture_url)
            found += f"<image:image><image:loc>{picture}</image:loc></image:image>"
        return found


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    return xml("sitemapindex", NAMESPACE, "sitemap", parts())


@require_safe
def sitemap_pages(request: HttpRequest) -> HttpResponse:
    topics, authors = owners("topic", "topics", Topic), owners("author", "author", Author)
    # Each article has an author, so the last of theirs is the last of all.
    newest = max((author.changed_at for author in authors), default=None)
    locations = [
        *(Location(absolute(reverse(name)), newest) for name in ("home", "archive")),
        *topics,
        *authors,
        *(Location(absolute(page.get_absolute_url()), page.updated_at) for page in pages()),
    ]
    return urlset(locations)


@require_safe
def sitemap_articles(request: HttpRequest, number: int) -> HttpResponse:
    locations = list(articles(number))
    return urlset(locations) if locations else not_found(request)


def urlset(locations: list[Location]) -> HttpResponse:
    return xml("urlset", f"{NAMESPACE} {PICTURES}", "url", locations)


def xml(root: str, attributes: str, element: str, locations: Iterable[Location]) -> HttpResponse:
    lines = "".join(f"<{element}>{location.xml}</{element}>\n" for location in locations)
    content = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} {attributes}>\n{lines}</{root}>\n'
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


def owners(view: str, relation: str, model: type[Topic | Author]) -> list[Location]:
    """The page of a topic or an author changed when the last of its articles did."""
    owned = public().filter(**{f"{relation}__isnull": False}).values_list(relation)
    changed_at = dict(owned.annotate(changed_at=Max(CHANGED_AT)))
    slugs = model.objects.filter(pk__in=changed_at).order_by("slug").values_list("pk", "slug")
    return [Location(absolute(path_of(view, slug)), changed_at[pk]) for pk, slug in slugs]


def articles(part: int) -> Iterator[Location]:
    last = part * ARTICLES_A_PART
    rows = public().filter(pk__gte=last - ARTICLES_A_PART, pk__lt=last).order_by("pk")
    for slug, changed_at, picture in rows.values_list("slug", CHANGED_AT, "cover__file"):
        url = absolute(reverse("article", kwargs={"slug": slug}))
        yield Location(url, changed_at, picture and absolute(default_storage.url(picture)))
