"""Contributors write drafts; what the public sees is for those who may publish."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.models import Article, Image
from blog.tests.desk import (
    ADD,
    HOUR,
    LIST,
    address,
    picture,
    press,
    ready_article,
    sheet,
    sheet_of,
    typed,
)


@pytest.mark.parametrize("button", ["_publish", "_publish_now", "_withdraw"])
def test_a_forged_press_of_a_contributor_is_refused(contributor: Client, button: str) -> None:
    assert press(contributor, button, author="").status_code == 403
    assert not Article.objects.exists()
    draft = ready_article(published_at=None)
    response = contributor.post(address(draft), sheet_of(draft) | {button: "x"})
    assert response.status_code == 403
    draft.refresh_from_db()
    assert draft.is_draft


def test_a_contributor_writes_drafts(contributor: Client) -> None:
    at = typed(timezone.now() - HOUR)
    press(contributor, "_save", author="", goes_public_at=at, published_at=at)
    draft = Article.objects.get()
    assert draft.is_draft
    page = contributor.get(address(draft)).content.decode()
    assert 'name="_save"' in page
    assert 'name="_publish"' not in page
    paper = sheet_of(draft, title="Better") | {"_save": "x", "published_at": at}
    contributor.post(address(draft), paper)
    draft.refresh_from_db()
    assert (draft.title, draft.is_draft) == ("Better", True)


@pytest.mark.parametrize("days", [-1, 1])
def test_a_contributor_cannot_change_what_is_or_will_be_public(
    contributor: Client, days: int
) -> None:
    article = ready_article(published_at=timezone.now() + timedelta(days=days))
    page = contributor.get(address(article))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    response = contributor.post(address(article), sheet_of(article, title="No") | {"_save": "x"})
    assert response.status_code == 403
    delete = reverse("admin:blog_article_delete", args=[article.pk])
    assert contributor.post(delete, {"post": "yes"}).status_code == 403


def test_a_contributor_without_the_right_adds_no_picture(contributor: Client) -> None:
    response = press(contributor, "_save", author="", cover_file=picture())
    assert "You may not add pictures." in response.content.decode()
    assert not Image.objects.exists()


def test_a_stranger_is_asked_to_log_in(client: Client, db: None) -> None:
    article = ready_article()
    for url in (ADD, LIST, address(article)):
        assert client.get(url)["Location"].startswith("/admin/login/")
        assert client.post(url, sheet() | {"_publish": "x"})["Location"].startswith("/admin/login/")
