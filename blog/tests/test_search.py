"""Search."""

import pytest
from django.test import Client

from blog.tests.factories import make_article, make_articles

pytestmark = pytest.mark.django_db

ODD_QUERIES = [
    *("%", "_", "'", '"', "%_'\"", "\\", "\x00", "a\x00b", "😀", "\ufffd", "\u202e", "\u00ad"),
    *("x" * 500, "word " * 500, "<script>alert(1)</script>", "' OR 1=1 --"),
    *("a@a." * 25_000, "<" * 1000, "()[]{}*+?^$|", "\r\nSet-Cookie: a=b"),
]


def found(client: Client, query: str) -> list[str]:
    context = client.get("/search/", {"q": query}).context
    return [article.title for article in context["articles"]]


def test_without_words_there_is_just_the_form(client: Client) -> None:
    make_article()

    for address in ("/search/", "/search/?q=", "/search/?q=%20%20"):
        response = client.get(address)
        assert response.status_code == 200
        assert list(response.context["articles"]) == []
        assert "Nothing found" not in response.content.decode()


def test_words_are_found_in_title_summary_and_text(client: Client) -> None:
    make_article("Asking for more pay")
    make_article("Second", summary="What your pay should be.")
    make_article("Third", body="<p>They <b>pay</b> late.</p>")
    make_article("Fourth", body="<p>Nothing on money.</p>")

    assert found(client, "PAY") == ["Third", "Second", "Asking for more pay"]


def test_every_word_must_be_there_wherever_it_stands(client: Client) -> None:
    make_article("Interviews by video", body="<p>Look into the camera.</p>")
    make_article("Interviews by phone")

    assert found(client, "camera interviews") == ["Interviews by video"]


def test_markup_and_attributes_are_not_searched(client: Client) -> None:
    make_article(body='<p>See <a href="https://secretword.example/">this</a>.</p>')

    assert found(client, "secretword") == []
    assert found(client, "href") == []


def test_signs_are_taken_for_themselves(client: Client) -> None:
    make_article("A raise of 10% is usual")
    make_article("A raise of 10 euros is not")

    assert found(client, "10%") == ["A raise of 10% is usual"]


@pytest.mark.parametrize("query", ODD_QUERIES)
def test_no_query_is_too_odd(client: Client, query: str) -> None:
    make_article()

    response = client.get("/search/", {"q": query})

    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


def test_results_have_pages_that_keep_the_query(client: Client) -> None:
    make_articles(13, body="<p>Tea &amp; talk</p>")

    first = client.get("/search/", {"q": "tea & talk"}).context
    assert (first["total"], first["page"].next_url) == (13, "/search/?q=tea+%26+talk&page=2")

    second = client.get(first["page"].next_url).context
    assert [article.title for article in second["articles"]] == ["Article 13"]
    assert second["page"].previous_url == "/search/?q=tea+%26+talk"


@pytest.mark.parametrize("number", ["0", "-1", "x", "3", "٣", "99999999999999999999", "\x00", ""])
def test_a_page_that_is_none_is_not_found(client: Client, number: str) -> None:
    make_articles(13)

    assert client.get("/search/", {"q": "article", "page": number}).status_code == 404


def test_results_are_not_for_search_engines(client: Client) -> None:
    html = client.get("/search/?q=pay").content.decode()

    assert '<meta name="robots" content="noindex' in html
