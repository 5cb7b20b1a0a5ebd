"""Reports of nobody we know, and how little of any report is kept."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from newsletter import sweeping
from newsletter.models import Delivery, Subscriber, Suppression, WebhookEvent
from newsletter.personal_data import erase
from newsletter.states import State
from newsletter.tests.reports.reporting import NOON, READER, reason, sent_mail, tell

pytestmark = pytest.mark.django_db


def test_a_stranger_is_ignored_and_counted(noon: time_machine.Traveller) -> None:
    tell("bounced", recipient="stranger@example.com", message_id="other", word="hard_bounce")
    tell("delivered", Delivery(pk=999_999), recipient="stranger@example.com")
    noon.shift(timedelta(hours=2))
    assert sweeping.sweep(timezone.now()).reports == 2
    assert list(WebhookEvent.objects.values_list("effect", "recipient")) == [("nobody", "")] * 2
    assert not Suppression.objects.exists()


def test_an_erased_person_is_a_stranger(noon: time_machine.Traveller) -> None:
    delivery = sent_mail()
    erase(READER, NOON)
    tell("complained", delivery)
    delivery.refresh_from_db()
    assert delivery.state == State.COMPLAINED
    assert reason() == "erased"
    assert not Subscriber.objects.exists()


def test_reports_are_forgotten_after_a_month(noon: time_machine.Traveller) -> None:
    tell("delivered", sent_mail())
    noon.shift(timedelta(days=29))
    sweeping.sweep(timezone.now())
    assert WebhookEvent.objects.count() == 1
    noon.shift(timedelta(days=2))
    sweeping.sweep(timezone.now())
    assert not WebhookEvent.objects.exists()


def test_no_address_stands_in_the_log_or_stays_in_what_a_server_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    delivery = sent_mail()
    tell("bounced", delivery, word="hard_bounce", mta_response=f"550 5.1.1 <{READER}>: unknown")
    assert READER not in caplog.text
    delivery.refresh_from_db()
    assert delivery.reason == WebhookEvent.objects.get().reason == "550 5.1.1 <(address)>: unknown"
