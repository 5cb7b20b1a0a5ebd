"""The months of the site's own zone: where they begin, and how many articles each has."""

from collections.abc import Iterator
from datetime import date, datetime

from django.utils import timezone

from blog.models import Article
from blog.rows import PUBLIC, fetch

# An index answers it alone. To work out the month of each article would take SQLite a call of
# Python for every row.
COUNTS = """
WITH months (n, since, until) AS (VALUES {rows})
SELECT n, (
    SELECT COUNT(*) FROM blog_article
    WHERE published_at >= since AND published_at < until AND {public}
) FROM months"""
ROW = "({n}, %(m{n})s, %(m{after})s)"

Month = tuple[int, int]  # 2026, 11


def months_with_articles(now: datetime) -> list[tuple[date, int]]:
    """The first day of each, the newest first, and how many articles are public at `now`. Two
    queries: when the oldest was published, then all counts."""
    oldest = Article.objects.published(now).order_by("published_at").values_list("published_at")
    first = oldest.first()
    if first is None:
        return []
    months = list(until_now(month_of(first[0]), month_of(now)))
    starts = [midnight(*month) for month in [*months, after(*months[-1])]]
    rows = ", ".join(ROW.format(n=n, after=n + 1) for n in range(len(months)))
    values = {"now": now, **{f"m{n}": start for n, start in enumerate(starts)}}
    counts = dict(fetch(COUNTS.format(rows=rows, public=PUBLIC), values))
    counted = [(date(*month, 1), counts[n]) for n, month in enumerate(months)]
    return [(day, count) for day, count in reversed(counted) if count]


def until_now(first: Month, last: Month) -> Iterator[Month]:
    month = first
    while month <= last:
        yield month
        month = after(*month)


def month_of(moment: datetime) -> Month:
    local = timezone.localtime(moment)
    return local.year, local.month


def midnight(year: int, month: int) -> datetime:
    return datetime(year, month, 1, tzinfo=timezone.get_default_timezone())


def after(year: int, month: int) -> Month:
    return (year, month + 1) if month < 12 else (year + 1, 1)
