"""What stands in for a CSRF token: who sends the form, how fast, and how often."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core import signing
from django.http import HttpRequest
from django.test import RequestFactory
from pytest_django import Settings

from blog.models import Attempt
from blog.public_forms import (
    MINIMUM_FILL,
    SHARED_STAMP_STEP,
    SIGNER_SALT,
    STAMP_LIFETIME,
    Limit,
    Verdict,
    form_stamp,
    judge,
    note_attempts,
    shared_form_stamp,
)
from blog.views.furniture import PUBLIC_CACHE

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
MOMENT = timedelta(milliseconds=1)
LIMIT = Limit("a form", 3, HOUR)


def sent(stamp: str | None, headers: dict[str, str] | None = None, **more: str) -> HttpRequest:
    fields = more if stamp is None else {"form_stamp": stamp, **more}
    return RequestFactory(headers=headers).post("/", fields)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [
        (-HOUR, Verdict.HASTY),
        (timedelta(0), Verdict.HASTY),
        (MINIMUM_FILL - MOMENT, Verdict.HASTY),
        (MINIMUM_FILL, Verdict.WELCOME),
        (HOUR, Verdict.WELCOME),
        (STAMP_LIFETIME, Verdict.WELCOME),
        (STAMP_LIFETIME + MOMENT, Verdict.HASTY),
    ],
)
def test_a_form_takes_time_but_not_days(age: timedelta, verdict: Verdict) -> None:
    assert judge(sent(form_stamp(NOW - age)), NOW) is verdict


def test_a_stamp_outlives_the_oldest_cached_page() -> None:
    oldest_s = sum(int(seconds) for seconds in re.findall(r"=(\d+)", PUBLIC_CACHE))
    assert timedelta(seconds=oldest_s) + SHARED_STAMP_STEP < STAMP_LIFETIME


def test_a_page_for_many_has_the_same_stamp_for_some_minutes() -> None:
    moments = [NOW, NOW + MOMENT, NOW + SHARED_STAMP_STEP - MOMENT]
    assert {shared_form_stamp(moment) for moment in moments} == {form_stamp(NOW)}
    assert shared_form_stamp(NOW + SHARED_STAMP_STEP) != form_stamp(NOW)


@pytest.mark.parametrize("filled", [MINIMUM_FILL, SHARED_STAMP_STEP, HOUR])
@pytest.mark.parametrize("into_the_step", [timedelta(0), MOMENT, SHARED_STAMP_STEP - MOMENT])
def test_whoever_takes_his_time_is_welcome_on_a_page_for_many(
    filled: timedelta, into_the_step: timedelta
) -> None:
    read_at = NOW + into_the_step
    assert judge(sent(shared_form_stamp(read_at)), read_at + filled) is Verdict.WELCOME


def test_at_the_start_of_a_step_haste_shows_on_a_page_for_many_too() -> None:
    assert judge(sent(shared_form_stamp(NOW)), NOW + MINIMUM_FILL - MOMENT) is Verdict.HASTY


@pytest.mark.parametrize(
    "stamp",
    [
        None,
        *("", "0", "nonsense", "1795408131691", "1795408131691:", ":", "\x00", "9" * 10_000),
        "1795408131691:QPbWsYIDz8mpfQkg2dKXTsqAIsGmvhZKRzoCnrEts20",
        signing.Signer(salt="another form").sign("1795408131691"),
        signing.Signer(salt=SIGNER_SALT).sign("not a number"),
    ],
)
def test_a_stamp_that_is_not_ours_is_none(stamp: str | None) -> None:
    assert judge(sent(stamp), NOW) is Verdict.UNSTAMPED


def test_a_stamp_cannot_be_moved_in_time() -> None:
    time, _, signature = form_stamp(NOW).partition(":")
    earlier = f"{int(time) - 60_000}:{signature}"
    assert judge(sent(earlier), NOW) is Verdict.UNSTAMPED


def test_a_stamp_outlives_a_change_of_the_secret_key(settings: Settings) -> None:
    settings.SECRET_KEY = "old"
    stamp = form_stamp(NOW - HOUR)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", ["old"]
    assert judge(sent(stamp), NOW) is Verdict.WELCOME


def test_what_only_robots_fill_in_gives_them_away() -> None:
    stamp = form_stamp(NOW - HOUR)
    assert judge(sent(stamp, website="https://spam.example"), NOW) is Verdict.ROBOT
    assert judge(sent(None, website="x"), NOW) is Verdict.ROBOT
    assert judge(sent(stamp, website=""), NOW) is Verdict.WELCOME


def test_another_site_is_told_apart_before_all_else() -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    assert judge(sent(form_stamp(NOW - HOUR), headers), NOW) is Verdict.FOREIGN
    assert judge(sent(None, headers, website="x"), NOW) is Verdict.FOREIGN


@pytest.mark.django_db
def test_a_limit_is_reached_by_so_many_within_its_time() -> None:
    for minutes in (50, 40):
        note_attempts({LIMIT: "one"}, NOW - timedelta(minutes=minutes))
    assert not LIMIT.is_reached("one", NOW)
    note_attempts({LIMIT: "one"}, NOW)
    assert LIMIT.is_reached("one", NOW)
    assert not LIMIT.is_reached("one", NOW + timedelta(minutes=11))


@pytest.mark.django_db
def test_limits_do_not_count_one_another() -> None:
    for _ in range(3):
        note_attempts({LIMIT: "one", Limit("another form", 3, HOUR): "two"}, NOW)
    assert LIMIT.is_reached("one", NOW)
    assert not LIMIT.is_reached("two", NOW)
    assert Limit("another form", 3, HOUR).is_reached("two", NOW)


@pytest.mark.django_db
def test_an_attempt_keeps_only_a_fingerprint_and_goes_after_two_days() -> None:
    note_attempts({LIMIT: "192.0.2.1"}, NOW)
    note_attempts({LIMIT: "192.0.2.1"}, NOW - timedelta(hours=48, seconds=1))
    assert not any("192" in str(row) for row in Attempt.objects.values_list("scope", "key"))
    assert Attempt.objects.forget_old(NOW) == 1
    assert Attempt.objects.get().at == NOW
