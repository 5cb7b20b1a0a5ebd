"""An editor writes, publishes and schedules, and loses nothing by it."""

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.utils import timezone

from blog import nudges
from blog.admin import article as article_admin
from blog.models import (
    Article,
    Author,
    Image,
)
from blog.tests.desk import (
    HOUR,
    address,
    make_editor,
    messages_in,
    picture,
    press,
    ready_article,
    sheet_of,
    signed_in,
    typed,
)

# --- Drafts ---------------------------------------------------------------------------


def test_a_title_is_enough_for_a_draft(editor: Client) -> None:
    response = press(editor, "_save", summary="", body="", topics=[], author="")
    article = Article.objects.get()
    assert article.is_draft
    assert article.author.name == "Daniel Osei"
    assert "saved as a draft" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 404


def test_the_first_draft_of_somebody_new_makes_an_author_of_them(db: None) -> None:
    client = signed_in(make_editor("mira", first_name="Mira", last_name="Holt"))
    press(client, "_save", topics=[], author="")
    press(client, "_save", topics=[], author="", title="Another one")
    assert [article.author.name for article in Article.objects.all()] == ["Mira Holt"] * 2
    assert Author.objects.get().slug == "mira-holt"


@pytest.mark.parametrize("title", ["", "   ", "\n"])
def test_without_a_title_nothing_is_saved_and_nothing_is_lost(editor: Client, title: str) -> None:
    response = press(editor, "_save", title=title, summary="What I typed")
    assert response.status_code == 200
    assert not Article.objects.exists()
    assert "What I typed" in response.content.decode()
    assert response.context["adminform"].form.errors["title"] == ["Give the article a title."]


def test_a_title_stands_on_one_line(editor: Client) -> None:
    press(editor, "_save", title="How to read\r\n a  job ad")
    assert Article.objects.get().title == "How to read a job ad"


def test_a_date_typed_for_a_draft_is_kept_and_publishes_nothing(editor: Client) -> None:
    at = timezone.now() + timedelta(days=3)
    press(editor, "_save", goes_public_at=typed(at))
    article = Article.objects.get()
    assert article.is_draft
    page = editor.get(address(article)).content.decode()
    assert typed(at) in page
    assert 'value="Schedule"' in page


# --- Publishing -----------------------------------------------------------------------


def test_published_now_it_is_on_the_site_and_the_message_leads_there(editor: Client) -> None:
    response = press(editor, "_publish")
    article = Article.objects.get()
    assert article.is_public
    assert article.get_absolute_url() in messages_in(response)
    assert "is public now" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 200
    assert LogEntry.objects.filter(change_message__contains="Public since").exists()


def test_a_broker_that_is_away_does_not_keep_an_article_back(
    editor: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable
) -> None:
    asked = []

    def refuse(name: str, **said: object) -> None:
        asked.append(name)
        raise OSError("nobody answers")

    monkeypatch.setattr(nudges.current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        response = press(editor, "_publish")
    nudges.messenger.waiting.join()
    assert asked == [settings.AFTER_PUBLISH_TASK]
    assert response.status_code == 200
    assert Article.objects.get().is_public


def test_with_a_date_to_come_it_is_scheduled(editor: Client) -> None:
    at = timezone.now() + timedelta(days=3)
    response = press(editor, "_publish", goes_public_at=typed(at))
    article = Article.objects.get()
    assert article.is_scheduled
    assert typed(article.published_at) == typed(at)
    assert "scheduled: it goes public on" in messages_in(response)
    assert editor.get(article.get_absolute_url()).status_code == 404


def test_with_a_date_gone_by_it_is_public_now(editor: Client) -> None:
    press(editor, "_publish", goes_public_at=typed(timezone.now() - timedelta(days=3)))
    assert timezone.now() - Article.objects.get().published_at < HOUR


def test_what_is_missing_is_listed_and_nothing_is_lost(editor: Client) -> None:
    response = press(editor, "_publish", summary="", body="<p>&nbsp;</p>", topics=[])
    assert not Article.objects.exists()
    page = response.content.decode()
    needed = response.context["adminform"].form.non_field_errors()[0]
    assert "it needs:" in needed
    for name, words in (("summary", "a summary"), ("body", "a text"), ("topics", "a topic")):
        assert f'<a href="#id_{name}">{words}</a>' in needed
        assert response.context["adminform"].form.errors[name]
    assert "How to read a job ad" in page
    assert "a title" not in needed


def test_a_cover_without_words_is_missing_something_too(editor: Client) -> None:
    response = press(editor, "_publish", cover_file=picture())
    assert "what the cover picture shows" in response.content.decode()


def test_a_picture_survives_the_error_that_it_came_with(editor: Client) -> None:
    response = press(
        editor, "_publish", summary="", cover_file=picture(), cover_alternative_text="A desk"
    )
    image = Image.objects.get()
    assert image.url in response.content.decode()
    press(editor, "_publish", cover=image.pk, cover_alternative_text="A desk")
    assert Article.objects.get().cover == image


def test_a_public_article_cannot_lose_what_it_needs(editor: Client) -> None:
    article = ready_article()
    response = editor.post(address(article), sheet_of(article, summary="") | {"_save": "x"})
    article.refresh_from_db()
    assert response.status_code == 200
    assert article.summary == "Short."


def test_a_second_press_on_a_new_article_makes_no_second_one(editor: Client) -> None:
    paper = {"sheet": str(uuid4())}
    for _ in range(2):
        response = press(editor, "_publish", **paper)
        assert response.status_code == 200
    article = Article.objects.get()
    assert article.slug == "how-to-read-a-job-ad"
    assert article.revisions.count() == 1


def test_a_form_sent_again_from_the_history_changes_the_same_article(editor: Client) -> None:
    paper = {"sheet": str(uuid4())}
    press(editor, "_save", **paper)
    press(editor, "_save", **paper, title="Written further")
    assert Article.objects.get().title == "Written further"


def test_two_at_the_same_moment_get_addresses_of_their_own(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is saved between our look at the addresses and our save."""
    save_model, others = article_admin.ArticleAdmin.save_model, []

    def save_after_another(self: object, request: object, obj: Article, *args: object) -> None:
        if not others:
            others.append(Article.objects.bulk_create([twin_of(obj)]))
        save_model(self, request, obj, *args)

    def twin_of(article: Article) -> Article:
        return Article(title=article.title, slug=article.slug, author=article.author)

    monkeypatch.setattr(article_admin.ArticleAdmin, "save_model", save_after_another)
    assert press(editor, "_save").status_code == 200
    assert others
    assert Article.objects.count() == 1  # in one transaction the twin went with the first try


def test_a_second_press_on_publish_keeps_the_date(editor: Client) -> None:
    article = ready_article(published_at=None)
    paper = sheet_of(article) | {"_publish": "x"}
    with time_machine.travel("2026-03-01 10:00", tick=False):
        editor.post(address(article), paper)
    with time_machine.travel("2026-03-01 10:05", tick=False):
        editor.post(address(article), paper)
    article.refresh_from_db()
    assert (article.published_at.hour, article.published_at.minute) == (10, 0)


def test_a_second_press_on_schedule_does_not_publish_now(editor: Client) -> None:
    article = ready_article(published_at=None)
    at = timezone.now() + timedelta(days=3)
    for _ in range(2):
        editor.post(
            address(article), sheet_of(article, goes_public_at=typed(at)) | {"_publish": "x"}
        )
    article.refresh_from_db()
    assert article.is_scheduled
    assert typed(article.published_at) == typed(at)
