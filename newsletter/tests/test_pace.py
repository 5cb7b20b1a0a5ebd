"""Limits on the pace hold for all workers together, and the warm-up doubles day by day."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from careersite.supervisor import ROOT
from careersite.tests.provider import Answer, Provider
from conftest import live_database_url
from newsletter.models import Campaign, Delivery, SendingLimit
from newsletter.models.rate import SLOWED_FOR
from newsletter.sending import turn
from newsletter.states import State
from newsletter.tests.factories import (
    at_once,
    let_workers_run,
    make_campaign,
    make_mailing,
    send,
    staff,
)
from newsletter.tests.races import at_the_same_time

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=s) for s in (1, 60, 3600, 86_400))
PLENTY = 100_000


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def limit(**fields: object) -> SendingLimit:
    return SendingLimit.objects.create(way="locmem", **fields)


def ask(count: int, now: datetime = NOON) -> int:
    return SendingLimit.objects.allowance(count, now).count


def passed_in(period: timedelta, step: timedelta, count: int, workers: int = 2) -> int:
    """What so many workers get who ask at every step, from NOON on."""
    moments = [NOON + n * step for n in range(int(period / step))]
    return sum(ask(count, now) for now in moments for _ in range(workers))


# --- The pace -----------------------------------------------------------------------------


def test_without_a_limit_it_is_one_small_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_num_queries(1):
        assert ask(PLENTY) == PLENTY
    limit()
    with django_assert_num_queries(1):
        assert ask(PLENTY) == PLENTY


def test_so_many_a_second_over_a_minute_whoever_asks() -> None:
    limit(per_second=10)
    assert 570 <= passed_in(MINUTE, 0.5 * SECOND, count=7) <= 630


def test_so_many_an_hour_spread_over_the_hour() -> None:
    limit(per_hour=600)
    assert passed_in(10 * MINUTE, 10 * SECOND, count=50) == pytest.approx(100 + 10, abs=5)


def test_the_stricter_of_two_limits_holds() -> None:
    limit(per_second=100, per_hour=60)
    assert passed_in(MINUTE, 10 * SECOND, count=50) <= 2


def test_who_gets_nothing_is_told_when_to_ask_again() -> None:
    limit(per_second=10)
    assert ask(PLENTY) == 10
    refused = SendingLimit.objects.allowance(4, NOON)
    assert (refused.count, refused.again_at) == (0, NOON + 0.4 * SECOND)
    assert ask(4, refused.again_at) == 4


def test_what_is_not_used_is_given_back() -> None:
    limit(per_second=10, per_day=20)
    assert ask(8) == 8
    SendingLimit.objects.give_back(5)
    assert [ask(PLENTY), ask(PLENTY)] == [7, 0]
    assert SendingLimit.objects.get().sent_that_day == 10


def test_a_clock_that_is_set_back_a_day_stops_nothing() -> None:
    limit(per_second=10)
    ask(PLENTY)
    assert ask(PLENTY, NOON - DAY) == 10
    assert ask(5, NOON - DAY + SECOND) == 5


def test_two_clocks_that_differ_a_little_fill_nothing_twice() -> None:
    limit(per_second=10)
    ask(PLENTY)
    total = sum(ask(1, NOON + n % 2 * 0.5 * SECOND) for n in range(20))
    assert total <= 5


def test_of_two_who_saw_the_same_room_one_gets_it() -> None:
    limit(per_second=10)
    first, second = SendingLimit.objects.get(), SendingLimit.objects.get()
    assert [first.take(10, NOON), second.take(10, NOON)] == [True, False]


@at_the_same_time
def test_workers_at_one_moment_share_one_bucket() -> None:
    limit(per_second=10)
    assert sum(at_once(lambda: sum(ask(3) for _ in range(4)))) == 10
    assert SendingLimit.objects.get().sent_that_day == 10


def asking_process(count: int) -> subprocess.Popen:
    """One of its own, that asks again and again at the same moment, and prints what it got."""
    asked = (
        f"allowance(3, datetime.fromisoformat({NOON.isoformat()!r})).count for _ in range({count})"
    )
    script = (
        "from datetime import datetime; from newsletter.models import SendingLimit; "
        f"print(sum(SendingLimit.objects.{asked}))"
    )
    return subprocess.Popen(
        [sys.executable, "manage.py", "shell", "--no-imports", "--command", script],
        **{"cwd": ROOT, "stdout": subprocess.PIPE, "text": True},
        env={**os.environ, "DATABASE_URL": live_database_url(), "EMAIL_URL": "smtp://127.0.0.1:9"},
    )


@at_the_same_time
def test_processes_share_one_bucket_and_leave_it_to_the_next(settings: object) -> None:
    settings.EMAIL_BACKEND = "newsletter.smtp.EmailBackend"
    SendingLimit.objects.create(way="smtp", per_second=10)
    processes = [asking_process(6) for _ in range(2)]
    assert sum(int(process.communicate()[0]) for process in processes) == 10
    assert ask(PLENTY) == 0  # as a process finds it that is started later


def test_each_way_has_limits_of_its_own(settings: object) -> None:
    limit(per_second=1)
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    assert ask(PLENTY) == PLENTY
    SendingLimit.objects.create(way="mailgun", per_second=5)
    assert ask(PLENTY) == 5


@pytest.mark.parametrize("name", ["per_second", "per_hour", "per_day", "warm_up_first_day"])
def test_a_limit_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="pause the campaign"):
        SendingLimit(way="smtp", **{name: 0}).full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        limit(**{name: 0})


# --- Warming up ---------------------------------------------------------------------------


def test_twice_as_many_on_each_day_up_to_the_limit() -> None:
    limit(warm_up_from=NOON.date(), warm_up_first_day=50, per_day=300)
    assert [ask(PLENTY, NOON + n * DAY) for n in range(5)] == [50, 100, 200, 300, 300]
    assert ask(1, NOON + 4 * DAY) == 0


def test_without_a_limit_it_just_goes_on_doubling() -> None:
    limit(warm_up_from=date(2025, 1, 1), warm_up_first_day=1)
    assert ask(PLENTY) == PLENTY


def test_the_day_is_that_of_the_sites_zone(settings: object) -> None:
    settings.TIME_ZONE = "Asia/Tokyo"
    limit(per_day=5)
    assert ask(PLENTY) == 5
    again_at = SendingLimit.objects.allowance(1, NOON).again_at
    assert again_at == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert ask(PLENTY, again_at) == 5


# --- A worker's turn ----------------------------------------------------------------------


def test_a_worker_sends_what_is_allowed_and_the_rest_another_day(
    clock: time_machine.Traveller,
) -> None:
    limit(per_day=2)
    campaign = make_mailing(readers=5)
    assert [send(campaign), send(campaign)] == [2, 0]
    assert SendingLimit.objects.get().sent_that_day == 2
    clock.shift(DAY)
    assert send(campaign) == 2
    clock.shift(DAY)
    assert send(campaign) == 1
    assert SendingLimit.objects.get().sent_that_day == 1
    assert campaign.tally() == {State.ACCEPTED: 5}


def test_a_worker_waits_where_the_wait_is_short(
    clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(per_second=2)
    waits = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        clock.shift(seconds)

    monkeypatch.setattr(turn.time, "sleep", wait)
    assert send(make_mailing(readers=6)) == 6
    assert 2 <= sum(waits) <= 2.6


# --- The other side is too slow for us ----------------------------------------------------


@pytest.fixture
def mailgun(settings: object, provider: Provider) -> Provider:
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    urls = {"MAILGUN_API_URL": f"{provider.url}/v3", "MAILGUN_SENDER_DOMAIN": "example.org"}
    settings.ANYMAIL = {"MAILGUN_API_KEY": "key", "BATCH_SIZE": "1", **urls}
    provider.answer = lambda _: Answer(200, {"id": "<1@example.org>", "message": "Queued."})
    return provider


def test_too_many_requests_close_the_way_for_all_and_halve_the_pace_for_a_while(
    clock: time_machine.Traveller, mailgun: Provider
) -> None:
    SendingLimit.objects.create(way="mailgun", per_second=10)
    first = make_mailing(readers=3)
    other = make_campaign()
    other.expand(NOON)
    mailgun.next_answers.append(Answer(429, {}, {"Retry-After": "90"}))
    send(first)
    assert send(other) == 0
    clock.shift(91 * SECOND)
    assert ask(PLENTY, timezone.now()) == 5
    clock.shift(SLOWED_FOR)
    assert ask(PLENTY, timezone.now()) == 10


def test_without_a_limit_the_pace_of_the_last_minute_is_halved(
    clock: time_machine.Traveller, mailgun: Provider
) -> None:
    campaign = make_mailing(readers=3)
    at = NOON - 10 * SECOND
    sent = [
        Delivery(campaign=campaign, address_key=str(n), state=State.DELIVERED, queued_at=at)
        for n in range(160)
    ]
    for delivery in sent:
        delivery.submitted_at = at
    Delivery.objects.bulk_create(sent)
    mailgun.next_answers.append(Answer(429, {}))
    send(campaign)
    assert SendingLimit.objects.get(way="mailgun").a_second_now(NOON) == 8
    clock.shift(2 * SLOWED_FOR)
    assert let_workers_run().campaigns == [campaign.pk]
    assert Campaign.objects.get().tally()[State.ACCEPTED] == 3


# --- On the desk --------------------------------------------------------------------------

LIST = reverse("admin:newsletter_sendinglimit_changelist")
ADD = reverse("admin:newsletter_sendinglimit_add")


def test_staff_who_may_set_limits_and_see_what_went_out_today() -> None:
    client = staff("view_sendinglimit", "add_sendinglimit", "change_sendinglimit")
    assert 'value="locmem"' in client.get(ADD).content.decode()
    filled_in = {"way": "locmem", "per_day": "20", "warm_up_first_day": "200"}
    assert client.post(ADD, filled_in).status_code == 302
    assert ask(5, timezone.now()) == 5
    SendingLimit.objects.slow_down(make_campaign(), timezone.now())
    page = client.get(
        reverse("admin:newsletter_sendinglimit_change", args=[SendingLimit.objects.get().pk])
    ).content.decode()
    assert "5 of 20 sent" in page
    assert "at most 5.0 a second until" in page
    assert "To send nothing" in client.post(ADD, {**filled_in, "per_day": "0"}).content.decode()


def test_other_staff_and_strangers_set_none() -> None:
    other = staff("change_campaign")
    for url in (LIST, ADD):
        assert other.get(url).status_code == other.post(url, {"way": "smtp"}).status_code == 403
        assert Client().get(url).status_code == 302
    assert not SendingLimit.objects.exists()
