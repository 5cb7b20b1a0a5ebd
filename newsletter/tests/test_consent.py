"""What a person agreed to: the words on the form, the time, the place. Never changed."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from blog.tests.factories import make_article, make_author, make_topic
from newsletter.consent import WORDING, WORDINGS, Origin
from newsletter.models import ConsentEvent, Subscriber
from newsletter.tests.factories import filled_in, let_workers_run, make_subscriber
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def forms_on(page: str) -> list[str]:
    """The words of each sign-up form, as a reader sees them."""
    forms = re.findall(r'<form[^>]*action="/newsletter/subscribe/".*?</form>', page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", form)).split()) for form in forms]


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/newsletter/", "/articles/gaps/", "/topics/interviews/", "/authors/maya/"),
        *("/archive/", "/search/?q=gaps", "/about/", "/no-such-page/"),
    ],
)
def test_each_form_shows_the_words_that_are_written_down(client: Client, path: str) -> None:
    topic, author = make_topic("Interviews"), make_author("Maya", slug="maya")
    make_article("Gaps", slug="gaps", topics=[topic], author=author)
    forms = forms_on(client.get(path).content.decode())
    assert forms
    assert all(WORDINGS[WORDING] in form for form in forms)


def test_the_form_that_comes_back_shows_them_too(client: Client) -> None:
    page = client.post("/newsletter/subscribe/", filled_in("no address")).content.decode()
    assert WORDINGS[WORDING] in forms_on(page)[0]


def test_a_version_of_the_words_fits_into_its_column() -> None:
    longest = ConsentEvent._meta.get_field("wording").max_length
    assert WORDING in WORDINGS
    assert all(len(version) <= longest for version in WORDINGS)


def test_what_was_agreed_to_is_written_down_with_time_and_place(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        client.post("/newsletter/subscribe/", filled_in(source="/articles/gaps/"))
    asked = ConsentEvent.objects.get()
    assert (asked.kind, asked.at, asked.source) == ("asked", NOW, "/articles/gaps/")
    assert asked.wording == WORDING
    assert asked.actor == ""
    assert len(asked.network_hash) == 43
    assert "127.0.0.1" not in asked.network_hash


def test_the_whole_story_can_be_read(client: Client) -> None:
    with time_machine.travel(NOW) as clock:
        client.post("/newsletter/subscribe/", filled_in())
        let_workers_run()
        clock.shift(timedelta(hours=1))
        person = Subscriber.objects.get()
        for purpose, fields in (
            (Purpose.CONFIRM, {}),
            (Purpose.UNSUBSCRIBE, {}),
            (Purpose.UNSUBSCRIBE, {"resubscribe": "1"}),
        ):
            token = person.token(purpose, timezone.now())
            client.post(f"/newsletter/{purpose.value}/{token}/", fields)
    story = [(event.kind, event.source) for event in ConsentEvent.objects.order_by("at", "pk")]
    assert story == [
        ("asked", "/"),
        ("confirmation_sent", ""),
        ("confirmed", "confirmation mail"),
        ("unsubscribed", "link in a mail"),
        ("resubscribed", "page after leaving"),
    ]


def test_nothing_that_was_written_down_can_be_changed() -> None:
    person = make_subscriber()
    person.note("confirmed", Origin(), timezone.now())
    event = ConsentEvent.objects.get()
    event.source = "elsewhere"
    with pytest.raises(ValidationError):
        event.save()
    assert ConsentEvent.objects.get().source == ""


def test_asking_again_in_vain_adds_no_agreement(client: Client) -> None:
    for _ in range(3):
        client.post("/newsletter/subscribe/", filled_in())
    assert [event.kind for event in ConsentEvent.objects.all()] == ["asked"]
