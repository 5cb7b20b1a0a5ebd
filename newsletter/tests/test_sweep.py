"""The sweep finds all that is due, may run twice at once, and wakes few workers."""

from datetime import timedelta
from io import StringIO
from itertools import count

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from blog.models import ReadCount
from blog.tests.factories import make_article
from careersite.tests.smtp_sink import SmtpSink
from newsletter import sweeping, tasks
from newsletter.consent import Origin
from newsletter.models import Campaign, Delivery, Pulse, Subscriber
from newsletter.states import State
from newsletter.sweeping import SILENCE
from newsletter.tests.factories import (
    at_once,
    mail_through,
    make_mailing,
    make_subscriber,
    make_subscribers,
)
from newsletter.tests.queue_content import names, take_messages
from newsletter.tests.races import at_the_same_time
from newsletter.times import LEASE

pytestmark = pytest.mark.django_db


def sign_up(address: str) -> Subscriber:
    return Subscriber.objects.sign_up(address, Origin(), timezone.now())


def run_command() -> str:
    out = StringIO()
    call_command("sweep", stdout=out, stderr=out)
    return out.getvalue()


# --- The command, without any queue -------------------------------------------------------


def test_the_command_does_all_that_is_due_and_says_what(mailoutbox: list) -> None:
    sign_up("new@example.com")
    make_subscribers(3)
    make_article()
    said = run_command()
    assert sorted(message.to[0] for message in mailoutbox) == [
        "new@example.com",
        *[f"reader{n}@example.com" for n in (1, 2, 3)],
    ]
    assert "announced 1" in said
    assert "sent 1 confirmations, tried 3 notices" in said
    assert "announced 0" in run_command()
    assert len(mailoutbox) == 4


def test_a_confirmation_that_cannot_be_sent_stays_due_and_stops_nothing_else(
    settings: object, smtp_sink: SmtpSink
) -> None:
    mail_through(settings, smtp_sink.port)
    smtp_sink.answer("RCPT", "550 5.1.1 No such user", address="wrong@example.com")
    wrong = sign_up("wrong@example.com")
    sign_up("right@example.com")
    make_subscribers(2)
    make_article()
    with pytest.raises(CommandError, match="1 confirmations could not be sent; they stay due"):
        run_command()
    assert len(smtp_sink.received) == 3
    wrong.refresh_from_db()
    assert wrong.confirmation_due_at


def test_the_time_of_the_last_sweep_is_kept() -> None:
    now = timezone.now()
    assert Pulse.last("sweep") is None
    sweeping.sweep(now)
    sweeping.sweep(now + timedelta(seconds=30))
    assert Pulse.last("sweep") == now + timedelta(seconds=30)


def test_counts_of_reads_go_when_they_are_old() -> None:
    article, today = make_article(), timezone.localdate()
    for age in (399, 401):
        ReadCount.objects.create(article=article, day=today - timedelta(days=age), count=1)
    sweeping.sweep(timezone.now())
    assert ReadCount.objects.count() == 1


@at_the_same_time
def test_sweeps_at_once_announce_once_and_disturb_each_other_in_nothing() -> None:
    make_subscribers(40)
    for number in range(3):
        make_article(f"Article {number}")
    found = at_once(lambda: sweeping.sweep(timezone.now()), 3)
    assert sum(one.announced for one in found) == 3
    assert [campaign.tally() for campaign in Campaign.objects.all()] == [{State.QUEUED: 40}] * 3
    assert not Campaign.objects.filter(expanded_at__isnull=True).exists()


@at_the_same_time
def test_commands_at_once_send_each_mail_once(settings: object, smtp_sink: SmtpSink) -> None:
    mail_through(settings, smtp_sink.port)
    make_subscribers(40)
    make_article()
    at_once(run_command, 3 if connection.vendor == "postgresql" else 2)
    run_command()
    assert len(smtp_sink.recipients()) == len(set(smtp_sink.recipients())) == 40


# --- Who is woken -------------------------------------------------------------------------


def alone(campaign: Campaign, wait: timedelta) -> bool:
    later = timezone.now() + wait
    return sweeping.without_worker([campaign.pk], later) == [campaign.pk]


def test_a_campaign_that_a_worker_is_at_is_left_to_it() -> None:
    campaign = make_mailing(readers=3)
    assert alone(campaign, timedelta(0))
    claimed = Delivery.objects.claim(campaign, 1, timezone.now())
    assert not alone(campaign, timedelta(0))
    assert not alone(campaign, SILENCE - timedelta(seconds=5))
    Delivery.objects.release(claimed)
    assert alone(campaign, timedelta(0))


