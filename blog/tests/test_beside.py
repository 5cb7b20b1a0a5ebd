"""What stands beside each page: what is read most, and the call to action of its topic."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Article, CallToAction, Publication, ReadCount
from blog.tests.desk import make_editor, signed_in
from blog.tests.factories import make_article, make_articles, make_topic

pytestmark = pytest.mark.django_db


def read(article: Article, count: int, days_ago: int = 0, host: str = "") -> None:
    day = timezone.localdate() - timedelta(days=days_ago)
    ReadCount.objects.create(article=article, day=day, referrer_host=host, count=count)


def most_read(client: Client, address: str = "/") -> list[str]:
    return [article.title for article in client.get(address).context["most_read"]]


@pytest.fixture
def articles() -> list[Article]:
    """Seven; the third was read most, then the fifth, then the first."""
    found = make_articles(7)
    read(found[2], 5)
    read(found[2], 5, host="search.example")
    read(found[4], 9, days_ago=29)
    read(found[0], 1)
    return found


def test_what_is_read_most_lately_comes_first(client: Client, articles: list[Article]) -> None:
    read(articles[5], 100, days_ago=30)
    expected = [articles[n].title for n in (2, 4, 0)]
    assert most_read(client) == expected
    html = client.get("/about/").content.decode()
    assert "<h2>Most read</h2>" in html


def test_the_article_of_the_page_is_not_in_it(client: Client, articles: list[Article]) -> None:
    read(articles[1], 1)
    address = articles[2].get_absolute_url()
    assert articles[2].title not in most_read(client, address)
    assert len(most_read(client, address)) == 3


@pytest.mark.parametrize(
    "state",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=900)},
        {"expires_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_what_is_not_public_is_not_in_it(
    client: Client, articles: list[Article], state: dict
) -> None:
    read(make_article("A zebra", **state), 1000)
    assert "A zebra" not in most_read(client)
    assert len(most_read(client)) == 3


def test_what_is_to_come_takes_no_place_among_the_newest(client: Client) -> None:
    make_articles(6)
    for n in range(6):
        make_article(f"Soon {n}", published_at=timezone.now() + timedelta(days=1 + n))
    recent = [article.title for article in client.get("/").context["recent"]]
    assert recent == [f"Article {n}" for n in range(1, 6)]


def test_two_make_no_list(client: Client) -> None:
    for article in make_articles(2):
        read(article, 5)
    assert most_read(client) == []
    assert "Most read" not in client.get("/").content.decode()


@pytest.mark.parametrize("address", ["/", "/articles/article-1/", "/about/", "/archive/"])
def test_it_costs_no_query_beyond_the_five(
    client: Client,
    articles: list[Article],
    address: str,
    django_assert_max_num_queries: Callable,
) -> None:
    with django_assert_max_num_queries(5):
        client.get(address)


# --- Calls to action ---------------------------------------------------------------------


@pytest.fixture
def calls() -> list[CallToAction]:
    """The site's own, and one for interviews."""
    made = [
        CallToAction.objects.create(
            heading=heading, text="x", button_label="Go", button_url="/ask/"
        )
        for heading in ("Need A Resume?", "Rehearse With Us")
    ]
    Publication.objects.update_or_create(pk=1, defaults={"call_to_action": made[0]})
    return made


def test_a_topic_brings_its_own_call_along(client: Client, calls: list[CallToAction]) -> None:
    topics = [make_topic("Offers"), make_topic("Interviews")]
    topics[1].call_to_action = calls[1]
    topics[1].save()
    make_article(slug="both", topics=topics)
    make_article(slug="other", topics=topics[:1])

    for address in ("/articles/both/", "/topics/interviews/"):
        html = client.get(address).content.decode()
        assert "Rehearse With Us" in html, address
        assert "Need A Resume?" not in html, address
    for address in ("/articles/other/", "/topics/offers/", "/", "/about/"):
        html = client.get(address).content.decode()
        assert "Need A Resume?" in html, address
        assert "Rehearse" not in html, address


def test_one_that_is_switched_off_gives_way_to_the_sites_own(
    client: Client, calls: list[CallToAction]
) -> None:
    topic = make_topic("Interviews")
    topic.call_to_action = calls[1]
    topic.save()
    CallToAction.objects.filter(pk=calls[1].pk).update(is_active=False)
    make_article(slug="one", topics=[topic])
    assert "Need A Resume?" in client.get("/articles/one/").content.decode()
    calls[1].delete()
    assert client.get("/articles/one/").status_code == 200


def test_an_editor_gives_a_topic_its_call(calls: list[CallToAction]) -> None:
    topic = make_topic("Interviews")
    said = {"name": "Interviews", "slug": "interviews", "introduction": "", "position": 1}
    said["call_to_action"] = calls[1].pk
    signed_in(make_editor()).post(f"/admin/blog/topic/{topic.pk}/change/", said)
    topic.refresh_from_db()
    assert topic.call_to_action == calls[1]
