"""The link to join: looking changes nothing, the button counts once, an old link joins nobody."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from newsletter.consent import Origin
from newsletter.models import AddressChange, Subscriber, Suppression
from newsletter.tests.factories import (
    all_rows,
    at_once,
    events,
    filled_in,
    let_workers_run,
    make_subscriber,
)
from newsletter.tokens import LIFETIMES, Purpose

pytestmark = pytest.mark.django_db

BUTTON = "Yes, send me new articles"


def link_to_confirm(subscriber: Subscriber, age: timedelta = timedelta(0)) -> str:
    token = subscriber.token(Purpose.CONFIRM, timezone.now() - age)
    return f"/newsletter/confirm/{token}/"


@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_looking_changes_nothing(client: Client, method: str) -> None:
    link = link_to_confirm(make_subscriber(confirmed=False))
    before = all_rows()
    getattr(client, method)(link)
    assert all_rows() == before


def test_the_page_has_one_button_and_no_script(client: Client) -> None:
    page = client.get(link_to_confirm(make_subscriber(confirmed=False))).content.decode()
    assert re.findall(r"<button[^>]*>([^<]*)</button>", page) == [BUTTON]
    assert "<script" not in page
    assert "reader@example.com" not in page


def test_the_button_confirms_without_cookie_and_token() -> None:
    strict = Client(enforce_csrf_checks=True)
    subscriber = make_subscriber(confirmed=False)
    response = strict.post(link_to_confirm(subscriber))
    assert response.status_code == 200
    assert "You are on the list" in response.content.decode()
    assert not strict.cookies
    subscriber.refresh_from_db()
    assert subscriber.status == "confirmed"
    assert Subscriber.objects.mailable().get() == subscriber


def test_the_page_leads_on_to_the_choices(client: Client) -> None:
    page = client.post(link_to_confirm(make_subscriber(confirmed=False))).content.decode()
    [choices] = re.findall(r'href="(/newsletter/preferences/[^"]+)"', page)
    assert "Your mails" in client.get(choices).content.decode()


def test_a_second_press_is_kind_and_keeps_the_first_time(client: Client) -> None:
    subscriber = make_subscriber(confirmed=False)
    link = link_to_confirm(subscriber)
    client.post(link)
    first = all_rows()
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        for answer in (client.post(link), client.get(link)):
            assert answer.status_code == 200
            assert "You are on the list" in answer.content.decode()
    assert all_rows() == first
    assert events() == ["confirmed"]


@pytest.mark.django_db(transaction=True)
def test_presses_at_one_moment_count_once() -> None:
    link = link_to_confirm(make_subscriber(confirmed=False))
    assert at_once(lambda: Client().post(link).status_code) == [200] * 4
    assert events() == ["confirmed"]


def test_the_link_works_as_long_as_the_mail_says(client: Client, mailoutbox: list) -> None:
    assert LIFETIMES[Purpose.CONFIRM] == timedelta(days=7)
    client.post("/newsletter/subscribe/", filled_in())
    let_workers_run()
    assert "The link works for seven days." in mailoutbox[0].body
    subscriber = Subscriber.objects.get()
    assert client.get(link_to_confirm(subscriber, timedelta(days=6, hours=23))).status_code == 200
    too_old = link_to_confirm(subscriber, timedelta(days=7, minutes=1))
    assert client.post(too_old).status_code == 404
    assert events() == ["asked", "confirmation_sent"]


def test_every_bad_link_gets_the_same_answer(client: Client) -> None:
    subscriber = make_subscriber(confirmed=False)
    left, suppressed = (
        make_subscriber("left@example.com", left=True),
        make_subscriber("complained@example.com", confirmed=False, suppressed=True),
    )
    good = subscriber.token(Purpose.CONFIRM, timezone.now())
    other = "A" if good[30] != "A" else "B"
    gone = make_subscriber("gone@example.com", confirmed=False)
    link_of_nobody = link_to_confirm(gone)
    gone.delete()
    bad_links = [
        *(f"/newsletter/{purpose.value}/x/" for purpose in Purpose),
        *(f"/newsletter/{purpose.value}/{good}/" for purpose in set(Purpose) - {Purpose.CONFIRM}),
        f"/newsletter/confirm/{'A' * 52}/",
        f"/newsletter/confirm/{good[:30]}{other}{good[31:]}/",
        f"/newsletter/confirm/{good}A/",
        f"/newsletter/confirm/{good}=/",
        "/newsletter/confirm/%00/",
        "/newsletter/confirm/%ff%fe/",
        f"/newsletter/confirm/{'ü' * 52}/",
        link_to_confirm(subscriber, timedelta(days=8)),
        link_to_confirm(left, timedelta(days=2)),
        link_to_confirm(suppressed),
        link_of_nobody,
    ]
    before = all_rows()
    answers = [ask(link) for link in bad_links for ask in (client.get, client.post)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert answers[0]["Cache-Control"] == "no-store"
    assert all_rows() == before


@pytest.mark.parametrize("purpose", [Purpose.UNSUBSCRIBE, Purpose.NOT_ME])
def test_no_other_link_confirms(client: Client, purpose: Purpose) -> None:
    subscriber = make_subscriber(confirmed=False)
    token = subscriber.token(purpose, timezone.now())
    assert client.post(f"/newsletter/confirm/{token}/").status_code == 404
    subscriber.refresh_from_db()
    assert subscriber.confirmed_at is None


def test_a_link_from_before_leaving_brings_nobody_back(client: Client) -> None:
    subscriber = make_subscriber(confirmed=False)
    link = link_to_confirm(subscriber, timedelta(minutes=1))
    client.post(link)
    leave = f"/newsletter/unsubscribe/{subscriber.token(Purpose.UNSUBSCRIBE, timezone.now())}/"
    client.post(leave)
    assert client.get(link).status_code == client.post(link).status_code == 404
    subscriber.refresh_from_db()
    assert subscriber.status == "left"


def test_a_new_link_after_leaving_does(client: Client, mailoutbox: list) -> None:
    subscriber = make_subscriber(left=True)
    client.post("/newsletter/subscribe/", filled_in())
    let_workers_run()
    client.post(re.search(r"http://\S+/newsletter/confirm/\S+", mailoutbox[0].body).group())
    subscriber.refresh_from_db()
    assert subscriber.status == "confirmed"
    assert events() == ["asked", "confirmation_sent", "confirmed"]


def test_whom_we_must_not_write_to_cannot_be_brought_in(client: Client) -> None:
    subscriber = make_subscriber(confirmed=False)
    link = link_to_confirm(subscriber)
    Suppression.objects.add(subscriber.address, Suppression.Reason.BOUNCED)
    assert client.post(link).status_code == 404
    assert not Subscriber.objects.mailable().exists()


def test_what_the_body_says_names_nobody_else(client: Client) -> None:
    mine = make_subscriber("mine@example.com", confirmed=False)
    other = make_subscriber("other@example.com", confirmed=False)
    fields = {"subscriber": other.pk, "id": other.pk, "email": other.address}
    token = other.token(Purpose.CONFIRM, timezone.now())
    client.post(link_to_confirm(mine), {**fields, "token": token, "handle": other.handle})
    assert Subscriber.objects.mailable().get() == mine


def test_a_link_outlives_a_change_of_the_secret_key(client: Client, settings: Settings) -> None:
    settings.SECRET_KEY = "old"
    link = link_to_confirm(make_subscriber(confirmed=False))
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert client.post(link).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert client.post(link).status_code == 404


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("method", ["get", "post"])
def test_the_pages_are_kept_by_nobody_and_tell_their_address_to_nobody(
    client: Client, purpose: Purpose, method: str
) -> None:
    now = timezone.now()
    subscriber = make_subscriber(confirmed=purpose is not Purpose.CONFIRM)
    change = AddressChange.objects.ask(subscriber, "new@example.com", Origin(), now)
    is_change = purpose is Purpose.ADDRESS_CHANGE
    token = change.token(now) if is_change else subscriber.token(purpose, now)
    response = getattr(client, method)(f"/newsletter/{purpose.value}/{token}/")
    page = response.content.decode()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert token not in page
    assert not re.findall(r'(?:src|<link[^>]*href)="(?:https?:)?//(?!127\.0\.0\.1)', page)
