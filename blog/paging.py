"""Long lists of articles, twelve a page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, Subquery, Value
from django.urls import reverse

from blog.models import Article
from blog.models.article import ArticleQuerySet

ARTICLES_A_PAGE = 12


@dataclass(frozen=True)
class ListPage:
    """One page of a list: its articles, and the way to its neighbours."""

    articles: list[Article]
    number: int
    total: int
    address: Callable[[int], str]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // ARTICLES_A_PAGE))

    @property
    def previous_url(self) -> str | None:
        return self.address(self.number - 1) if self.number > 1 else None

    @property
    def next_url(self) -> str | None:
        return self.address(self.number + 1) if self.number < self.pages else None


def list_page(
    articles: ArticleQuerySet, number: int, address: Callable[[int], str]
) -> ListPage | None:
    """None beyond the last page. Two queries: the articles with their number in all, the topics."""
    start = (number - 1) * ARTICLES_A_PAGE
    counted = articles.annotate(in_all=count_of(articles)).prefetch_related("topics")
    found = list(counted[start : start + ARTICLES_A_PAGE])
    if not found and number > 1:
        return None
    return ListPage(found, number, found[0].in_all if found else 0, address)


def count_of(articles: ArticleQuerySet) -> Subquery:
    """An index answers this; a window function would read every article to count them."""
    as_one_group = articles.order_by().annotate(one=Value(1)).values("one")
    return Subquery(as_one_group.annotate(count=Count("*")).values("count"))


def numbered(name: str, **kwargs: object) -> Callable[[int], str]:
    """The addresses of the pages of the list `name`; the first has none of its own."""

    def address(number: int) -> str:
        if number == 1:
            return reverse(name, kwargs=kwargs)
        return reverse(f"{name}_page", kwargs={**kwargs, "number": number})

    return address
