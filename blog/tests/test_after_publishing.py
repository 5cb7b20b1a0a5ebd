"""What is scheduled or public is moved, dated back and taken back, never by a slip."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from blog.models import (
    Article,
)
from blog.tests.desk import (
    ADD,
    HOUR,
    address,
    messages_in,
    press,
    ready_article,
    sheet,
    sheet_of,
    typed,
)


def test_saving_a_public_article_leaves_it_public_since_the_same_second(editor: Client) -> None:
    article = ready_article()
    since = article.published_at
    response = editor.post(
        address(article), sheet_of(article, body="<p>New.</p>") | {"_save": "x"}, follow=True
    )
    article.refresh_from_db()
    assert article.body == "<p>New.</p>"
    assert article.published_at == since
    assert "saved, and public" in messages_in(response)


def test_a_scheduled_article_is_moved_published_or_taken_back(editor: Client) -> None:
    article = ready_article(published_at=timezone.now() + timedelta(days=1))
    later = timezone.now() + timedelta(days=2)

    moved = sheet_of(article, goes_public_at=typed(later))
    editor.post(address(article), moved | {"_save": "x"})
    article.refresh_from_db()
    assert typed(article.published_at) == typed(later)

    editor.post(address(article), sheet_of(article) | {"_withdraw": "x"})
    article.refresh_from_db()
    assert article.is_draft

    article.publish(later)
    editor.post(address(article), sheet_of(article) | {"_publish_now": "x"})
    article.refresh_from_db()
    assert article.is_public


def test_a_scheduled_article_is_not_moved_into_the_past(editor: Client) -> None:
    article = ready_article(published_at=timezone.now() + timedelta(days=1))
    paper = sheet_of(article, goes_public_at=typed(timezone.now() - HOUR))
    response = editor.post(address(article), paper | {"_save": "x"})
    assert "publish it now" in response.content.decode()
    article.refresh_from_db()
    assert article.is_scheduled


def test_a_public_article_does_not_vanish_by_a_later_date(editor: Client) -> None:
    article = ready_article()
    paper = sheet_of(article, goes_public_at=typed(timezone.now() + HOUR))
    response = editor.post(address(article), paper | {"_save": "x"})
    assert "Take it back to draft" in response.content.decode()
    article.refresh_from_db()
    assert article.is_public


def test_an_article_is_dated_back(editor: Client) -> None:
    article = ready_article()
    paper = sheet_of(article, goes_public_at="2020-02-29T08:30")
    editor.post(address(article), paper | {"_save": "x"})
    article.refresh_from_db()
    assert typed(article.published_at) == "2020-02-29T08:30"


def test_taken_back_it_is_gone_from_the_site_and_keeps_its_text(editor: Client) -> None:
    article = ready_article()
    response = press(editor, "_withdraw", address(article), **sheet_of(article, body="<p>N.</p>"))
    article.refresh_from_db()
    assert article.is_draft
    assert article.body == "<p>N.</p>"
    assert "gone from the site" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("button", ["_save", "_publish"])
def test_it_is_not_taken_down_before_it_goes_public(editor: Client, button: str) -> None:
    now = timezone.now()
    dates = {"goes_public_at": typed(now + 2 * HOUR), "expires_at": typed(now + HOUR)}
    response = press(editor, button, **dates)
    assert response.context["adminform"].form.errors["expires_at"] == [
        "This is before the article goes public."
    ]


def test_a_time_that_the_clocks_skip_is_refused_kindly(editor: Client) -> None:
    with timezone.override("Europe/Berlin"):
        response = press(editor, "_publish", goes_public_at="2027-03-28T02:30")
        assert response.context["adminform"].form.errors["goes_public_at"]
        assert "Europe/Berlin" in response.content.decode()


def test_the_zone_stands_beside_each_time_that_is_asked_for(
    editor: Client, settings: object
) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    for url in (ADD, address(ready_article())):
        assert editor.get(url).content.decode().count("Time zone: Europe/Vienna.") == 2


@pytest.mark.parametrize("typed", ["2027-03-28T02:30", "2027-10-31T02:30"])
def test_a_time_that_is_not_or_is_twice_is_asked_again(
    editor: Client, settings: object, typed: str
) -> None:
    """Clocks go forward and back in these nights."""
    settings.TIME_ZONE = "Europe/Vienna"
    with timezone.override("Europe/Vienna"):
        response = editor.post(ADD, sheet(goes_public_at=typed))
    assert "may be ambiguous or it may not exist" in response.content.decode()
    assert not Article.objects.exists()
