"""How long a sign-up takes tells nobody who is on the list, whatever the database and broker do."""

from threading import Event

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from blog import nudges
from newsletter.models import Subscriber, Suppression
from newsletter.tests.factories import make_subscriber
from newsletter.tests.readers import ask, press, sign_up
from newsletter.views import pace

pytestmark = pytest.mark.django_db

GIVEN_UP_AFTER_S = 20


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Before each answer, where a step lasts a thousand seconds."""
    pauses = []
    monkeypatch.setattr(pace, "STEP_S", 1000)
    monkeypatch.setattr(pace.time, "sleep", pauses.append)
    return pauses


def test_nobody_learns_it_from_the_clock(client: Client, pauses: list[float]) -> None:
    make_subscriber("confirmed@example.com")
    Suppression.objects.add("erased@example.com", Suppression.Reason.ERASED)
    for name in ("new", "new", "confirmed", "erased"):
        sign_up(client, f"{name}@example.com")
    assert len(pauses) == 4
    assert all(900 < pause <= 1000 for pause in pauses)


def test_nor_by_asking_for_a_link_or_for_mails_at_another_address(pauses: list[float]) -> None:
    known = make_subscriber("known@example.com")
    for address in ("known@example.com", "unknown@example.com"):
        for more in ({}, {"data": "1"}):
            ask(address, **more)
        press(known, "address", email=address)
    assert len(pauses) == 6
    assert all(900 < pause <= 1000 for pause in pauses)


def test_for_everybody_it_is_one_transaction_whether_there_is_something_to_write() -> None:
    """On SQLite that is one wait for one lock."""
    with pytest.raises(ZeroDivisionError), pace.at_one_pace():
        make_subscriber()
        1 / 0  # noqa: B018
    assert not Subscriber.objects.exists()


@pytest.mark.parametrize(("took_s", "pause_s"), [(0, 0), (0.25, 0.75), (3.75, 0.25)])
def test_on_a_slow_day_the_answer_comes_with_a_later_step(
    monkeypatch: pytest.MonkeyPatch, took_s: float, pause_s: float
) -> None:
    clock, pauses = iter((7, 7 + took_s)), []
    monkeypatch.setattr(pace, "STEP_S", 1)
    monkeypatch.setattr(pace.time, "monotonic", clock.__next__)
    monkeypatch.setattr(pace.time, "sleep", pauses.append)
    with pace.at_one_pace():
        pass
    assert pauses == [pause_s]


def test_a_silent_broker_keeps_nobody_waiting_whoever_it_is(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    speaks, asked = Event(), []

    def wait(name: str, **_: object) -> None:
        speaks.wait(GIVEN_UP_AFTER_S)
        asked.append(name)

    monkeypatch.setattr(nudges.current_app, "send_task", wait)
    make_subscriber("confirmed@example.com")
    try:
        with django_capture_on_commit_callbacks(execute=True):
            for name in ("new", "new", "confirmed"):
                assert sign_up(client, f"{name}@example.com").status_code == 200
        assert asked == []
    finally:
        speaks.set()
        nudges.messenger.waiting.join()
    assert asked == ["newsletter.tasks.send_confirmation"] * 3
