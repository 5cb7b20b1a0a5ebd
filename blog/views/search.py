"""Search in what is public: the page with its results, and titles for who is still typing."""

import re
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from blog.models import Topic
from blog.navigation import public_topics
from blog.searching.finding import Search, Surroundings, titles_matching
from blog.searching.query import tidy
from blog.views.errors import not_found
from blog.views.furniture import PUBLIC_CACHE, page_context, public_page

PAGE_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
YEAR = re.compile(r"[12][0-9]{3}")
SUGGESTIONS = 8
SHORTEST_TO_SUGGEST = 2


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    topics = public_topics(timezone.now())
    asked = asked_for(request.GET, topics)
    number = request.GET.get("page", "1")
    page = None
    if PAGE_NUMBER.fullmatch(number):
        page = asked.page(int(number), lambda n: search_address(asked, n))
    if page is None:
        return not_found(request, topics=topics)
    around = Surroundings.look(asked.now, [] if page.total else asked.alternatives())
    context = page_context(
        request,
        title=f"Search: {asked.text}" if asked.text else "Search",
        description="Search all articles.",
        number=page.number,
        topics=topics,
        recent=around.recent,
    )
    context |= {"query": asked.text, "articles": page.articles, "total": page.total, "page": page}
    context |= {"search": asked, "around": around}
    context["better_url"] = around.better and search_address(around.better)
    return public_page("blog/search.html", {**context, "noindex": bool(request.GET)})


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    text = tidy(request.GET.get("q", ""))
    found = titles_matching(text, SUGGESTIONS) if len(text) >= SHORTEST_TO_SUGGEST else []
    suggestions = [{"title": one.title, "url": one.get_absolute_url()} for one in found]
    headers = {"Cache-Control": PUBLIC_CACHE, "X-Robots-Tag": "noindex"}
    return JsonResponse({"suggestions": suggestions}, headers=headers)


def asked_for(values: QueryDict, topics: list[Topic]) -> Search:
    """A filter that we do not know is none."""
    year = values.get("year", "")
    slug = values.get("topic")
    return Search(
        text=tidy(values.get("q", "")),
        topics=topics,
        topic=next((topic for topic in topics if topic.slug == slug), None),
        year=int(year) if YEAR.fullmatch(year) else None,
    )


def search_address(search: Search, number: int = 1) -> str:
    values = {
        "q": search.text,
        "topic": search.topic and search.topic.slug,
        "year": search.year,
        "page": number if number > 1 else None,
    }
    return f"{reverse('search')}?{urlencode({name: v for name, v in values.items() if v})}"
