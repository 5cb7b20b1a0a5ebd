"""A worker's turn at a campaign, against a real SMTP server: each mail once, trouble contained."""

import logging
import socket
from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.utils import timezone

from careersite.tests.smtp_sink import HANG_UP, SmtpSink
from newsletter import sweeping
from newsletter.models import Campaign, Delivery
from newsletter.models.delivery import MAX_ATTEMPTS
from newsletter.sending.turn import PATIENCE, REST
from newsletter.states import State
from newsletter.tests.factories import (
    at_once,
    let_workers_run,
    mail_through,
    make_mailing,
    make_subscriber,
    send,
)
from newsletter.tests.races import at_the_same_time

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def sink(settings: object, smtp_sink: SmtpSink) -> SmtpSink:
    mail_through(settings, smtp_sink.port)
    return smtp_sink


def reload(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(pk=campaign.pk)


def test_each_gets_one_mail_in_an_envelope_of_his_own(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=120)
    assert send(campaign) == 120
    assert sorted(sink.recipients()) == sorted(d.address for d in campaign.deliveries.all())
    assert all([mail.message["To"]] == list(mail.recipients) for mail in sink.received)
    assert reload(campaign).status == "sent"
    assert send(campaign) == 0
    assert campaign.deliveries.filter(attempts=1, settled_at__isnull=False).count() == 120


@at_the_same_time
def test_workers_share_a_campaign_and_send_each_mail_once(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=130)
    workers = 4 if connection.vendor == "postgresql" else 2
    tried = at_once(lambda: send(campaign), workers)
    assert sum(tried) == 130
    assert len(sink.recipients()) == len(set(sink.recipients())) == 130
    assert reload(campaign).status == "sent"


@at_the_same_time
@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL does so anyway")
def test_a_mark_is_on_the_disk_before_its_mail_goes_out(sink: SmtpSink) -> None:
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
        send(make_mailing())
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps its plans by itself")
def test_what_is_said_for_each_mail_is_planned_once(sink: SmtpSink) -> None:
    assert send(make_mailing(readers=30)) == 30
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(generic_plans), max(custom_plans) FROM pg_prepared_statements"
            " WHERE statement LIKE '%set_config%'"
        )
        kept, anew = cursor.fetchone()
    assert kept > 20 > 6 > anew


def test_a_turn_without_time_left_tries_nothing_and_keeps_nothing(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=3)
    assert sweeping.send_some(campaign.pk, 0, timezone.now) == 0
    assert campaign.tally() == {State.QUEUED: 3}


# --- One mail that cannot be sent ---------------------------------------------------------


@pytest.mark.parametrize(
    "poison",
    ["reader@exa\u202emple.com", "a@b@example.com", "a@example.com\nBcc: other@example.com"],
)
def test_an_address_that_cannot_be_written_fails_and_the_others_go_out(
    sink: SmtpSink, poison: str
) -> None:
    make_subscriber(poison)
    campaign = make_mailing(readers=2)
    send(campaign)
    assert sorted(sink.recipients()) == ["reader1@example.com", "reader2@example.com"]
    assert campaign.deliveries.get(address=poison).state == State.FAILED
    assert reload(campaign).status == "sent"


def test_a_failing_database_while_a_mail_is_written_costs_nobody_a_mail(
    sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = make_mailing(readers=2)

    def fail(*_: object) -> None:
        raise OperationalError("the database system is shutting down")

    with monkeypatch.context() as broken:
        broken.setattr("newsletter.sending.wires.campaign_mail", fail)
        send(campaign)
    assert campaign.tally() == {State.QUEUED: 2}
    with time_machine.travel(timezone.now() + HOUR):
        send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2}


def test_tries_grow_further_apart_and_after_the_last_it_is_a_failure(sink: SmtpSink) -> None:
    campaign = make_mailing()
    sink.answer("RCPT", "450 4.2.0 Try again later")
    waits = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        while send(campaign):
            delivery = Delivery.objects.get()
            if delivery.state == State.FAILED:
                break
            waits.append((delivery.not_before - timezone.now()).total_seconds() / 60)
            assert send(campaign) == 0
            clock.move_to(delivery.not_before)
    assert delivery.attempts == MAX_ATTEMPTS == 6
    assert delivery.reason.startswith("450")
    for wait, meant in zip(waits, (1, 2, 4, 8, 16), strict=True):
        assert 0.8 * meant <= wait <= 1.2 * meant
    assert reload(campaign).status == "sent"


def test_tries_of_several_mails_do_not_come_back_at_one_moment(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=5)
    sink.answer("RCPT", "450 4.2.0 Try again later", times=5)
    with time_machine.travel(timezone.now(), tick=False):
        send(campaign)
    moments = set(campaign.deliveries.values_list("not_before", flat=True))
    assert len(moments) == 5