def test_a_worker_that_is_silent_is_not_waited_for_until_its_lease_ends() -> None:
    campaign = make_mailing(readers=3)
    Delivery.objects.claim(campaign, 1, timezone.now())
    assert timedelta(0) < SILENCE + timedelta(seconds=5) < LEASE
    assert alone(campaign, SILENCE + timedelta(seconds=5))


def test_a_worker_at_one_campaign_keeps_nobody_from_another() -> None:
    busy = make_mailing(readers=2)
    other = make_mailing(readers=0, title="Another")
    other.expand(timezone.now())
    Delivery.objects.claim(busy, 1, timezone.now())
    assert sweeping.without_worker([busy.pk, other.pk], timezone.now()) == [other.pk]


# --- What lies in the queue ---------------------------------------------------------------


@at_the_same_time
@pytest.mark.usefixtures("empty_queue")
def test_the_sweep_wakes_a_few_workers_for_a_campaign_and_one_for_each_confirmation() -> None:
    sign_up("new@example.com")
    make_subscribers(2)
    make_article()
    tasks.sweep()
    waiting = take_messages()
    assert names(waiting["campaigns"]) == ["send_campaign"] * tasks.WORKERS_A_CAMPAIGN
    assert names(waiting["mail"]) == ["send_confirmation"]
    assert waiting["default"] == []


@at_the_same_time
@pytest.mark.usefixtures("empty_queue")
def test_messages_hold_numbers_only_and_do_not_live_long() -> None:
    sign_up("new@example.com")
    make_subscriber()
    make_article(title="A title", published_at=None).publish()
    tasks.sweep()
    waiting = [message for found in take_messages().values() for message in found]
    assert len(waiting) == 2 + tasks.WORKERS_A_CAMPAIGN
    for message in waiting:
        arguments, named, _ = message.payload
        assert all(isinstance(argument, int) for argument in arguments)
        assert named == {}
        assert message.content_type == "application/json"
        assert message.headers["expires"]
        for secret in ("example.com", "A title", Subscriber.objects.first().handle):
            assert secret not in f"{message.body!r}{message.headers}"


@at_the_same_time
@pytest.mark.usefixtures("empty_queue")
def test_an_article_that_is_taken_back_wakes_a_worker_who_is_at_no_campaign_and_stops_it() -> None:
    campaign = make_mailing(readers=2)
    campaign.article.withdraw()
    assert names(take_messages()["mail"]) == ["cancel_withdrawn"]
    tasks.cancel_withdrawn()
    assert campaign.tally() == {State.SKIPPED: 2}


@at_the_same_time
@pytest.mark.usefixtures("empty_queue")
def test_sweeps_during_a_campaign_add_nothing_to_the_queue() -> None:
    campaign = make_mailing(readers=5)
    claimed = Delivery.objects.claim(campaign, 1, timezone.now())
    for _ in range(5):
        tasks.sweep()
    assert take_messages()["campaigns"] == []
    Delivery.objects.release(claimed)
    tasks.sweep()
    assert len(take_messages()["campaigns"]) == tasks.WORKERS_A_CAMPAIGN


@at_the_same_time
@pytest.mark.usefixtures("empty_queue")
def test_a_turn_is_followed_by_one_more_while_mails_are_due(
    settings: object, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_through(settings, smtp_sink.port)
    campaign = make_mailing(readers=20)
    seconds = count()
    with monkeypatch.context() as hurry:
        hurry.setattr("newsletter.sending.turn.time.monotonic", lambda: next(seconds))
        tasks.send_campaign(campaign.pk)
    assert 0 < len(smtp_sink.received) < 20
    assert names(take_messages()["campaigns"]) == ["send_campaign"]
    tasks.send_campaign(campaign.pk)
    assert len(smtp_sink.received) == 20
    assert take_messages()["campaigns"] == []


@at_the_same_time
@pytest.mark.usefixtures("empty_queue")
@pytest.mark.parametrize("verb", ["MAIL", "DATA"])
def test_a_turn_that_was_stopped_is_not_followed_by_another(
    settings: object, smtp_sink: SmtpSink, verb: str
) -> None:
    mail_through(settings, smtp_sink.port)
    campaign = make_mailing(readers=20)
    smtp_sink.answer(verb, "421 4.3.2 Shutting down")
    tasks.send_campaign(campaign.pk)
    tasks.sweep()
    assert take_messages()["campaigns"] == []
