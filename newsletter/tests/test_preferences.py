"""The page of choices: opened by a link of one's own, without cookie; looking changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from blog.models import Topic
from blog.tests.factories import make_article, make_topic
from newsletter.consent import Origin
from newsletter.models import ConsentEvent, Delivery, Preferences, Subscriber
from newsletter.states import State
from newsletter.tests.factories import (
    all_rows,
    choose,
    let_workers_run,
    make_mailing,
    make_subscriber,
)
from newsletter.tests.readers import link, press
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


def history() -> list[tuple[str, str]]:
    return list(ConsentEvent.objects.values_list("kind", "detail"))


def public_topic(name: str) -> Topic:
    topic = make_topic(name)
    make_article(f"About {name}", topics=[topic], wants_notice=False)
    return topic


# --- The page -----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
@pytest.mark.parametrize("act", ["leave", "data", "choose&frequency=weekly", "pause&length=1"])
def test_looking_changes_nothing(client: Client, method: str, act: str) -> None:
    address = link(make_subscriber())
    before = all_rows()
    getattr(client, method)(f"{address}?act={act}&resubscribe=1")
    assert all_rows() == before


def test_the_page_is_for_one_person_and_leaves_no_trace(client: Client) -> None:
    response = client.get(link(make_subscriber("ada@example.com")))
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    page = response.content.decode()
    assert "a…@example.com" in page
    assert "ada@example.com" not in page
    assert "<script" not in page


@pytest.mark.parametrize("purpose", [Purpose.CONFIRM, Purpose.UNSUBSCRIBE, Purpose.YOUR_DATA])
def test_a_link_for_something_else_opens_nothing(client: Client, purpose: Purpose) -> None:
    subscriber = make_subscriber()
    assert client.get(link(subscriber, purpose)).status_code == 404


def test_the_link_stands_in_each_copy_of_a_notice(client: Client, mailoutbox: list) -> None:
    make_mailing(readers=2)
    let_workers_run()
    for mail in mailoutbox:
        [address] = [word for word in mail.body.split() if "/newsletter/preferences/" in word]
        assert address in mail.alternatives[0].content
        assert client.get(address.removeprefix("http://127.0.0.1:8000")).status_code == 200
    assert len({mail.body for mail in mailoutbox}) == 2


# --- How often, about what ----------------------------------------------------------------


def test_what_is_chosen_is_kept_and_written_down() -> None:
    pay, offers = public_topic("Pay"), public_topic("Offers")
    subscriber = make_subscriber()
    page = press(subscriber, "choose", frequency="weekly", topics=[pay.pk, offers.pk])
    assert "Your choice is kept" in page.content.decode()
    assert Preferences.of(subscriber) == Preferences("weekly", frozenset({pay.pk, offers.pk}))
    press(subscriber, "choose", frequency="every")
    assert Preferences.of(subscriber) == Preferences("every")
    assert history() == [
        ("chose", "one mail a week; Offers, Pay"),
        ("chose", "each new article; all topics"),
    ]


def test_the_same_choice_again_is_no_event() -> None:
    subscriber = make_subscriber()
    for _ in range(2):
        press(subscriber, "choose", frequency="weekly")
    assert len(history()) == 1


def test_a_choice_we_do_not_offer_changes_nothing() -> None:
    subscriber, hidden = make_subscriber(), make_topic("Nothing yet")
    public_topic("Pay")
    for topic in (hidden.pk, "9" * 40, "\0"):
        assert press(subscriber, "choose", frequency="weekly", topics=topic).status_code == 400
    for wrong in ({"frequency": "daily"}, {}):
        assert press(subscriber, "choose", **wrong).status_code == 400
    assert Preferences.of(subscriber) == Preferences("every")
    assert history() == []


def test_a_topic_stays_chosen_while_it_has_no_article() -> None:
    subscriber, quiet = make_subscriber(), make_topic("Quiet")
    choose(subscriber, quiet)
    press(subscriber, "choose", frequency="weekly", topics=[quiet.pk])
    assert Preferences.of(subscriber) == Preferences("weekly", frozenset({quiet.pk}))


def test_nobody_can_be_named_but_by_the_link() -> None:
    ada, ben = make_subscriber("ada@example.com"), make_subscriber("ben@example.com")
    press(ada, "leave", email=ben.address, pk=ben.pk, token=ben.handle)
    ben.refresh_from_db()
    assert (ada.status, ben.status) == ("left", "confirmed")


# --- A rest -------------------------------------------------------------------------------


@time_machine.travel(NOW, tick=False)
def test_a_rest_drops_what_waits_and_ends_on_its_day(settings: Settings) -> None:
    campaign = make_mailing()
    subscriber = Subscriber.objects.get()
    page = press(subscriber, "pause", length="2")
    assert subscriber.paused_until == datetime(2026, 12, 4, tzinfo=UTC)
    assert "no mails before <b>4 December 2026</b>" in page.content.decode()
    assert campaign.deliveries.get().reason == "paused"
    let_workers_run()
    assert campaign.tally() == {State.SKIPPED: 1}
    assert Subscriber.objects.reachable(NOW + timedelta(days=14)).exists()


@time_machine.travel(NOW, tick=False)
def test_a_rest_can_end_before_its_day() -> None:
    subscriber = make_subscriber()
    for _ in range(2):
        press(subscriber, "pause", length="day", day="2027-01-31")
    assert subscriber.is_resting(NOW)
    for _ in range(2):
        press(subscriber, "end_pause")
    assert not subscriber.is_resting(NOW)
    assert history() == [("paused", "until 2027-01-31 00:00 UTC"), ("unpaused", "")]


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize("day", ["", "2026-11-20", "2026-11-01", "2028-01-01", "soon", "31.1.2027"])
def test_a_rest_needs_a_day_that_can_be(day: str) -> None:
    subscriber = make_subscriber()
    assert press(subscriber, "pause", length="day", day=day).status_code == 400
    assert subscriber.paused_until is None


def test_a_mail_that_comes_back_from_the_wire_during_a_rest_does_not_go_again() -> None:
    campaign = make_mailing()
    subscriber = Subscriber.objects.get()
    subscriber.pause(timezone.now() + timedelta(days=7), Origin(), timezone.now())
    campaign.deliveries.update(state=State.QUEUED)
    let_workers_run()
    assert Delivery.objects.get().reason == "paused"


# --- Leaving ------------------------------------------------------------------------------


def test_one_can_leave_and_come_back() -> None:
    subscriber = make_subscriber()
    assert "You get no more mails" in press(subscriber, "leave").content.decode()
    assert subscriber.status == "left"
    press(subscriber, "choose", frequency="weekly")
    assert subscriber.frequency == "every"
    press(subscriber, "", resubscribe="1")
    assert subscriber.status == "confirmed"
    assert [kind for kind, _ in history()] == ["unsubscribed", "resubscribed"]


def test_whoever_must_get_no_mail_chooses_nothing() -> None:
    subscriber = make_subscriber(suppressed=True)
    page = press(subscriber, "choose", frequency="weekly").content.decode()
    assert "You get no more mails" in page
    assert "Sign me up again" not in page
    assert subscriber.frequency == "every"
