"""A draft whose topics were all deleted is for nobody until somebody says whom it is for."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from blog.tests.factories import make_topic
from newsletter.before_sending import remarks, tick_for
from newsletter.models import Campaign, Letter
from newsletter.tests.factories import make_letter, make_subscriber, staff

pytestmark = pytest.mark.django_db

GONE = "All topics"
OFFERED = "It is for everybody now"


@pytest.fixture
def editor() -> Client:
    return staff("view_letter", "add_letter", "change_letter", "send_letter")


@pytest.fixture
def letter(editor: Client) -> Letter:
    """Of one topic, which was deleted since."""
    make_subscriber()
    topic = make_topic("Pay")
    save(editor, reverse("admin:newsletter_letter_add"), topics=[topic.pk])
    topic.delete()
    return Letter.objects.get()


def save(editor: Client, url: str, **more: object) -> str:
    usual = {"subject": "Hello", "preheader": "In short.", "body": "<p>Text</p>", "frequency": ""}
    sent = {**usual, "compare_share": 20, "compare_hours": 4, "_save": "1", **more}
    return editor.post(url, sent, follow=True).content.decode()


def form_of(letter: Letter) -> str:
    return reverse("admin:newsletter_letter_change", args=[letter.pk])


def is_sent_when_pressed(editor: Client, letter: Letter) -> bool:
    now = timezone.now()
    asked = {"at": "", "seen": tick_for(remarks(letter, now))}
    editor.post(reverse("admin:newsletter_letter_send", args=[letter.pk]), asked)
    return Campaign.objects.exists()


def test_it_is_neither_sent_nor_scheduled_and_says_why(editor: Client, letter: Letter) -> None:
    assert "Choose anew who gets it" in editor.get(form_of(letter)).content.decode()
    page = editor.get(reverse("admin:newsletter_letter_check", args=[letter.pk])).content.decode()
    assert GONE in page
    assert "<strong>0</strong> would get it now: nobody has said who" in page
    assert not is_sent_when_pressed(editor, letter)
    now = timezone.now()
    assert not letter.send(now + timedelta(days=1), now)
    assert letter.audience.topics == frozenset()  # for whoever has looked just before


def test_of_one_that_was_sent_before_nothing_is_asked(editor: Client) -> None:
    make_subscriber()
    topic = make_topic("Pay")
    save(editor, reverse("admin:newsletter_letter_add"), topics=[topic.pk])
    letter = Letter.objects.get()
    assert is_sent_when_pressed(editor, letter)
    topic.delete()
    letter.refresh_from_db()
    assert not letter.has_no_topic_left
    for page in (form_of(letter), reverse("admin:newsletter_letter_check", args=[letter.pk])):
        assert GONE not in editor.get(page, follow=True).content.decode()


def test_a_slip_that_is_mended_is_no_choice(editor: Client, letter: Letter) -> None:
    page = save(editor, form_of(letter), subject="Hello again")
    assert "cannot be sent before you choose who gets it" in page
    assert not is_sent_when_pressed(editor, Letter.objects.get(subject="Hello again"))


def test_somebody_chooses_everybody(editor: Client, letter: Letter) -> None:
    assert OFFERED in editor.get(form_of(letter)).content.decode()
    page = save(editor, form_of(letter), to_everybody="on")
    assert "1 person would get it" in page
    assert OFFERED not in page
    assert is_sent_when_pressed(editor, Letter.objects.get())


def test_somebody_chooses_another_topic(editor: Client, letter: Letter) -> None:
    other = make_topic("Offers")
    save(editor, form_of(letter), topics=[other.pk])
    assert is_sent_when_pressed(editor, Letter.objects.get())


def test_who_unticks_all_topics_means_everybody(editor: Client) -> None:
    make_subscriber()
    save(editor, reverse("admin:newsletter_letter_add"), topics=[make_topic("Pay").pk])
    save(editor, form_of(Letter.objects.get()))
    assert is_sent_when_pressed(editor, Letter.objects.get())


def test_drafts_from_before_are_remembered_too() -> None:
    topic, letter = make_topic("Pay"), make_letter()
    letter.topics.set([topic])
    import_module("newsletter.migrations.0025_letter_asks_for_topics").note_which_ask(apps, None)
    topic.delete()
    letter.refresh_from_db()
    assert letter.has_no_topic_left
    assert not make_letter().has_no_topic_left
