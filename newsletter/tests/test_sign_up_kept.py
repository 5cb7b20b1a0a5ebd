"""Of a sign-up no mail is lost, nothing is told, and nothing is kept for too long."""

import logging
import re
from datetime import timedelta

import pytest
import time_machine
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from blog import nudges
from blog.models import Attempt
from newsletter.models import ConsentEvent, Subscriber
from newsletter.tests.factories import let_workers_run, make_subscriber
from newsletter.tests.readers import Mails, sign_up

pytestmark = pytest.mark.django_db


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
