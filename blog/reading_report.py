"""What was read lately, for the editors' desk: sums by article and day, and their bars."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum
from django.utils import timezone

from blog.models import ReadCount
from blog.models.read_count import LATELY

MOST_ARTICLES = 10
STEP, GAP = 10, 2  # of a bar, in the units of the drawing


@dataclass(frozen=True)
class Bar:
    day: date
    count: int
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class Bars:
    """One for each day, the highest as high as the drawing."""

    days: list[tuple[date, int]]
    height: int

    @property
    def width(self) -> int:
        return STEP * len(self.days) - GAP

    @property
    def bar_width(self) -> int:
        return STEP - GAP

    @property
    def total(self) -> int:
        return sum(count for _, count in self.days)

    @property
    def best(self) -> tuple[date, int]:
        return max(self.days, key=lambda day: day[1])

    def __iter__(self) -> Iterable[Bar]:
        highest = max(self.best[1], 1)
        for n, (day, count) in enumerate(self.days):
            height = round(self.height * count / highest, 1)
            yield Bar(day, count, STEP * n, round(self.height - height, 1), height)


@dataclass(frozen=True)
class ReadArticle:
    pk: int
    title: str
    bars: Bars
    most_came_from: str


@dataclass(frozen=True)
class ReadingReport:
    bars: Bars
    articles: list[ReadArticle]

    @classmethod
    def at(cls, now: datetime) -> "ReadingReport":
        """Four queries, however much was read."""
        counted = ReadCount.objects.lately(now)
        last_day = timezone.localdate(now)
        days = [last_day - timedelta(days=n) for n in reversed(range(LATELY.days))]
        by_day = dict(counted.values_list("day").annotate(Sum("count")))
        best = counted.values_list("article", "article__title").annotate(sum=Sum("count"))
        titles = {pk: title for pk, title, _ in best.order_by("-sum", "-article")[:MOST_ARTICLES]}
        by_article_and_day = sums(counted.filter(article__in=titles), "day")
        hosts = sums(counted.filter(article__in=titles).exclude(referrer_host=""), "referrer_host")
        articles = [
            ReadArticle(pk, title, bars(days, by_article_and_day[pk], 20), most(hosts[pk]))
            for pk, title in titles.items()
        ]
        return cls(bars(days, by_day, 80), articles)


def sums(counted: Iterable, name: str) -> dict[int, dict]:
    found: dict[int, dict] = defaultdict(dict)
    for pk, value, count in counted.values_list("article", name).annotate(Sum("count")):
        found[pk][value] = count
    return found


def bars(days: list[date], counts: dict[date, int], height: int) -> Bars:
    return Bars([(day, counts.get(day, 0)) for day in days], height)


def most(counts: dict[str, int]) -> str:
    return max(counts, key=lambda host: (counts[host], host), default="")
