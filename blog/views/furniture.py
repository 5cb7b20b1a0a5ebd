"""What every public page has around its content, and how such a page is answered."""

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from blog.models import Article, Publication, Topic
from blog.public_forms import form_stamp

PUBLIC_CACHE = (
    "public, max-age=0, s-maxage=10, stale-while-revalidate=10, stale-if-error=86400"
)
RECENT_POSTS = 5
TOPICS_IN_NAVIGATION = 5


def absolute(path: str) -> str:
    """The address on the configured site; the Host header is never believed."""
    return f"{settings.SITE_URL}{path}"


def feed_links(name: str) -> list[dict[str, str]]:
    kinds = [("feed", "application/rss+xml", "RSS"), ("atom", "application/atom+xml", "Atom")]
    kinds.append(("json_feed", "application/feed+json", "JSON Feed"))
    return [
        {"title": f"{name} ({label})", "url": absolute(reverse(view)), "type": kind}
        for view, kind, label in kinds
    ]


def page_context(
    request: HttpRequest,
    *,
    title: str,
    description: str,
    recent: "QuerySet[Article] | list[Article] | None" = None,
    topics: list[Topic] | None = None,
) -> dict[str, object]:
    """The context of a public page. Three queries at the most: publication, topics, recent."""
    publication = Publication.current()
    if topics is None:
        topics = list(Topic.objects.public())
    if recent is None:
        recent = list(Article.objects.published(timezone.now()).recent(RECENT_POSTS))
    return {
        "publication": publication,
        "navigation": topics[:TOPICS_IN_NAVIGATION],
        "recent": recent,
        "title": title,
        "description": description or publication.tagline,
        "canonical_url": absolute(request.path),
        "site_url": settings.SITE_URL,
        "source_path": request.path,
        "feed_links": feed_links(publication.name),
        "form_stamp": form_stamp(),
    }


def public_page(
    request: HttpRequest, template: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """A page that is the same for everybody: no cookie, no session, cacheable."""
    response = render(request, template, context, status=status)
    response.headers["Cache-Control"] = PUBLIC_CACHE
    return response


def private_page(
    request: HttpRequest, template: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    """A page for one person only: never stored, never indexed, its address never passed on."""
    response = render(request, template, {**context, "noindex": True}, status=status)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
