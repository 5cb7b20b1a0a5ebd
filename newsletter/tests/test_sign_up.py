"""Signing up: one answer for everybody, one mail for whoever it was."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from blog.tests.factories import make_article
from newsletter.consent import Origin
from newsletter.models import ConsentEvent, Subscriber, Suppression
from newsletter.tests.factories import at_once, filled_in, let_workers_run, make_subscriber
from newsletter.tests.races import at_the_same_time, race
from newsletter.tests.readers import SUBSCRIBE, Mails, sign_up

pytestmark = pytest.mark.django_db


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
