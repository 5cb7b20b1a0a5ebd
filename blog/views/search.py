"""Search in what is public: every word must stand in the title, the summary or the text."""

from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from blog.models import Article
from blog.models.article import ArticleQuerySet
from blog.paging import list_page
from blog.plain_text import INVISIBLE
from blog.views.errors import not_found
from blog.views.furniture import page_context, public_page

MAX_LENGTH = 200
MAX_WORDS = 12
MAX_PAGE_DIGITS = 4


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    query = tidy_query(request.GET.get("q", ""))
    number = page_number(request.GET.get("page", "1"))
    page = number and list_page(matching(query), number, lambda n: search_address(query, n))
    if not page:
        return not_found(request)
    context = page_context(
        request,
        title=f"Search: {query}" if query else "Search",
        description="Search all articles.",
        number=number,
    )
    context |= {"query": query, "articles": page.articles, "total": page.total, "page": page}
    return public_page(request, "blog/search.html", {**context, "noindex": True})


def tidy_query(text: str) -> str:
    """What a person can have meant: no control characters, no endless text."""
    visible = "".join(c if c.isprintable() else " " for c in text.translate(INVISIBLE))
    return " ".join(visible[:MAX_LENGTH].split()[:MAX_WORDS])


def page_number(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= MAX_PAGE_DIGITS
    return int(text) or None if is_number else None


def matching(query: str) -> ArticleQuerySet:
    if not query:
        return Article.objects.none()
    articles = Article.objects.published().for_lists()
    for word in query.split():
        articles = articles.filter(
            Q(title__icontains=word) | Q(summary__icontains=word) | Q(body_text__icontains=word)
        )
    return articles


def search_address(query: str, number: int) -> str:
    values = {"q": query} if number == 1 else {"q": query, "page": number}
    return f"{reverse('search')}?{urlencode(values)}"
