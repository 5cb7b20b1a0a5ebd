"""A reader's own data: by a fresh link to the mailbox, never by what a forwarded mail holds."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from enquiries.models import Question
from newsletter.consent import Origin
from newsletter.models import AddressChange, Delivery, Subscriber, Suppression
from newsletter.tests.factories import (
    all_rows,
    filled_in,
    let_workers_run,
    make_mailing,
    make_subscriber,
)
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db

SITE = "http://127.0.0.1:8000"
ADDRESS = "reader1@example.com"


def link(subscriber: Subscriber, age: timedelta = timedelta(0)) -> str:
    return f"/newsletter/your-data/{subscriber.token(Purpose.YOUR_DATA, timezone.now() - age)}/"


def press(path: str, **fields: str) -> object:
    return Client(enforce_csrf_checks=True).post(path, fields)


@pytest.fixture
def subscriber() -> Subscriber:
    """Who got a mail and asked a question."""
    make_mailing()
    Question.objects.create(
        sent_key="x", email=ADDRESS, text="How long is too long?", created_at=timezone.now()
    )
    let_workers_run()
    return Subscriber.objects.get()


def test_the_link_comes_by_mail_when_asked_for_on_the_page_of_choices(
    client: Client, subscriber: Subscriber, mailoutbox: list
) -> None:
    choices = subscriber.token(Purpose.PREFERENCES, timezone.now())
    page = press(f"/newsletter/preferences/{choices}/", act="data").content.decode()
    assert "/your-data/" not in page
    let_workers_run()
    mail = mailoutbox[-1]
    assert mail.to == [ADDRESS]
    [address] = [word for word in mail.body.split() if "/newsletter/your-data/" in word]
    assert "Your data" in client.get(address.removeprefix(SITE)).content.decode()


@pytest.mark.parametrize("state", [{}, {"left": True}, {"confirmed": False}])
def test_who_left_or_never_confirmed_can_ask_too(
    client: Client, mailoutbox: list, state: dict
) -> None:
    make_subscriber(ADDRESS, **state)
    client.post("/newsletter/link/", filled_in(ADDRESS, data="1"))
    let_workers_run()
    assert "/newsletter/your-data/" in mailoutbox[-1].body


def test_no_newsletter_holds_such_a_link(subscriber: Subscriber, mailoutbox: list) -> None:
    assert len(mailoutbox) == 1
    assert "your-data" not in mailoutbox[0].message().as_string()


def test_looking_changes_nothing_and_shows_little(client: Client, subscriber: Subscriber) -> None:
    before = all_rows()
    response = client.get(link(subscriber))
    client.head(link(subscriber))
    assert all_rows() == before
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert ADDRESS not in response.content.decode()


def test_all_of_it_can_be_downloaded(subscriber: Subscriber) -> None:
    response = press(link(subscriber), act="download")
    assert response["Content-Disposition"] == 'attachment; filename="your-data.json"'
    assert response["Cache-Control"] == "no-store"
    kept = json.loads(response.content)
    assert kept["newsletter"]["subscriber"]["address"] == ADDRESS
    assert "How long is too long?" in response.content.decode()
    assert subscriber.handle not in response.content.decode()


def test_it_is_erased_when_the_box_is_ticked(subscriber: Subscriber) -> None:
    path = link(subscriber)
    assert press(path, act="erase").status_code == 400
    assert Subscriber.objects.exists()
    assert "It is all gone" in press(path, act="erase", certain="1").content.decode()
    assert not Subscriber.objects.exists()
    assert not Question.objects.exists()
    assert Delivery.objects.get().subscriber is None
    assert Suppression.objects.covers(ADDRESS)
    assert press(path, act="download").status_code == 404


def test_no_other_link_and_no_old_one_opens_it(subscriber: Subscriber) -> None:
    before = all_rows()
    others = set(Purpose) - {Purpose.YOUR_DATA}
    tokens = [subscriber.token(purpose, timezone.now()) for purpose in others]
    paths = [f"/newsletter/your-data/{token}/" for token in tokens]
    for path in [*paths, link(subscriber, timedelta(hours=2, minutes=1))]:
        for act in ("download", "erase"):
            assert press(path, act=act, certain="1").status_code == 404
    assert all_rows() == before


def test_who_moves_the_mails_by_a_forwarded_one_gets_no_link_for_two_weeks(
    client: Client, mailoutbox: list
) -> None:
    victim, now = make_subscriber(ADDRESS), timezone.now()
    AddressChange.objects.ask(victim, "thief@example.com", Origin(), now).make(Origin(), now)
    for days, links in ((0, 0), (13, 0), (15, 1)):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            client.post("/newsletter/link/", filled_in("thief@example.com", data="1"))
            let_workers_run(timezone.now())
        assert sum("/your-data/" in mail.body for mail in mailoutbox) == links, days
