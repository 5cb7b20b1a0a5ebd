"""Leaving: by one press, by a mail program's button, at once, and as often as anybody likes."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from blog.models import Article
from blog.tests.factories import make_article
from newsletter.models import Subscriber, Suppression
from newsletter.states import State
from newsletter.tests.factories import (
    all_rows,
    at_once,
    events,
    let_workers_run,
    make_campaign,
    make_subscriber,
)
from newsletter.tests.readers import ONE_CLICK, URLENCODED, link_to_leave, one_click
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db

GONE = "You get no more mails"


def mail_to(subscriber: Subscriber, mailoutbox: list) -> EmailMultiAlternatives:
    make_article(published_at=timezone.now())
    let_workers_run()
    return next(mail for mail in mailoutbox if mail.to == [subscriber.address])


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
@pytest.mark.parametrize("query", ["", "?List-Unsubscribe=One-Click", "?resubscribe=1"])
def test_only_a_post_changes_anything(client: Client, method: str, query: str) -> None:
    links = [
        link_to_leave(make_subscriber("ada@example.com")),
        link_to_leave(make_subscriber("left@example.com", left=True)),
    ]
    before = all_rows()
    for link in links:
        getattr(client, method)(link + query)
    assert all_rows() == before


def test_the_page_has_one_button_and_no_script(client: Client) -> None:
    page = client.get(link_to_leave(make_subscriber())).content.decode()
    assert re.findall(r"<button[^>]*>([^<]*)</button>", page) == ["Stop all mails"]
    assert "<script" not in page
    assert "reader@example.com" not in page


def test_the_button_ends_it(client: Client) -> None:
    subscriber = make_subscriber()
    response = client.post(link_to_leave(subscriber))
    assert response.status_code == 200
    assert GONE in response.content.decode()
    subscriber.refresh_from_db()
    assert subscriber.status == "left"
    assert not Subscriber.objects.mailable().exists()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK, URLENCODED),
        (encode_multipart(BOUNDARY, {"List-Unsubscribe": "One-Click"}), MULTIPART_CONTENT),
        ("", URLENCODED),
        (ONE_CLICK, "text/plain"),
        ("", "application/json"),
        (ONE_CLICK, f"{URLENCODED}; charset=iso-8859-1"),
        (ONE_CLICK, "multipart/form-data"),
        ("--x\r\nnonsense", "multipart/form-data; boundary=x"),
    ],
)
def test_a_mail_program_needs_one_post(body: str, content_type: str) -> None:
    subscriber, program = make_subscriber(), Client(enforce_csrf_checks=True)
    response = program.generic("POST", link_to_leave(subscriber), body, content_type)
    assert response.status_code == 200
    assert "Location" not in response.headers
    assert not program.cookies
    subscriber.refresh_from_db()
    assert subscriber.status == "left"


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://mail.example"},
        {"Origin": "null", "Referer": "https://mail.example/inbox"},
    ],
)
def test_a_web_mailer_may_press_too(client: Client, headers: dict[str, str]) -> None:
    link = link_to_leave(make_subscriber())
    response = client.post(link, ONE_CLICK, content_type=URLENCODED, headers=headers)
    assert response.status_code == 200
    assert events() == ["unsubscribed"]


def test_ten_presses_are_one_leave_at_the_first_time() -> None:
    subscriber = make_subscriber()
    link, start = link_to_leave(subscriber), timezone.now()
    with time_machine.travel(start, tick=False):
        one_click(link)
    left = all_rows()
    for n in range(1, 10):
        with time_machine.travel(start + timedelta(hours=n), tick=False):
            response = one_click(link)
            assert response.status_code == 200
            assert GONE in response.content.decode()
    assert all_rows() == left
    assert events() == ["unsubscribed"]
    subscriber.refresh_from_db()
    assert subscriber.unsubscribed_at == start


def test_a_mail_program_gets_the_words_alone_and_as_privately_as_a_page(client: Client) -> None:
    link = link_to_leave(make_subscriber())
    page = client.get(link)
    with CaptureQueriesContext(connection) as queries:
        response = one_click(link)
    assert response.content.decode() == f"{GONE}."
    assert not [query for query in queries if "blog_publication" in query["sql"]]
    for header in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy"):
        assert response[header] == page[header]


@pytest.mark.django_db(transaction=True)
def test_presses_at_one_moment_are_one_leave() -> None:
    link = link_to_leave(make_subscriber())
    assert at_once(lambda: one_click(link).status_code) == [200] * 4
    assert events() == ["unsubscribed"]


def test_what_the_body_says_names_nobody_else() -> None:
    mine, other = make_subscriber("mine@example.com"), make_subscriber("other@example.com")
    token = other.token(Purpose.UNSUBSCRIBE, timezone.now())
    fields = {"id": other.pk, "email": other.address, "subscriber": other.pk, "token": token}
    response = Client().post(
        f"{link_to_leave(mine)}?email={other.address}&token={token}",
        {"List-Unsubscribe": "One-Click", **fields, "handle": other.handle},
    )
    assert response.status_code == 200
    assert Subscriber.objects.mailable().get() == other


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.NOT_ME])
def test_no_other_link_ends_the_mails(purpose: Purpose) -> None:
    subscriber = make_subscriber()
    token = subscriber.token(purpose, timezone.now())
    assert one_click(f"/newsletter/unsubscribe/{token}/").status_code == 404
    assert Subscriber.objects.mailable().exists()


def test_a_changed_link_takes_nobody_off() -> None:
    link = link_to_leave(make_subscriber())
    for place in range(len("/newsletter/unsubscribe/"), len(link) - 1):
        other = "A" if link[place] != "A" else "B"
        assert one_click(link[:place] + other + link[place + 1 :]).status_code == 404
    assert Subscriber.objects.mailable().exists()


def test_the_link_of_an_old_mail_works_when_the_key_and_the_article_are_gone(
    mailoutbox: list, settings: Settings
) -> None:
    subscriber = make_subscriber()
    settings.SECRET_KEY = "old"
    mail = mail_to(subscriber, mailoutbox)
    link = mail.extra_headers["List-Unsubscribe"].strip("<>").removeprefix(settings.SITE_URL)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    Article.objects.all().delete()
    let_workers_run()
    with time_machine.travel(timezone.now() + timedelta(days=800), tick=False):
        assert one_click(link).status_code == 200
    subscriber.refresh_from_db()
    assert subscriber.status == "left"


def test_the_links_of_a_mail_are_final_and_lead_to_our_own_site(
    mailoutbox: list, settings: Settings
) -> None:
    settings.SITE_URL, settings.SITE_HOST = "https://careers.example", "careers.example"
    settings.ALLOWED_HOSTS = ["careers.example"]
    settings.SECURE_SSL_REDIRECT = True
    subscriber = make_subscriber()
    mail = mail_to(subscriber, mailoutbox)
    link = mail.extra_headers["List-Unsubscribe"].strip("<>")
    assert re.fullmatch(r"https://careers\.example/newsletter/unsubscribe/[\w-]+/", link)
    assert mail.extra_headers["List-Unsubscribe-Post"] == ONE_CLICK
    path = link.removeprefix("https://careers.example")
    program = Client(enforce_csrf_checks=True, headers={"Host": "careers.example"})
    assert program.get(path, secure=True).status_code == 200
    response = program.post(path, ONE_CLICK, content_type=URLENCODED, secure=True)
    assert response.status_code == 200
    assert "Location" not in response.headers


def test_a_mail_that_waits_is_not_sent_any_more(mailoutbox: list) -> None:
    subscriber, campaign = make_subscriber(), make_campaign()
    make_subscriber("stays@example.com")
    campaign.expand(timezone.now())
    one_click(link_to_leave(subscriber))
    assert subscriber.deliveries.get().state == State.SKIPPED
    let_workers_run()
    assert [mail.to for mail in mailoutbox] == [["stays@example.com"]]


# --- Coming back ----------------------------------------------------------------------------


def test_coming_back_takes_a_press_is_written_down_and_mails_nothing(
    client: Client, mailoutbox: list
) -> None:
    subscriber = make_subscriber()
    make_campaign(published_at=timezone.now() - timedelta(minutes=1))
    link = link_to_leave(subscriber)
    page = client.post(link).content.decode()
    assert re.findall(r"<button[^>]*>([^<]*)</button>", page) == ["Sign me up again"]
    assert 'name="resubscribe" value="1"' in page
    response = client.post(link, {"resubscribe": "1"})
    assert "You are on the list" in response.content.decode()
    let_workers_run()
    assert mailoutbox == []
    assert events() == ["unsubscribed", "resubscribed"]
    assert Subscriber.objects.mailable().get() == subscriber


def test_a_second_press_to_come_back_changes_nothing(client: Client) -> None:
    link = link_to_leave(make_subscriber(left=True))
    client.post(link, {"resubscribe": "1"})
    back = all_rows()
    assert client.post(link, {"resubscribe": "1"}).status_code == 200
    assert all_rows() == back


def test_whoever_came_back_may_leave_again(client: Client) -> None:
    link = link_to_leave(make_subscriber(left=True))
    client.post(link, {"resubscribe": "1"})
    one_click(link)
    assert events() == ["resubscribed", "unsubscribed"]
    assert not Subscriber.objects.mailable().exists()


@pytest.mark.parametrize("confirmed", [True, False])
def test_whom_we_must_not_write_to_is_offered_no_way_back(client: Client, confirmed: bool) -> None:
    subscriber = make_subscriber(confirmed=confirmed, left=True)
    if confirmed:
        Suppression.objects.add(subscriber.address, Suppression.Reason.COMPLAINED)
    link = link_to_leave(subscriber)
    assert "<button" not in client.get(link).content.decode()
    assert client.post(link, {"resubscribe": "1"}).status_code == 200
    assert not Subscriber.objects.mailable().exists()
    assert events() == []
