"""Titles for those who are still typing."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.tests.factories import make_article

pytestmark = pytest.mark.django_db


def suggested(client: Client, text: str) -> list[str]:
    response = client.get("/search/suggest/", {"q": text})
    assert response.status_code == 200
    return [suggestion["title"] for suggestion in response.json()["suggestions"]]


def test_a_title_is_suggested_while_it_is_typed(client: Client) -> None:
    make_article("Negotiating your salary", slug="salary")
    make_article("Other", body="<p>Negotiating your salary</p>")

    for text in ("ne", "nego", "negotiatin", "negotiations", "your sa", "salary neg", "NÉG"):
        assert suggested(client, text) == ["Negotiating your salary"]
    answer = client.get("/search/suggest/?q=nego").json()
    assert answer["suggestions"][0]["url"] == "/articles/salary/"


@pytest.mark.parametrize("text", ["", " ", "n", "zz", "your xa", "-", '"'])
def test_nothing_is_suggested_for_less(client: Client, text: str) -> None:
    make_article("Negotiating your salary")

    assert suggested(client, text) == []


def test_there_are_eight_at_the_most_the_last_of_equals_first(client: Client) -> None:
    for n in range(10, 0, -1):
        make_article(f"Article {n}")

    assert suggested(client, "article") == [f"Article {n}" for n in range(1, 9)]


def test_only_what_is_public_is_suggested(client: Client) -> None:
    now = timezone.now()
    make_article("Zebra, a draft", published_at=None)
    make_article("Zebra to come", published_at=now + timedelta(days=1))
    make_article("Zebra gone", expires_at=now - timedelta(minutes=1))

    assert suggested(client, "zebra") == []


def test_the_answer_is_the_same_for_everybody(client: Client) -> None:
    response = client.get("/search/suggest/?q=ab")

    assert response.headers["Cache-Control"].startswith("public, max-age=0")
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Robots-Tag"] == "noindex"
    assert not response.cookies
    assert client.post("/search/suggest/").status_code == 405
