"""“Updated”: said when a person changed the words of what the public reads, and only then."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from blog.models import Article
from blog.tests.factories import make_article, make_author, make_image, make_topic

pytestmark = pytest.mark.django_db

PUBLISHED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = PUBLISHED_AT + timedelta(days=13)


def make_public(by: User, **fields: object) -> Article:
    """An article as it is after an editor has published it."""
    article = make_article(**{"summary": "In short.", "published_at": PUBLISHED_AT, **fields})
    article.record_revision(by)
    return article


def save(article: Article, by: User | None, at: datetime = LATER) -> datetime | None:
    """As the admin saves; returns since when the article counts as revised."""
    with time_machine.travel(at, tick=False):
        article.save()
        article.record_revision(by)
    return Article.objects.get(pk=article.pk).revised_at


@pytest.mark.parametrize(
    "fields",
    [{"title": "Another title"}, {"summary": "Better said."}, {"body": "<p>New words.</p>"}],
)
def test_new_words_make_a_revision(admin_user: User, fields: dict[str, str]) -> None:
    article = make_public(admin_user)
    Article.objects.filter(pk=article.pk).update(**fields)
    article.refresh_from_db()

    assert save(article, admin_user) == LATER


def test_another_author_or_topic_makes_a_revision(admin_user: User) -> None:
    article = make_public(admin_user)
    article.author = make_author("Somebody Else")
    assert save(article, admin_user) == LATER

    article.topics.add(make_topic("Offers"))
    assert save(article, admin_user, LATER + timedelta(days=1)) == LATER + timedelta(days=1)


def test_what_is_not_words_makes_none(admin_user: User) -> None:
    article = make_public(admin_user, body="<p>One two three.</p>")
    article.cover = make_image()
    article.wants_notice = False
    article.body = '<p>One   <em>two</em> three.</p><p><img src="/media/x.png" alt=""></p>'

    assert save(article, admin_user) is None


def test_saving_again_makes_none(admin_user: User) -> None:
    assert save(make_public(admin_user), admin_user) is None


@pytest.mark.parametrize("published_at", [None, LATER + timedelta(days=1)])
def test_what_nobody_has_read_yet_is_not_revised(
    admin_user: User, published_at: datetime | None
) -> None:
    article = make_public(admin_user, published_at=published_at)
    article.title = "Another title"

    assert save(article, admin_user) is None


def test_an_import_is_not_a_revision(admin_user: User, tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    head = "---\ntitle: Hello\ndate: 2026-03-01\n---\n"
    for text in ("First words.", "Other words."):
        file.write_text(f"{head}{text}")
        call_command("import_content", str(file), publish=True, verbosity=0)

    article = Article.objects.get()
    assert article.body_text == "Other words."
    assert article.revised_at is None
    assert article.changed_at == article.published_at


def test_readers_are_told_after_a_day(client: Client, admin_user: User) -> None:
    article = make_public(admin_user)
    article.title = "Another title"

    save(article, admin_user, PUBLISHED_AT + timedelta(hours=23))
    assert "Updated" not in client.get(article.get_absolute_url()).content.decode()

    article.title = "A third title"
    save(article, admin_user, LATER)
    html = client.get(article.get_absolute_url()).content.decode()
    assert 'Updated <time datetime="2026-03-14T09:00:00+0000">14 March 2026</time>' in html
    assert '"dateModified":"2026-03-14T09:00:00+00:00"' in html


def test_what_was_taken_back_and_published_again_starts_afresh(admin_user: User) -> None:
    article = make_public(admin_user)
    article.title = "Another title"
    save(article, admin_user)

    article.withdraw()
    assert not article.is_revised
    article.publish()

    assert not article.is_revised
    assert article.changed_at == article.published_at
