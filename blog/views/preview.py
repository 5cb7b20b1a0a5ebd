"""An article as it is going to be, for whoever has its preview link."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.models import Article, PreviewLink, Revision, Topic
from blog.plain_text import excerpt
from blog.views.errors import not_found
from blog.views.furniture import DESCRIPTION_LENGTH, moved, page_context


@require_safe
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """A draft, or a public article with changes that wait. Without such it leads to its page."""
    link = PreviewLink.objects.at(token, timezone.now())
    if link is None:
        return for_few(not_found(request))
    article, changes = link.article, link.article.unpublished_changes
    if article.is_public and changes is None:
        return for_few(moved(request, article.get_absolute_url()))
    context = preview_context(request, article, changes)
    return for_few(render(request, "blog/article.html", {**context, "preview": link}))


def preview_context(
    request: HttpRequest, article: Article, changes: Revision | None
) -> dict[str, object]:
    """As for the article's own page, without what lies around it."""
    topics = list(article.topics.select_related("call_to_action"))
    if changes:
        article.read_as(changes)
        about = Topic.objects.filter(pk__in=changes.content["topics"])
        topics = list(about.select_related("call_to_action"))
    article.published_at = article.published_at or article.planned_for or timezone.now()
    context = page_context(
        request,
        title=article.title,
        description=article.summary or excerpt(article.body_text, DESCRIPTION_LENGTH),
        about=topics,
        leaving_out=article,
    )
    # What is sent from here must not name the link.
    named = {"canonical_url": article.canonical_url, "source_path": article.get_absolute_url()}
    return {**context, **named, "article": article, "topics": topics, "noindex": True}


def for_few(response: HttpResponse) -> HttpResponse:
    """Nobody keeps it, lists it, or hears of it from the pages it leads to."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "same-origin"
    return response
