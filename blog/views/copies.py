"""Copies for machines that read: an article as Markdown, and where all of them are."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.as_markdown import as_markdown
from blog.models import Article, Publication
from blog.navigation import public_topics
from blog.plain_text import excerpt
from blog.site_address import absolute
from blog.views.errors import not_found
from blog.views.furniture import PUBLIC_CACHE

NEWEST = 100
SUMMARY_LENGTH = 200


@require_safe
def article_markdown(request: HttpRequest, slug: str) -> HttpResponse:
    """The article's page stays the one that search engines know."""
    public = Article.objects.published().select_related("author")
    found = public.filter(slug=slug).first()
    if found is None:
        return not_found(request)
    headers = {
        "Cache-Control": PUBLIC_CACHE,
        "Link": f'<{found.canonical_url}>; rel="canonical"',
        "X-Robots-Tag": "noindex",
    }
    content = as_markdown(found)
    return HttpResponse(content, content_type="text/markdown; charset=utf-8", headers=headers)


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    """https://llmstxt.org/"""
    newest = Article.objects.published().newest_first()
    context = {
        "publication": Publication.current(),
        "topics": [
            line(topic.name, topic.get_absolute_url(), topic.introduction)
            for topic in public_topics(timezone.now())
        ],
        "articles": [
            line(article.title, markdown_address(article), article.summary)
            for article in newest.only("title", "slug", "summary")[:NEWEST]
        ],
        "feed_url": absolute(reverse("feed")),
        "sitemap_url": absolute(reverse("sitemap")),
    }
    content = render_to_string("blog/llms.txt", context)
    headers = {"Cache-Control": PUBLIC_CACHE}
    return HttpResponse(content, content_type="text/plain; charset=utf-8", headers=headers)


def markdown_address(article: Article) -> str:
    return reverse("article_markdown", kwargs={"slug": article.slug})


def line(name: str, path: str, about: str) -> str:
    """One link of the list, on one line whatever the words are."""
    name = " ".join(name.split()).translate({ord("["): r"\[", ord("]"): r"\]"})
    about = excerpt(about, SUMMARY_LENGTH)
    return f"- [{name}]({absolute(path)})" + (f": {about}" if about else "")
