"""Signing up: one answer for everybody, one mail for whoever it was, nothing lost, nothing told."""

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from blog import nudges
from blog.models import Article, Attempt
from blog.public_forms import MINIMUM_FILL, form_stamp
from blog.tests.factories import make_article
from newsletter.consent import Origin
from newsletter.models import ConsentEvent, Subscriber, Suppression
from newsletter.tests.factories import at_once, filled_in, let_workers_run, make_subscriber
from newsletter.tests.races import at_the_same_time, race
from newsletter.tests.test_addresses import BAD_CHARACTERS, NOT_AN_ADDRESS, TOO_LONG

pytestmark = pytest.mark.django_db

SUBSCRIBE = "/newsletter/subscribe/"
Mails = list[EmailMultiAlternatives]


def sign_up(client: Client, email: str = "reader@example.com", **more: str) -> HttpResponse:
    return client.post(SUBSCRIBE, filled_in(email, **more))


def typed(response: HttpResponse) -> str:
    """What stands in the field for the address."""
    field = re.search(r'<input type="email"[^>]*>', response.content.decode(), re.DOTALL).group()
    return unescape(re.search(r'value="([^"]*)"', field, re.DOTALL).group(1))


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))


# --- The same for everybody -----------------------------------------------------------------


def test_nobody_learns_who_is_on_the_list(client: Client) -> None:
    make_subscriber("pending@example.com", confirmed=False)
    make_subscriber("confirmed@example.com")
    make_subscriber("left@example.com", left=True)
    make_subscriber("complained@example.com", suppressed=True)
    Suppression.objects.add("erased@example.com", Suppression.Reason.ERASED)
    names = ("new", "pending", "confirmed", "left", "complained", "erased")
    answers = [sign_up(client, f"{name}@example.com") for name in names]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1
    assert not any(answer.cookies for answer in answers)


def test_the_answer_shows_nothing_of_what_was_typed(client: Client) -> None:
    answer = sign_up(client, "ada@example.com")
    assert "Check your inbox" in answer.content.decode()
    assert b"ada" not in answer.content
    assert answer["Cache-Control"] == "no-store"
    assert "noindex" in answer["X-Robots-Tag"]


def test_the_form_looks_the_same_for_everybody_and_sets_no_cookie(client: Client) -> None:
    answer = client.get("/newsletter/")
    assert answer.status_code == client.head("/newsletter/").status_code == 200
    assert answer["Cache-Control"].startswith("public")
    assert not answer.cookies
    assert "csrf" not in answer.content.decode()


# --- Who gets a mail ------------------------------------------------------------------------


def test_a_new_address_is_asked_by_mail(client: Client, mailoutbox: Mails) -> None:
    sign_up(client, "ada@example.com", source="/articles/gaps/")
    ada = Subscriber.objects.get()
    assert ada.status == "waiting for confirmation"
    let_workers_run()
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]
    link = re.search(r"http://\S+/newsletter/confirm/\S+", mailoutbox[0].body).group()
    assert "Yes, send me new articles" in client.get(link).content.decode()


def test_whoever_has_not_confirmed_gets_no_article(client: Client, mailoutbox: Mails) -> None:
    sign_up(client)
    let_workers_run()
    make_article(published_at=timezone.now())
    let_workers_run()
    assert [mail.subject for mail in mailoutbox] == ["Please confirm your address for Open Seat"]


def test_whoever_is_on_the_list_gets_no_second_question(client: Client, mailoutbox: Mails) -> None:
    make_subscriber("ada@example.com")
    for _ in range(3):
        sign_up(client, "ada@example.com")
    let_workers_run()
    assert mailoutbox == []
    assert not ConsentEvent.objects.exists()


def test_whoever_left_is_asked_again(client: Client, mailoutbox: Mails) -> None:
    ada = make_subscriber("ada@example.com", left=True)
    sign_up(client, "ada@example.com")
    let_workers_run()
    assert len(mailoutbox) == 1
    ada.refresh_from_db()
    assert ada.status == "left"


def test_who_was_erased_may_come_back_by_their_own_hand(client: Client, mailoutbox: Mails) -> None:
    Suppression.objects.add("ada@example.com", Suppression.Reason.ERASED)
    sign_up(client, "ada@example.com")
    let_workers_run()
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]


