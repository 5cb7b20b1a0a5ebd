"""All articles by month, in the site's own time zone."""

from datetime import date
from functools import lru_cache
from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from blog.models import Article
from blog.months import after, midnight, months_with_articles
from blog.navigation import public_topics
from blog.paging import list_page, numbered
from blog.views.errors import not_found
from blog.views.furniture import page_context, public_page


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    months = [
        (day, month_path(day.year, day.month), count) for day, count in months_with_articles(now)
    ]
    years = groupby(months, key=lambda month: month[0].year)
    topics = public_topics(now)
    context = page_context(
        request,
        title="Archive",
        description="Everything we have published, by topic and month by month.",
        topics=topics,
    )
    context["topics"] = topics
    context["years"] = [(year, list(some)) for year, some in years]
    return public_page("blog/archive.html", context)


@lru_cache(maxsize=4096)
def month_path(year: int, month: int) -> str:
    return reverse("archive_month", kwargs={"year": year, "month": month})


@require_safe
def archive_month(request: HttpRequest, year: int, month: int, number: int = 1) -> HttpResponse:
    articles = Article.objects.published().filter(
        published_at__gte=midnight(year, month), published_at__lt=midnight(*after(year, month))
    )
    address = numbered("archive_month", year=year, month=month)
    page = list_page(articles.for_lists(), number, address)
    if page is None or not page.articles:
        return not_found(request)
    first_day = date(year, month, 1)
    title = date_format(first_day, "F Y")
    context = page_context(request, title=title, description=f"Articles of {title}.", number=number)
    context |= {"month": first_day, "articles": page.articles, "page": page}
    return public_page("blog/archive_month.html", context)