def test_a_mail_that_was_accepted_late_counts_its_tries(sink: SmtpSink) -> None:
    campaign = make_mailing()
    sink.answer("RCPT", "450 4.2.0 Try again later", times=1)
    send(campaign)
    with time_machine.travel(timezone.now() + HOUR):
        send(campaign)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.reason) == (State.ACCEPTED, 2, "")


# --- The wire is down ---------------------------------------------------------------------


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_is_away_costs_no_try_and_is_asked_again_after_a_rest(
    settings: object, smtp_sink: SmtpSink
) -> None:
    campaign = make_mailing(readers=30)
    mail_through(settings, closed_port())
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert send(campaign) == 1
        assert send(campaign) == 0
        assert let_workers_run().campaigns == []
        assert campaign.tally() == {State.QUEUED: 30}
        assert set(campaign.deliveries.values_list("attempts", flat=True)) == {0}

        mail_through(settings, smtp_sink.port)
        clock.shift(REST)
        let_workers_run()
        clock.shift(REST)
        let_workers_run()
    assert len(set(smtp_sink.recipients())) == len(smtp_sink.recipients()) == 30
    assert reload(campaign).status == "sent"


def test_a_rest_holds_for_the_other_workers_too(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=3)
    [claimed_by_another] = Delivery.objects.claim(campaign, 1, timezone.now())
    sink.answer("MAIL", "421 4.3.2 Shutting down", times=1)
    assert send(campaign) == 1
    assert not claimed_by_another.go(timezone.now())


def test_each_further_doubt_doubles_the_rest_and_none_is_sent_again(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=50)
    sink.answer("DATA", HANG_UP, times=6)
    rests = []
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(6):
            assert send(campaign) == 1
            rests.append((reload(campaign).rests_until - timezone.now()) / REST)
            clock.move_to(reload(campaign).rests_until)
        send(campaign)
        clock.shift(HOUR)
        let_workers_run()
    assert rests == [1, 2, 4, 8, 16, 32]
    assert campaign.tally() == {State.IN_DOUBT: 6, State.ACCEPTED: 44}
    assert len(set(sink.recipients())) == len(sink.recipients()) == 50


def test_after_a_mail_that_arrived_a_doubt_is_the_first_again(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=5)
    sink.answer("DATA", HANG_UP, times=2)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(2):
            send(campaign)
            clock.move_to(reload(campaign).rests_until)
        sink.answer("DATA", HANG_UP, address="reader4@example.com")
        assert send(campaign) == 2
        assert reload(campaign).rests_until - timezone.now() == REST


def test_a_server_that_refuses_everybody_is_not_asked_about_everybody(
    sink: SmtpSink, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_mailing(readers=100)
    sink.answer("RCPT", "550 5.7.1 Relaying denied")
    caplog.set_level(logging.INFO)
    assert send(campaign) == PATIENCE
    assert send(campaign) == 0
    assert reload(campaign).status == "paused"
    assert "Relaying denied" in reload(campaign).pause_reason
    assert campaign.tally() == {State.REJECTED: PATIENCE, State.QUEUED: 100 - PATIENCE}
    ours = [record for record in caplog.records if record.name.startswith("newsletter")]
    assert [record.levelname for record in ours].count("ERROR") == 1
    assert not any("@" in record.getMessage() for record in ours)


def test_a_server_that_puts_everybody_off_is_left_alone_for_a_while(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=30)
    sink.answer("RCPT", "451 4.7.1 Too fast", times=PATIENCE)
    assert send(campaign) == PATIENCE
    assert send(campaign) == 0
    assert reload(campaign).status == "sending"
    with time_machine.travel(timezone.now() + HOUR):
        send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 30}


def test_refusals_here_and_there_stop_nothing(sink: SmtpSink) -> None:
    campaign = make_mailing(readers=40)
    for number in range(1, 41, 2):
        sink.answer("RCPT", "550 5.1.1 No such user", address=f"reader{number}@example.com")
    assert send(campaign) == 40
    assert campaign.tally() == {State.REJECTED: 20, State.ACCEPTED: 20}
    assert reload(campaign).status == "sent"


def test_several_workers_raise_the_alarm_once(
    sink: SmtpSink, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_mailing(readers=3)
    sink.answer("MAIL", "530 5.7.0 Authentication required")
    claimed = Delivery.objects.claim(campaign, 1, timezone.now())
    send(campaign)
    Delivery.objects.release(claimed)
    send(campaign)
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    assert campaign.tally() == {State.QUEUED: 3}
