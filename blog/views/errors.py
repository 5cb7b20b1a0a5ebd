"""Addresses with nothing behind them: some are old, some are only written wrongly."""

import logging
import unicodedata

from django.db import InterfaceError, OperationalError
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.encoding import escape_uri_path
from django.views.decorators.csrf import csrf_exempt

from blog.models import Article, Author, FormerAddress, Publication, Topic
from blog.nearest import CONSIDERED, asked_for, candidates, nearest, pieces
from blog.site_address import NOT_FOR_READERS
from blog.views.furniture import RECENT_POSTS, moved, page_context, public_page

logger = logging.getLogger(__name__)

FIRST_PAGE = "/page/1/"
# Addresses that lie below another one's, and move with it.
BELOW = {
    "article_markdown": "article",
    "author_feed": "author",
    "author_page": "author",
    "topic_feed": "topic",
    "topic_page": "topic",
}


@csrf_exempt  # nothing can be done here, so a POST is told what is wrong with its address
def nowhere(request: HttpRequest, path: str) -> HttpResponse:
    """The last of all routes. A known address in another form leads to its one right form."""
    routes = list(filter(is_route, tidied(request.path)))
    tidy = next(filter(lives_at, routes), next(iter(routes), request.path))
    if request.method not in ("GET", "HEAD") or tidy == request.path:
        return not_found(request)
    return moved(request, way_to(request, tidy))


def way_to(request: HttpRequest, tidy: str) -> str:
    """What was at `tidy` is led to at once, and not by way of where it was."""
    is_free = "\x00" not in tidy and not lives_at(tidy)
    former = FormerAddress.objects.at(tidy) if is_free else None
    address = former and new_address(request, former)
    return address or escape_uri_path(tidy)


def lives_at(path: str) -> bool:
    """Whether the public finds an article, a topic or an author there."""
    match = resolve(path)
    if "\x00" in path:
        return False
    public = Article.objects.published()
    things = {
        "article": public,
        "topic": Topic.objects.filter(articles__in=public),
        "author": Author.objects.filter(articles__in=public),
    }
    found = things.get(match.url_name)
    return found is not None and found.filter(slug=match.kwargs["slug"]).exists()


def tidied(path: str) -> tuple[str, str]:
    """As people write it, and in small letters."""
    tidy = in_one_form(path)
    return tidy, tidy.lower()


def in_one_form(path: str) -> str:
    """In Unicode's composed form, with its slash at the end, and the first page without number."""
    path = unicodedata.normalize("NFC", path)
    path = path if path.endswith("/") else f"{path}/"
    return path.removesuffix(FIRST_PAGE) + "/" if path.endswith(FIRST_PAGE) else path


def is_route(path: str) -> bool:
    try:
        return resolve(path).func is not nowhere
    except Resolver404:
        return False


def not_found(
    request: HttpRequest, exception: Exception | None = None, **furniture: object
) -> HttpResponse:
    """The way on from a former address, or a page that helps to search. Also Django's handler.

    While the database is away the page comes without what stands in there.
    """
    if request.path.startswith(NOT_FOR_READERS):
        return HttpResponseNotFound("Nothing is here.\n", content_type="text/plain")
    try:
        former = former_address(request)
        if former and former.is_gone:
            return lost(request, status=410, title="Taken down", **furniture)
        address = new_address(request, former) if former else in_small_letters(request)
        return moved(request, address) if address else lost(request, **furniture)
    except (OperationalError, InterfaceError) as error:
        logger.error("The database did not answer for %s: %s", request.path, error)
        response = lost(request, publication=Publication(pk=1), topics=[], recent=[])
        response.headers["Cache-Control"] = "no-store"
        return response


def in_small_letters(request: HttpRequest) -> str | None:
    """The address, if it is one of ours but for its capitals."""
    small = request.path.lower()
    is_other = small != request.path and request.method in ("GET", "HEAD") and "\x00" not in small
    return escape_uri_path(small) if is_other and is_route(small) and lives_at(small) else None


def lost(
    request: HttpRequest, status: int = 404, title: str = "Page not found", **furniture: object
) -> HttpResponse:
    slug = asked_for(request.path)
    near: list[Article | Topic] = []
    if "recent" not in furniture:
        furniture["recent"], near = recent_and_near(slug)
    if "topics" in furniture:
        near = nearest(slug, furniture["topics"]) or near
    context = page_context(request, title=title, **furniture)
    context |= {"noindex": True, "near": near, "query": slug.replace("-", " ")}
    return public_page(f"{status}.html", context, status=status)


def recent_and_near(slug: str) -> tuple[list[Article], list[Article]]:
    """The newest articles, and those whose addresses are like the one asked for: one query."""
    public = Article.objects.published(timezone.now())
    wanted = Q(pk__in=public.newest_first().values("pk")[:RECENT_POSTS])
    if pieces(slug):
        wanted |= Q(pk__in=candidates(slug))
    found = list(public.filter(wanted).recent(RECENT_POSTS + CONSIDERED))
    return found[:RECENT_POSTS], nearest(slug, found)


def former_address(request: HttpRequest) -> FormerAddress | None:
    """What is known of the address, or of the one that it lies below."""
    if request.method not in ("GET", "HEAD") or "\x00" in request.path:
        return None
    match = request.resolver_match
    if match is None or match.url_name not in BELOW:
        return FormerAddress.objects.at(request.path)
    slug = {"slug": match.kwargs["slug"]}
    return FormerAddress.objects.at(reverse(BELOW[match.url_name], kwargs=slug))


def new_address(request: HttpRequest, former: FormerAddress) -> str | None:
    """Where the public now finds what was here. Never leads to something it may not see."""
    target, match = former.target, request.resolver_match
    if target is None:
        return escape_uri_path(former.to_path)
    if not is_public(target):
        return None
    if match is None or BELOW.get(match.url_name) != target._meta.model_name:
        return target.get_absolute_url()
    return reverse(match.url_name, kwargs={**match.kwargs, "slug": target.slug})


def is_public(thing: Article | Topic | Author) -> bool:
    return thing.is_public if isinstance(thing, Article) else thing.articles.published().exists()