@pytest.mark.parametrize("reason", sorted(set(Suppression.Reason) - {Suppression.Reason.ERASED}))
def test_whom_we_must_not_write_to_gets_nothing(
    client: Client, mailoutbox: Mails, reason: str
) -> None:
    make_subscriber("ada@example.com", confirmed=False)
    for address in ("ada@example.com", "erased@example.com"):
        Suppression.objects.add(address.capitalize(), reason)
        sign_up(client, address.upper())
    let_workers_run()
    assert mailoutbox == []
    assert not Subscriber.objects.filter(address_key="erased@example.com").exists()
    assert not ConsentEvent.objects.exists()


def test_nobody_is_asked_more_than_once_an_hour(client: Client, mailoutbox: Mails) -> None:
    start = timezone.now()
    for minutes in (0, 1, 15, 31, 59):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            sign_up(client)
            let_workers_run()
    assert len(mailoutbox) == 1
    with time_machine.travel(start + timedelta(minutes=61), tick=False):
        sign_up(client)
        let_workers_run()
    assert len(mailoutbox) == 2


def test_nobody_is_asked_more_than_three_times_a_day(client: Client, mailoutbox: Mails) -> None:
    start = timezone.now()
    mails_by_hour = []
    for hour in range(27):
        with time_machine.travel(start + timedelta(hours=hour, minutes=hour), tick=False):
            sign_up(client)
            let_workers_run()
        mails_by_hour.append(len(mailoutbox))
    assert mails_by_hour[:4] == [1, 2, 3, 3]
    assert mails_by_hour[23] == 3
    assert mails_by_hour[26] == 6


