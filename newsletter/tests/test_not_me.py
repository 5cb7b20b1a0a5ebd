"""“It was not me”: the link in the question keeps an address off the list for good."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from newsletter.models import ConsentEvent, Subscriber, Suppression
from newsletter.tests.factories import (
    all_rows,
    at_once,
    filled_in,
    let_workers_run,
    make_campaign,
    make_subscriber,
)
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db

DONE = "We will not write to you"


def link_to_disown(subscriber: Subscriber, age: timedelta = timedelta(0)) -> str:
    return f"/newsletter/not-me/{subscriber.token(Purpose.NOT_ME, timezone.now() - age)}/"


def type_address(client: Client, email: str = "reader@example.com") -> None:
    client.post("/newsletter/subscribe/", filled_in(email))
    let_workers_run()


@pytest.mark.parametrize("method", ["get", "head", "options"])
@pytest.mark.parametrize("confirmed", [True, False])
def test_looking_changes_nothing(client: Client, method: str, confirmed: bool) -> None:
    link = link_to_disown(make_subscriber(confirmed=confirmed))
    before = all_rows()
    getattr(client, method)(link)
    assert all_rows() == before


def test_the_link_of_the_mail_shows_one_button(client: Client, mailoutbox: list) -> None:
    type_address(client)
    link = re.search(r"http://\S+/newsletter/not-me/\S+", mailoutbox[0].body).group()
    page = client.get(link).content.decode()
    assert re.findall(r"<button[^>]*>([^<]*)</button>", page) == ["Never write to me"]


def test_nobody_can_sign_the_address_up_again(client: Client, mailoutbox: list) -> None:
    type_address(client)
    strict = Client(enforce_csrf_checks=True)
    response = strict.post(link_to_disown(Subscriber.objects.get()))
    assert response.status_code == 200
    assert DONE in response.content.decode()
    with time_machine.travel(timezone.now() + timedelta(hours=2), tick=False):
        for email in ("reader@example.com", "READER@EXAMPLE.COM"):
            type_address(client, email)
    assert len(mailoutbox) == 1
    assert Suppression.objects.get().reason == "not_me"


def test_a_second_press_is_kind_and_changes_nothing(client: Client) -> None:
    link = link_to_disown(make_subscriber(confirmed=False))
    client.post(link)
    first = all_rows()
    for answer in (client.post(link), client.get(link)):
        assert answer.status_code == 200
        assert DONE in answer.content.decode()
    assert all_rows() == first


@pytest.mark.django_db(transaction=True)
def test_presses_at_one_moment_count_once() -> None:
    link = link_to_disown(make_subscriber(confirmed=False))
    assert at_once(lambda: Client().post(link).status_code) == [200] * 4
    assert Suppression.objects.count() == 1
    assert [event.kind for event in ConsentEvent.objects.all()] == ["not_me"]


def test_the_address_is_forgotten_but_not_that_it_wants_no_mail(
    client: Client, mailoutbox: list
) -> None:
    client.post(link_to_disown(make_subscriber(confirmed=False)))
    start = timezone.now()
    let_workers_run(start + timedelta(days=15))
    assert not Subscriber.objects.exists()
    with time_machine.travel(start + timedelta(days=15), tick=False):
        type_address(client)
    assert not Subscriber.objects.exists()
    assert mailoutbox == []
    assert "reader@" not in str(all_rows())


def test_the_link_to_join_in_the_same_mail_is_dead(client: Client) -> None:
    subscriber = make_subscriber(confirmed=False)
    confirm = f"/newsletter/confirm/{subscriber.token(Purpose.CONFIRM, timezone.now())}/"
    client.post(link_to_disown(subscriber))
    assert client.post(confirm).status_code == 404
    assert not Subscriber.objects.mailable().exists()


def test_it_also_takes_off_whoever_pressed_the_other_button_first(
    client: Client, mailoutbox: list
) -> None:
    subscriber, campaign = make_subscriber(), make_campaign()
    campaign.expand(timezone.now())
    client.post(link_to_disown(subscriber))
    let_workers_run()
    assert mailoutbox == []
    subscriber.refresh_from_db()
    assert subscriber.status == "suppressed"


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.UNSUBSCRIBE])
def test_no_other_link_does_this(client: Client, purpose: Purpose) -> None:
    subscriber = make_subscriber()
    token = subscriber.token(purpose, timezone.now())
    assert client.post(f"/newsletter/not-me/{token}/").status_code == 404
    assert not Suppression.objects.exists()


def test_the_link_works_for_a_month(client: Client) -> None:
    subscriber = make_subscriber(confirmed=False)
    assert client.get(link_to_disown(subscriber, timedelta(days=29))).status_code == 200
    assert client.get(link_to_disown(subscriber, timedelta(days=31))).status_code == 404


def test_the_wish_outlives_a_change_of_the_secret_key(
    client: Client, mailoutbox: list, settings: Settings
) -> None:
    settings.SECRET_KEY = "old"
    client.post(link_to_disown(make_subscriber(confirmed=False)))
    Subscriber.objects.all().delete()
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    type_address(client)
    assert mailoutbox == []
