"""An article’s address is its title’s, changes only when told to, and leads on when it does."""

import pytest
from django.test import Client

from blog.models import (
    Article,
    FormerAddress,
)
from blog.tests.desk import address, press, ready_article, sheet_of
from blog.tests.factories import make_article


def test_a_renamed_public_article_is_found_at_both_addresses(editor: Client) -> None:
    article = ready_article(title="First")
    for slug in ("second", "third"):
        editor.post(address(article), sheet_of(article, slug=slug) | {"_save": "x"})
        article.refresh_from_db()
    assert article.slug == "third"
    for former in ("/articles/first/", "/articles/second/"):
        response = editor.get(former)
        assert (response.status_code, response["Location"]) == (301, "/articles/third/")

    editor.post(address(article), sheet_of(article, slug="first") | {"_save": "x"})
    assert editor.get("/articles/first/").status_code == 200
    assert editor.get("/articles/third/")["Location"] == "/articles/first/"


def test_a_renamed_draft_leaves_no_trace(editor: Client) -> None:
    article = ready_article(title="First", published_at=None)
    editor.post(address(article), sheet_of(article, slug="second") | {"_save": "x"})
    assert not FormerAddress.objects.exists()


def test_the_address_never_changes_silently(editor: Client) -> None:
    article = ready_article(title="First")
    for slug in ("first", ""):
        paper = sheet_of(article, title="Quite another title", slug=slug)
        editor.post(address(article), paper | {"_save": "x"})
        article.refresh_from_db()
        assert article.slug == "first"


def test_an_emptied_address_of_a_draft_is_made_anew(editor: Client) -> None:
    article = ready_article(title="First", published_at=None)
    paper = sheet_of(article, title="Second thought", slug="")
    for _ in range(2):
        editor.post(address(article), paper | {"_save": "x"})
        article.refresh_from_db()
        assert article.slug == "second-thought"


def test_an_address_taken_twice_is_refused_kindly(editor: Client) -> None:
    make_article("First")
    response = press(editor, "_save", slug="first")
    assert "already has this address" in response.content.decode()
    assert "Read the last line first." in response.content.decode()


def test_a_title_taken_twice_gets_a_number(editor: Client) -> None:
    for _ in range(2):
        press(editor, "_save")
    assert set(Article.objects.values_list("slug", flat=True)) == {
        "how-to-read-a-job-ad",
        "how-to-read-a-job-ad-2",
    }


@pytest.mark.parametrize("slug", ["a/b", "a b", "../x", "a?b", "<b>", "x" * 200])
def test_an_address_that_is_none_is_refused(editor: Client, slug: str) -> None:
    response = press(editor, "_save", slug=slug)
    assert response.context["adminform"].form.errors["slug"]
