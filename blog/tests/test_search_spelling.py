"""“Did you mean …?”"""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.searching.spelling import slips_between
from blog.tests.factories import make_article, make_topic

pytestmark = pytest.mark.django_db

HIDDEN = {
    "draft": {"published_at": None},
    "scheduled": {"published_at": timezone.now() + timedelta(days=9)},
    "expired": {
        "published_at": timezone.now() - timedelta(days=9),
        "expires_at": timezone.now() - timedelta(days=1),
    },
}


def meant(client: Client, query: str, **filters: str) -> str | None:
    better = client.get("/search/", {"q": query, **filters}).context["around"].better
    return better and better.text


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("intervew", "interview"),
        ("interveiw", "interview"),
        ("nterview", "interview"),
        ("interviewx", "interview"),
        ("intterviev", "interview"),
        ("negociation", "negotiation"),
        ("salry", "salary"),
        ("wrok", "work"),
        ("owrk", "work"),
        ("caerer", "career"),
        ("Résumme", "resume"),
        ("curiculum", "curriculum"),
    ],
)
def test_a_slip_is_understood(client: Client, typed: str, wanted: str) -> None:
    make_article(
        "Interview", body="<p>Salary negotiation at work: a career in one résumé, curriculum.</p>"
    )

    assert meant(client, typed) == wanted


def test_the_rest_of_the_query_stays_as_it_was(client: Client) -> None:
    make_article("Salary negotiation", body="<p>Ask for the whole amount.</p>")

    assert meant(client, 'the "whole  amount" salry negociation -tax') == (
        'the "whole amount" salary negotiation -tax'
    )


def test_the_page_leads_to_what_was_meant_within_the_filters(client: Client) -> None:
    make_article("Salary", topics=[make_topic("Offers")])

    html = client.get("/search/?q=salry&topic=offers").content.decode()

    assert 'Did you mean <a href="/search/?q=salary&amp;topic=offers"><b>salary</b></a>?' in html
    make_article("Resumes", topics=[make_topic("Resumes")])
    assert meant(client, "salry", topic="resumes") is None


def test_where_something_is_found_nothing_else_is_suggested(client: Client) -> None:
    make_article("Interviews")
    make_article("Intervals")

    assert meant(client, "interval") is None


def test_a_suggestion_finds_something(client: Client) -> None:
    make_article("Salary")
    make_article("Negotiation")

    assert meant(client, "salry negociation") is None
    assert meant(client, "qqqqqqq") is None
    assert meant(client, "ab") is None


@pytest.mark.parametrize("state", HIDDEN)
def test_words_that_are_not_public_are_never_suggested(client: Client, state: str) -> None:
    make_article("The zebras")
    make_article("A zebrano table", **HIDDEN[state])

    assert meant(client, "zebrino") is None
    assert meant(client, "zebrass") == "zebras"


def test_a_public_word_is_suggested_though_a_hidden_one_is_nearer(client: Client) -> None:
    make_article("Zebra crossings")
    make_article("Zebro", published_at=None)

    assert meant(client, "zebro") == "zebra"
    assert meant(client, "zebroo") is None or meant(client, "zebroo") == "zebra"


def test_withdrawing_takes_its_words_back(client: Client) -> None:
    article = make_article("Zebras")
    make_article("Other")
    assert meant(client, "zebrass") == "zebras"

    article.withdraw()

    assert meant(client, "zebrass") is None


@pytest.mark.parametrize(
    ("word", "other", "slips"),
    [("work", "work", 0), ("work", "wrok", 1), ("work", "worker", 2), ("ca", "abc", 3)],
)
def test_slips_are_counted(word: str, other: str, slips: int) -> None:
    assert slips_between(word, other, 3) == slips
    assert slips_between(other, word, 3) == slips
    assert slips_between("work", "pear", 1) > 1