def test_a_second_press_makes_no_second_mail(client: Client, mailoutbox: Mails) -> None:
    form = filled_in()
    assert [client.post(SUBSCRIBE, form).status_code for _ in range(2)] == [200, 200]
    first = let_workers_run()
    assert let_workers_run().confirmations == []
    assert len(first.confirmations) == len(mailoutbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sign_ups_at_one_moment_make_one_row_and_one_mail(mailoutbox: Mails) -> None:
    form = filled_in()
    assert at_once(lambda: Client().post(SUBSCRIBE, form).status_code) == [200] * 4
    assert Subscriber.objects.count() == 1
    assert [event.kind for event in ConsentEvent.objects.all()] == ["asked"]
    at_once(let_workers_run)
    assert len(mailoutbox) == 1


@at_the_same_time
def test_one_that_begins_while_the_other_is_being_written_down_finds_its_row(
    eventually: Callable[..., object],
) -> None:
    def sign_up_now() -> int:
        return Subscriber.objects.sign_up("ada@example.com", Origin(), timezone.now()).pk

    second = race(sign_up_now, sign_up_now, eventually)
    assert Subscriber.objects.get().pk == second
    assert [event.kind for event in ConsentEvent.objects.all()] == ["asked"]


def test_the_database_holds_one_row_for_an_address() -> None:
    make_subscriber("ada@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_subscriber("ADA@example.com")


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


# --- Bad input ------------------------------------------------------------------------------


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


# --- Robots, haste, and people without script or cookie -------------------------------------


def test_a_robot_gets_the_usual_answer_and_nothing_happens(client: Client) -> None:
    person, robot = sign_up(client, "ada@example.com"), sign_up(client, "bot@x.com", website="x")
    assert robot.status_code == person.status_code == 200
    assert robot.content == person.content
    assert Subscriber.objects.get().address == "ada@example.com"


@pytest.mark.parametrize("age", [timedelta(0), timedelta(seconds=1), timedelta(days=3)])
def test_too_fast_or_too_old_asks_for_one_more_press(client: Client, age: timedelta) -> None:
    response = sign_up(client, "Ada@Example.com", form_stamp=form_stamp(timezone.now() - age))
    assert response.status_code == 400
    assert "Please press the button once more." in response.content.decode()
    assert typed(response) == "Ada@Example.com"
    assert not Subscriber.objects.exists()
    again = sign_up(client, typed(response), **hidden_fields(response.content.decode()))
    assert again.status_code == 200
    assert Subscriber.objects.exists()


@pytest.mark.parametrize("stamp", ["", "forged", "1795408131691:QPbWsYIDz8mpfQkg2dKXTsqAIsGmvhZ"])
def test_a_form_that_is_not_ours_gets_a_few_tries(client: Client, stamp: str) -> None:
    answers = [sign_up(client, f"a{n}@example.com", form_stamp=stamp) for n in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert sign_up(client, "ada@example.com").status_code == 200


@pytest.mark.parametrize("path", ["/", "/newsletter/"])
def test_the_form_works_without_script_and_cookie_on_a_cached_page(path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    page = strict.get(path)
    later = timezone.now() + timedelta(hours=24)
    with time_machine.travel(later, tick=False):
        fields = hidden_fields(page.content.decode())
        answer = strict.post(SUBSCRIBE, {"email": "ada@example.com", "website": "", **fields})
    assert answer.status_code == 200
    assert not strict.cookies
    assert ConsentEvent.objects.get().source == path


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}]
)
def test_another_site_cannot_send_the_form(client: Client, headers: dict[str, str]) -> None:
    response = client.post(SUBSCRIBE, filled_in("ada@example.com"), headers=headers)
    assert response.status_code == 403
    assert typed(response) == "ada@example.com"
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize("email", ["ada", "ada@example.com"])
def test_an_old_browser_may_send_the_form_again(client: Client, email: str) -> None:
    """Without Fetch Metadata, a page with "no-referrer" would make it send `Origin: null`."""
    response = sign_up(client, email, form_stamp=form_stamp())
    assert response.status_code == 400
    assert response["Referrer-Policy"] == "same-origin"


# --- What is kept, and what is told to whom -------------------------------------------------


def test_a_broker_that_is_away_costs_nobody_the_mail(
    client: Client,
    mailoutbox: Mails,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(nudges.current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        assert sign_up(client).status_code == 200
    nudges.messenger.waiting.join()
    let_workers_run()
    assert len(mailoutbox) == 1


def test_no_address_gets_into_logs_or_the_queue(
    client: Client,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    caplog.set_level(logging.DEBUG)
    nudged = []
    monkeypatch.setattr(
        nudges.current_app, "send_task", lambda name, args, **_: nudged.append((name, args))
    )
    with django_capture_on_commit_callbacks(execute=True):
        for email in ("ada@example.com", "ada@example", "ada@example.com"):
            sign_up(client, email)
    nudges.messenger.waiting.join()
    let_workers_run()
    ada = Subscriber.objects.get()
    assert nudged == [("newsletter.tasks.send_confirmation", (ada.pk,))] * 2
    told = [record.getMessage() for record in caplog.records if "django.db" not in record.name]
    assert not any("ada" in line or ada.handle in line for line in told)


def test_a_mail_that_could_not_go_out_goes_out_later(
    client: Client, mailoutbox: Mails, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise ConnectionError("no mail server")

    sign_up(client)
    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr(EmailMultiAlternatives, "send", refuse)
        let_workers_run()
    assert let_workers_run().confirmations == []
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        let_workers_run()
    assert len(mailoutbox) == 1


def test_a_mail_server_that_is_away_for_weeks_is_asked_at_intervals(client: Client) -> None:
    sign_up(client)
    ada = Subscriber.objects.get()
    ada.confirmation_attempts = 1000
    now = timezone.now()
    assert ada.claim_confirmation(now)
    ada.refresh_from_db()
    assert ada.confirmation_lease_until - now == timedelta(hours=6)


def test_whoever_never_confirms_is_forgotten_after_two_weeks(client: Client) -> None:
    start = timezone.now()
    sign_up(client, "ada@example.com")
    make_subscriber("confirmed@example.com")
    make_subscriber("left@example.com", left=True)
    make_subscriber("bounced@example.com", confirmed=False, suppressed=True)
    let_workers_run()
    let_workers_run(start + timedelta(days=13, hours=23))
    assert Subscriber.objects.count() == 4
    found = let_workers_run(start + timedelta(days=14, minutes=1))
    assert found.forgotten == 2
    kept = set(Subscriber.objects.values_list("address", flat=True))
    assert kept == {"confirmed@example.com", "left@example.com"}
    assert not ConsentEvent.objects.exists()
    assert not Attempt.objects.exists()


def test_nobody_is_forgotten_while_a_fresh_link_is_in_the_inbox(
    client: Client, mailoutbox: Mails
) -> None:
    start = timezone.now()
    for days in (0, 13):
        with time_machine.travel(start + timedelta(days=days), tick=False):
            sign_up(client)
            let_workers_run()
    with time_machine.travel(start + timedelta(days=16), tick=False):
        let_workers_run()
        link = re.search(r"http://\S+/newsletter/confirm/\S+", mailoutbox[1].body).group()
        assert client.get(link).status_code == 200
    assert let_workers_run(start + timedelta(days=28)).forgotten == 1


def test_the_minimum_is_short_enough_for_a_browser_that_fills_in_by_itself() -> None:
    assert timedelta(seconds=1) <= MINIMUM_FILL <= timedelta(seconds=3)


def test_the_address_of_the_form_is_the_one_that_others_rely_on() -> None:
    assert reverse("newsletter_subscribe") == SUBSCRIBE
