"""All articles by month, in the site's own time zone."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby

from django.db.models import Count, DateField
from django.db.models.functions import TruncMonth
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_safe

from blog.models import Article
from blog.paging import list_page, numbered
from blog.views.errors import not_found
from blog.views.furniture import page_context, public_page

Month = tuple[date, str, int]


@require_safe
def archive(request: HttpRequest) -> HttpResponse:
    years = groupby(months_with_counts(), key=lambda month: month[0].year)
    context = page_context(
        request,
        title="Archive",
        description="Everything we have published, month by month.",
    )
    context["years"] = [(year, list(months)) for year, months in years]
    return public_page(request, "blog/archive.html", context)


def months_with_counts() -> Iterator[Month]:
    """Newest first, in one query."""
    month = TruncMonth("published_at", output_field=DateField())
    counted = Article.objects.published().values_list(month).annotate(count=Count("pk"))
    for first_day, count in counted.order_by(month.desc()):
        kwargs = {"year": first_day.year, "month": first_day.month}
        yield first_day, reverse("archive_month", kwargs=kwargs), count


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
    return public_page(request, "blog/archive_month.html", context)


def midnight(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=timezone.get_default_timezone())


def after(year: int, month: int) -> tuple[int, int]:
    return (year, month + 1) if month < 12 else (year + 1, 1)
