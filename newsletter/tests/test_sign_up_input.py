"""What is typed into the form of sign-up: no address, much too long, sent to others, broken."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from blog.models import Article, Attempt
from blog.tests.factories import make_article
from newsletter.models import ConsentEvent, Subscriber
from newsletter.tests.factories import let_workers_run, make_subscriber
from newsletter.tests.readers import (
    BAD_CHARACTERS,
    NOT_AN_ADDRESS,
    SUBSCRIBE,
    TOO_LONG,
    Mails,
    hidden_fields,
    sign_up,
    typed,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("first", "second", "kept"),
    [
        ("User@EXAMPLE.com", "user@example.com", "User@example.com"),
        ("user@example.com", "USER@example.com", "user@example.com"),
        ("ada@bücher.de", "ADA@xn--bcher-kva.de", "ada@xn--bcher-kva.de"),
        (" ada@example.com ", "ada@example.com", "ada@example.com"),
    ],
)
def test_all_spellings_are_one_person(client: Client, first: str, second: str, kept: str) -> None:
    sign_up(client, first)
    sign_up(client, second)
    assert Subscriber.objects.get().address == kept


@pytest.mark.parametrize(
    ("email", "answer"),
    [
        ("", "Type your email address."),
        ("   ", "Type your email address."),
        ("ada", NOT_AN_ADDRESS),
        ("%@%", NOT_AN_ADDRESS),
        ("<script>alert(1)</script>", NOT_AN_ADDRESS),
        ("ada@example.com, ben@example.com", NOT_AN_ADDRESS),
        ("ada@example.com\nBcc: ben@example.com", BAD_CHARACTERS),
        ("ada@example.com\r\n", BAD_CHARACTERS),
        ("\u202eada@example.com", BAD_CHARACTERS),
        ("ada\x00@example.com", "Null characters are not allowed."),
        ("jürgen@example.com", "We cannot send mail to addresses with such letters"),
        ("a" * 300 + "@example.com", TOO_LONG),
        ("a@" + "a." * 5000 + "com", TOO_LONG),
    ],
)
def test_what_is_no_address_is_said_kindly_and_stays_in_the_field(
    client: Client, email: str, answer: str
) -> None:
    response = sign_up(client, email)
    assert response.status_code == 400
    assert answer in unescape(response.content.decode())
    assert email == "" or typed(response) == email
    assert "<script>alert" not in response.content.decode()
    assert not Subscriber.objects.exists()
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    "source",
    [
        *("", "\x00", "/\x00", "/a\nBcc: x@example.com", "//evil.example", "https://evil.example"),
        *("javascript:alert(1)", "/\u202egnp.exe", "/x\r\n", "/" + "\x7f", "/" + "ö" * 500),
    ],
)
def test_a_strange_source_keeps_nobody_out_and_is_not_kept(client: Client, source: str) -> None:
    assert sign_up(client, source=source).status_code == 200
    assert ConsentEvent.objects.get().source == ""


def test_the_form_on_an_article_with_the_longest_address_works(client: Client) -> None:
    article = make_article(slug="ö" * Article._meta.get_field("slug").max_length)
    fields = hidden_fields(client.get(article.get_absolute_url()).content.decode())
    with time_machine.travel(timezone.now() + timedelta(seconds=10), tick=False):
        assert sign_up(client, **fields).status_code == 200
    assert ConsentEvent.objects.get().source.startswith("/articles/ööö")


@pytest.mark.parametrize("name", ["name", "Bcc", "to", "subscriber", "confirmed_at", "list", "id"])
def test_a_field_that_is_not_ours_is_ignored(client: Client, name: str, mailoutbox: Mails) -> None:
    other = make_subscriber("other@example.com", confirmed=False)
    sign_up(client, **{name: str(other.pk)})
    let_workers_run()
    assert [mail.recipients() for mail in mailoutbox] == [["reader@example.com"]]
    assert not Subscriber.objects.filter(confirmed_at__isnull=False).exists()


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/x-www-form-urlencoded"),
        (b"email=%ff%fe@example.com", "application/x-www-form-urlencoded"),
        (b"email=%ED%A0%80@example.com", "application/x-www-form-urlencoded"),
        (b'{"email": "ada@example.com"}', "application/json"),
        (b"email", "text/plain"),
        (b"--x\r\n", "multipart/form-data; boundary=x"),
        (b"nonsense", "multipart/form-data"),
    ],
)
def test_a_broken_request_is_refused(client: Client, body: bytes, content_type: str) -> None:
    assert client.post(SUBSCRIBE, body, content_type=content_type).status_code == 400
    assert not Subscriber.objects.exists()


def test_an_address_in_the_browser_history_leads_to_the_form(client: Client) -> None:
    response = client.get(SUBSCRIBE)
    assert (response.status_code, response["Location"]) == (302, "/newsletter/")
    assert client.put(SUBSCRIBE).status_code == 405
