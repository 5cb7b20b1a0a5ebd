"""How long a sign-up takes tells nobody who is on the list, whatever the database and broker do."""

from threading import Event

import pytest
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from blog import nudges
from newsletter.models import Suppression
from newsletter.tests.factories import make_subscriber
from newsletter.tests.test_sign_up import sign_up
from newsletter.views import pace

pytestmark = pytest.mark.django_db


def test_nobody_learns_it_from_the_clock(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_subscriber("confirmed@example.com")
    Suppression.objects.add("erased@example.com", Suppression.Reason.ERASED)
    pauses = []
    monkeypatch.setattr(pace, "STEP_S", 1000)
    monkeypatch.setattr(pace.time, "sleep", pauses.append)
    for name in ("new", "new", "confirmed", "erased"):
        sign_up(client, f"{name}@example.com")
    assert len(pauses) == 4
    assert all(900 < pause <= 1000 for pause in pauses)


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
        speaks.wait()
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
