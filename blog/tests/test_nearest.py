"""What the 404 page proposes: the public pages whose addresses are like the one asked for."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.nearest import asked_for
from blog.tests.factories import make_article, make_articles, make_topic

pytestmark = pytest.mark.django_db


def near(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.status_code == 404
    return [one.slug for one in response.context["near"]]


@pytest.mark.parametrize(
    "address",
    [
        "/articles/negotiating-your-salery/",
        "/articles/negotiating-salary/",
        "/articles/negotiating-your-sala/",
        "/articles/negotiating-your-salary.html",
        "/blog/2014/05/negotiating_your_salary.htm",
        "/negotiating-your-salary/",
        "/articles/negotiating-your-salary-2/",
    ],
)
def test_a_slip_in_an_address_is_forgiven(client: Client, address: str) -> None:
    make_article(slug="negotiating-your-salary")
    make_article("Another", slug="how-to-read-a-job-ad")

    assert near(client, address) == ["negotiating-your-salary"]
    assert "Did you mean" in client.get(address).content.decode()


def test_the_likest_of_many_comes_first(client: Client) -> None:
    for number in range(60):
        make_article(f"x{number}", slug=f"interview-questions-{number}")
    make_article("Wanted", slug="interview-questions-about-money")

    found = near(client, "/articles/interview-question-about-mony/")

    assert found[0] == "interview-questions-about-money"
    assert len(found) <= 3


def test_a_slip_in_a_topics_address_is_forgiven(client: Client) -> None:
    make_article(topics=[make_topic("Interviews"), make_topic("Offers")])

    assert near(client, "/topics/interveiws/") == ["interviews"]


@pytest.mark.parametrize(
    "state",
    [
        {"published_at": None},
        {"published_at": timezone.now() + timedelta(days=900)},
        {"expires_at": timezone.now() - timedelta(hours=1)},
    ],
)
def test_what_is_not_public_is_not_proposed(client: Client, state: dict) -> None:
    make_article(slug="negotiating-your-salary", **state)

    assert near(client, "/articles/negotiating-your-salery/") == []
    assert "Did you mean" not in client.get("/articles/negotiating-your-salery/").content.decode()


@pytest.mark.parametrize(
    "address",
    [
        *("/wp-login.php", "/.env", "/a/b.jpg", "/%00", "/x", "/%F0%9F%A6%84/", "/___/", "/a%25b/"),
        *("/articles/" + "negotiating-" * 30 + "/", "/articles/a'b\"c/", "/%5Cx/"),
    ],
)
def test_other_addresses_get_the_plain_page(client: Client, address: str) -> None:
    make_article(slug="negotiating-your-salary")

    assert near(client, address) == []


def test_the_search_field_holds_the_words_of_the_address(client: Client) -> None:
    html = client.get("/blog/how-to-ask.html").content.decode()

    assert 'name="q" value="how to ask"' in html
    assert asked_for("/wp-login.php") == ""


def test_recent_posts_stay_the_newest(client: Client) -> None:
    articles = make_articles(9)

    recent = client.get("/articles/article-99/").context["recent"]

    assert [post.title for post in recent] == [article.title for article in articles[:5]]


def test_a_proposal_costs_no_query_more(
    client: Client, django_assert_max_num_queries: Callable
) -> None:
    make_articles(9)

    with django_assert_max_num_queries(5):
        assert near(client, "/articles/articl-1/")
