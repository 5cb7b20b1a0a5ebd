"""What every public page has around its content, and how such a page is answered."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.encoding import escape_uri_path, iri_to_uri
from django.utils.http import escape_leading_slashes

from blog.beside import Beside, Post
from blog.models import Article, CallToAction, Publication, Topic
from blog.navigation import public_topics
from blog.public_forms import shared_form_stamp
from blog.site_address import absolute, path_to

PUBLIC_CACHE = "public, max-age=0, s-maxage=10, stale-while-revalidate=10, stale-if-error=86400"
PRIVATE = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}
RECENT_POSTS = 5
TOPICS_IN_NAVIGATION = 5
DESCRIPTION_LENGTH = 160


def feed_links(name: str) -> list[dict[str, str]]:
    kinds = [("feed", "application/rss+xml", "RSS"), ("atom", "application/atom+xml", "Atom")]
    kinds.append(("json_feed", "application/feed+json", "JSON Feed"))
    return [
        {"title": f"{name} ({label})", "url": absolute(path_to(view)), "type": kind}
        for view, kind, label in kinds
    ]


def page_context(
    request: HttpRequest,
    *,
    title: str,
    description: str = "",
    number: int = 1,
    recent: list[Article] | None = None,
    topics: list[Topic] | None = None,
    about: Iterable[Topic] = (),
    leaving_out: Article | None = None,
    publication: Publication | None = None,
) -> dict[str, object]:
    """The context of a public page; title and description say it when it is page `number` of many.
    The first of the topics that it is `about` and that has a call to action brings that along.

    Three queries at the most, for what is not given: publication, topics, and what stands beside.
    """
    publication = publication or Publication.current()
    if topics is None:
        topics = public_topics(timezone.now())
    if recent is None:
        beside = Beside.at(timezone.now(), leaving_out)
    else:
        beside = Beside(tuple(map(Post.of, recent)), most_read=())
    description = description or publication.tagline
    return {
        "publication": publication,
        "navigation": tuple(topic.link for topic in topics[:TOPICS_IN_NAVIGATION]),
        "recent": beside.recent,
        "most_read": beside.most_read,
        "call_to_action": call_to_action(about) or publication.shown_call_to_action,
        "title": f"{title}, page {number}" if number > 1 else title,
        "description": f"Page {number}. {description}" if number > 1 else description,
        "canonical_url": absolute(escape_uri_path(request.path)),
        "site_url": settings.SITE_URL,
        "source_path": request.path,
        "feed_links": feed_links(publication.name),
        "form_stamp": shared_form_stamp(),
    }


def call_to_action(topics: Iterable[Topic]) -> CallToAction | None:
    calls = (topic.call_to_action for topic in topics)
    return next((call for call in calls if call and call.is_active), None)


def public_page(template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page that is the same for everybody: no cookie, no session, cacheable."""
    response = HttpResponse(render_to_string(template, context), status=status)
    response.headers["Cache-Control"] = PUBLIC_CACHE
    return response


def private_page(template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    """A page for one person only: never stored, never indexed, its address never passed on."""
    content = render_to_string(template, {**context, "noindex": True})
    return HttpResponse(content, status=status, headers=PRIVATE)


def private_words(words: str) -> HttpResponse:
    """The same where no person is to read it, without all that a page has around its words."""
    return HttpResponse(words, content_type="text/plain; charset=utf-8", headers=PRIVATE)


def moved(request: HttpRequest, path: str) -> HttpResponsePermanentRedirect:
    """To `path` of this site for good, with the query. Browsers ask again all the same, or an
    article that gets its old address back would lead them in a circle."""
    query = request.META.get("QUERY_STRING")
    address = escape_leading_slashes(f"{path}?{iri_to_uri(query)}" if query else path)
    return HttpResponsePermanentRedirect(address, headers={"Cache-Control": PUBLIC_CACHE})
