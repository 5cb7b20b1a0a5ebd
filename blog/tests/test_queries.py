"""How many queries a page costs: at most five, for ten articles as for a thousand."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from blog.models import Article, CallToAction, Publication, Series
from blog.tests.factories import make_article, make_articles, make_author, make_image, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_sitemap_of_articles")]

MOST = 5
PAGES = [
    "/",
    "/page/2/",
    "/topics/offers/",
    "/topics/offers/page/2/",
    "/authors/maya-lindqvist/",
    "/authors/maya-lindqvist/page/2/",
    "/archive/",
    "/articles/article-1/",
    "/articles/article-9/",
    "/search/",
    "/search/?q=article",
    "/search/?q=article&page=2",
    "/about/",
    "/sitemap.xml",
    "/sitemaps/pages.xml",
    "/sitemaps/articles-1.xml",
    "/llms.txt",
    "/articles/article-1.md",
    "/nothing/",
    "/articles/nothing/",
    "/topics/nothing/",
    "/authors/nobody/",
    "/page/999/",
    "/topics/offers/page/999/",
    "/authors/maya-lindqvist/page/999/",
    "/archive/1999/01/",
]
FEEDS = [
    *("/feed.xml", "/atom.xml", "/feed.json", "/topics/offers/feed.xml"),
    "/authors/maya-lindqvist/feed.xml",
]


@pytest.fixture
def articles() -> list[Article]:
    """Fifteen with all that an article can have."""
    call = CallToAction.objects.create(
        heading="Need A Resume?", text="We write it.", button_label="Start", button_url="/resume/"
    )
    Publication.objects.update_or_create(pk=1, defaults={"call_to_action": call})
    topics = [make_topic(name) for name in ("Offers", "Resumes", "Interviews")]
    author = make_author(portrait=make_image(300, 300))
    series = Series.objects.create(title="A long one")
    return make_articles(15, topics=topics, author=author, cover=make_image(), series=series)


@pytest.mark.parametrize("address", PAGES)
def test_a_page_costs_five_queries_at_the_most(
    client: Client,
    articles: list[Article],
    address: str,
    django_assert_max_num_queries: Callable,
) -> None:
    with django_assert_max_num_queries(MOST):
        client.get(address)


def test_a_month_costs_five_queries_at_the_most(
    client: Client, articles: list[Article], django_assert_max_num_queries: Callable
) -> None:
    published_at = articles[0].published_at

    with django_assert_max_num_queries(MOST):
        client.get(f"/archive/{published_at:%Y/%m}/")


@pytest.mark.parametrize("address", FEEDS)
def test_a_feed_costs_three_queries(
    client: Client, articles: list[Article], address: str, django_assert_num_queries: Callable
) -> None:
    with django_assert_num_queries(3):
        assert client.get(address).status_code == 200


def test_a_former_address_costs_less_than_a_page(
    client: Client, articles: list[Article], django_assert_max_num_queries: Callable
) -> None:
    articles[0].rename("new")

    with django_assert_max_num_queries(2):
        assert client.get("/articles/article-1/").status_code == 301


@pytest.mark.parametrize("address", [*PAGES[:18], *FEEDS])
def test_more_articles_cost_no_more_queries(
    client: Client, articles: list[Article], address: str
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        return len(queries)

    before = count()
    for n in range(30):
        topics = [make_topic(f"Offers {n}")]
        make_article(f"Article more {n}", topics=topics, author=make_author(f"Author {n}"))

    assert count() == before


def test_the_counts_of_the_archive_are_one_query(
    client: Client, articles: list[Article], django_assert_num_queries: Callable
) -> None:
    with CaptureQueriesContext(connection) as queries:
        client.get("/archive/")

    assert len([query for query in queries if "COUNT(" in query["sql"]]) == 1


def test_lists_do_not_load_the_text_of_the_articles(
    client: Client, articles: list[Article]
) -> None:
    with CaptureQueriesContext(connection) as queries:
        for address in ("/", "/topics/offers/", "/authors/maya-lindqvist/", "/archive/"):
            client.get(address)

    assert [query["sql"] for query in queries if '"body"' in query["sql"]] == []
