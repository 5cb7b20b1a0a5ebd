"""Nudges: nobody waits for the broker, and what it does not take is dropped."""

import os
from threading import Event

import pytest

from blog import nudges
from blog.nudges import Messenger, Nudge

TASK = "newsletter.tasks.sweep"
GIVEN_UP_AFTER_S = 20


@pytest.fixture
def brought(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The ids that the broker was given."""
    taken = []
    monkeypatch.setattr(nudges.current_app, "send_task", lambda _, args, **__: taken.append(args))
    return taken


def test_they_are_brought_one_after_the_other(brought: list) -> None:
    messenger = Messenger()
    for number in range(20):
        messenger.take(Nudge(TASK, (number,)))
    messenger.finish()
    assert brought == [(number,) for number in range(20)]


def test_one_that_fails_does_not_stop_the_next(
    brought: list, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    send = nudges.current_app.send_task

    def refuse_the_first(name: str, args: tuple[int, ...], **more: object) -> None:
        if args == (1,):
            raise ConnectionError("no broker")
        send(name, args, **more)

    monkeypatch.setattr(nudges.current_app, "send_task", refuse_the_first)
    messenger = Messenger()
    for number in (1, 2):
        messenger.take(Nudge(TASK, (number,)))
    messenger.finish()
    assert brought == [(2,)]
    assert "No broker for newsletter.tasks.sweep(1,); the sweep will find it" in caplog.text


def test_a_process_that_forks_after_the_first_has_its_own_brought(brought: list) -> None:
    messenger = Messenger()
    messenger.take(Nudge(TASK, (1,)))
    messenger.waiting.join()
    ours, theirs = os.pipe()
    if not (child := os.fork()):
        try:
            messenger.finish()  # what its parent began is not its own to end
            messenger.take(Nudge(TASK, (2,)))
            messenger.finish()
            os.write(theirs, bytes(number for (number,) in brought))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(theirs)
    assert os.read(ours, 10) == bytes([1, 2])
    os.close(ours)
    messenger.take(Nudge(TASK, (3,)))
    messenger.finish()
    assert brought == [(1,), (3,)]


def test_one_that_waited_too_long_is_not_brought_any_more(brought: list) -> None:
    messenger = Messenger()
    messenger.take(Nudge(TASK, (1,), at_s=-nudges.LIVES_S))
    messenger.take(Nudge(TASK, (2,)))
    messenger.finish()
    assert brought == [(2,)]


def test_a_silent_broker_fills_no_memory(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    speaks, taken = Event(), []

    def wait(_: str, args: tuple[int, ...], **__: object) -> None:
        speaks.wait(GIVEN_UP_AFTER_S)
        taken.append(args)

    monkeypatch.setattr(nudges, "MOST_WAITING", 5)
    monkeypatch.setattr(nudges.current_app, "send_task", wait)
    messenger = Messenger()
    for number in range(10):
        messenger.take(Nudge(TASK, (number,)))
    assert "Too many nudges wait" in caplog.text
    speaks.set()
    messenger.waiting.join()
    assert 5 <= len(taken) <= 6
