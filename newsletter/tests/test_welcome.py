"""A welcome for whoever has just joined: once, with what is worth reading."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from blog.models import Article, ReadCount
from blog.tests.factories import make_article
from newsletter.consent import Origin
from newsletter.models import PersonalMail, Routine, Subscriber
from newsletter.personal_mails import articles_to_begin_with
from newsletter.tests.factories import at_once, let_workers_run, make_subscriber
from newsletter.tests.races import at_the_same_time
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db


def confirm(subscriber: Subscriber) -> None:
    token = subscriber.token(Purpose.CONFIRM, timezone.now())
    Client().post(f"/newsletter/confirm/{token}/")


def old_article(title: str, *, days: int, reads: int = 0, read_days_ago: int = 1) -> Article:
    published = timezone.now() - timedelta(days=days)
    article = make_article(title, slug=title.lower(), published_at=published)
    if reads:
        day = timezone.localdate() - timedelta(days=read_days_ago)
        ReadCount.objects.create(article=article, day=day, count=reads)
    return article


def test_it_comes_after_the_confirmation_with_ways_to_choose_and_to_leave(
    client: Client, mailoutbox: list
) -> None:
    old_article("Pay", days=9)
    confirm(make_subscriber(confirmed=False))
    let_workers_run()
    [mail] = mailoutbox
    assert mail.subject.startswith("Welcome to")
    assert mail.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "Pay" in mail.body
    for way in ("/newsletter/preferences/", "/newsletter/unsubscribe/"):
        [link] = [word for word in mail.body.split() if way in word]
        assert client.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 200


def test_the_articles_are_those_read_most_of_late_then_the_newest() -> None:
    old_article("Old", days=80, reads=7)
    old_article("Older", days=200, reads=900, read_days_ago=91)
    old_article("New", days=4)
    old_article("Newer", days=3, reads=2)
    old_article("Newest", days=2)
    make_article("Draft", slug="draft", published_at=None)
    old_article("To come", days=-2, reads=900)
    ended = old_article("Taken down", days=9, reads=900)
    Article.objects.filter(pk=ended.pk).update(expires_at=timezone.now() - timedelta(days=1))
    found = [article.title for article in articles_to_begin_with(timezone.now())]
    assert found == ["Old", "Newer", "Newest"]


def test_each_person_is_welcomed_once_ever(mailoutbox: list) -> None:
    subscriber = make_subscriber(confirmed=False)
    for _ in range(2):
        confirm(subscriber)
        let_workers_run()
    subscriber.unsubscribe(Origin(), timezone.now())
    subscriber.resubscribe(Origin(), timezone.now())
    subscriber.unsubscribe(Origin(), timezone.now())
    Subscriber.objects.update(unsubscribed_at=timezone.now() - timedelta(minutes=5))
    confirm(subscriber)
    let_workers_run()
    let_workers_run(timezone.now() + timedelta(days=1))
    assert len(mailoutbox) == 1


def test_whoever_comes_back_from_before_there_were_welcomes_gets_none(mailoutbox: list) -> None:
    confirm(make_subscriber(left=True))
    let_workers_run()
    assert mailoutbox == []


def test_staff_can_do_without(mailoutbox: list) -> None:
    Routine.objects.create(pk=1, welcomes=False)
    confirm(make_subscriber(confirmed=False))
    let_workers_run()
    assert mailoutbox == []


def test_whoever_left_before_it_went_gets_none(mailoutbox: list) -> None:
    subscriber = make_subscriber(confirmed=False)
    confirm(subscriber)
    subscriber.unsubscribe(Origin(), timezone.now())
    let_workers_run()
    assert mailoutbox == []


def test_a_broker_that_is_away_loses_none(
    mailoutbox: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but the sweep: the row is the truth."""
    monkeypatch.setattr("newsletter.models.personal_mail.nudge", lambda *_: None)
    confirm(make_subscriber(confirmed=False))
    let_workers_run(timezone.now() + timedelta(days=6))
    assert len(mailoutbox) == 1


def test_the_database_refuses_a_second_one() -> None:
    subscriber, now = make_subscriber(), timezone.now()
    facts = {"subscriber": subscriber, "kind": "welcome", "due_at": now, "sent_at": now}
    PersonalMail.objects.create(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        PersonalMail.objects.create(**facts)


@at_the_same_time
def test_presses_at_one_moment_make_one() -> None:
    subscriber = make_subscriber(confirmed=False)
    at_once(lambda: confirm(subscriber))
    assert PersonalMail.objects.count() == 1
