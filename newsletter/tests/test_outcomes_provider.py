"""What each answer of a mail provider means for a mail alone, through anymail's own backends."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs

import pytest
import time_machine
from anymail.signals import post_send
from django.utils import timezone

from careersite.tests.provider import Answer, Provider, Request
from newsletter.models import Delivery
from newsletter.sending.turn import REST
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import (
    let_workers_run,
    make_mailing,
    make_subscriber,
    send,
    what_it_does,
)
from newsletter.tests.stand_ins import listening
from newsletter.times import LONGEST_WAIT

pytestmark = pytest.mark.django_db

QUEUED = Answer(200, {"id": "<their-id@example.org>", "message": "Queued. Thank you."})
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def use_mailgun(settings: object, url: str) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    settings.ANYMAIL = {
        "MAILGUN_API_KEY": "key",
        "MAILGUN_API_URL": f"{url}/v3",
        "MAILGUN_SENDER_DOMAIN": "example.org",
        "BATCH_SIZE": 1,
    }


def use_postmark(settings: object, url: str, token: str = "token") -> None:
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": token, "POSTMARK_API_URL": url}


def use_resend(settings: object, url: str, **more: object) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.resend.EmailBackend"
    settings.ANYMAIL = {"RESEND_API_KEY": "key", "RESEND_API_URL": url, **more}


@pytest.fixture
def mailgun(settings: object, provider: Provider) -> Provider:
    use_mailgun(settings, provider.url)
    provider.answer = lambda _: QUEUED
    return provider


BY_ANSWER = [
    (QUEUED, State.ACCEPTED, 1, "sends on"),
    (Answer(400, {"message": "to parameter is not a valid address"}), State.FAILED, 1, "sends on"),
    (Answer(413, "too large"), State.FAILED, 1, "sends on"),
    (Answer(401, "Forbidden"), State.QUEUED, 0, "pauses"),
    (Answer(402, {"message": "Pay first"}), State.QUEUED, 0, "pauses"),
    (Answer(403, {"message": "Domain is not allowed to send"}), State.QUEUED, 0, "pauses"),
    (Answer(404, {"message": "Domain not found: example.org"}), State.QUEUED, 0, "pauses"),
    (Answer(420, {"message": "Enhance your calm"}), State.QUEUED, 0, "rests"),
    (Answer(429, {"message": "Too many requests"}), State.QUEUED, 0, "rests"),
    (Answer(500, {"message": "Internal error"}), State.IN_DOUBT, 1, "rests"),
    (Answer(503, "<h1>Unavailable</h1>"), State.IN_DOUBT, 1, "rests"),
    (Answer(is_lost=True), State.IN_DOUBT, 1, "rests"),
    (Answer(200, "<html>A proxy was here</html>"), State.IN_DOUBT, 1, "rests"),
    (Answer(200, {"surprise": True}), State.IN_DOUBT, 1, "rests"),
    (Answer(200, {"id": "1", "message": "Something else"}), State.IN_DOUBT, 1, "rests"),
]


@pytest.mark.parametrize(("answer", "state", "attempts", "then"), BY_ANSWER)
def test_answer(mailgun: Provider, answer: Answer, state: str, attempts: int, then: str) -> None:
    campaign = make_mailing(readers=2)
    mailgun.next_answers.append(answer)
    send(campaign)
    first, second = campaign.deliveries.order_by("pk")
    assert (first.state, first.attempts, what_it_does(campaign)) == (state, attempts, then)
    assert second.state == (State.ACCEPTED if then == "sends on" else State.QUEUED)
    assert len(mailgun.requests) == (2 if then == "sends on" else 1)
    assert bool(first.reason) is (state != State.ACCEPTED)


def test_their_identity_of_each_mail_is_kept(mailgun: Provider) -> None:
    mailgun.next_answers += [
        Answer(200, {"id": f"<{n}@example.org>", "message": "Queued."}) for n in (1, 2)
    ]
    campaign = make_mailing(readers=2)
    send(campaign)
    kept = campaign.deliveries.order_by("pk").values_list("provider_id", flat=True)
    assert list(kept) == ["<1@example.org>", "<2@example.org>"]


def test_each_mail_is_named_to_the_provider_by_its_tag(mailgun: Provider) -> None:
    campaign = make_mailing(readers=2)
    send(campaign)
    told = [parse_qs(request.body.decode())["v:d"][0] for request in mailgun.requests]
    assert told == [tag_of(delivery.pk) for delivery in campaign.deliveries.order_by("pk")]


def test_who_has_no_place_for_a_tag_is_told_none(settings: object, provider: Provider) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.mailersend.EmailBackend"
    settings.ANYMAIL = {"MAILERSEND_API_TOKEN": "key", "MAILERSEND_API_URL": provider.url}
    provider.answer = lambda _: Answer(202, "", {"X-Message-Id": "1", "Content-Type": "text/html"})
    campaign = make_mailing(readers=2)
    send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2}


# --- Asked to wait ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("90", timedelta(seconds=90)),
        (format_datetime(NOON + timedelta(minutes=7), usegmt=True), timedelta(minutes=7)),
        ("99999999", LONGEST_WAIT),
        ("-5", REST),
        ("soon", REST),
        ("", REST),
    ],
)
def test_retry_after_is_obeyed_for_the_whole_campaign(
    mailgun: Provider, value: str, wait: timedelta
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = make_mailing(readers=3)
        mailgun.next_answers.append(Answer(429, {}, {"Retry-After": value}))
        send(campaign)
        clock.move_to(NOON + wait - timedelta(seconds=1))
        assert let_workers_run().campaigns == []
        assert len(mailgun.requests) == 1
        clock.shift(timedelta(minutes=2))
        let_workers_run()
        assert campaign.tally() == {State.ACCEPTED: 3}


# --- Answers about one recipient ----------------------------------------------------------

INACTIVE = (
    "You tried to send to a recipient that has been marked as inactive.\n"
    "Found inactive addresses: reader1@example.com.\n"
    "Inactive recipients are ones that have generated a hard bounce or a spam complaint."
)


@pytest.mark.parametrize(
    ("code", "words", "state"),
    [
        (406, INACTIVE, State.REJECTED),
        (300, "Invalid 'To' address: 'reader1@example.com'.", State.FAILED),
        (300, "Invalid 'To' address: something quite different.", State.FAILED),
        (300, "Invalid 'From' address: 'news@example.org'.", State.FAILED),
        (405, "Not allowed to send", State.FAILED),
    ],
)
def test_a_refused_recipient(
    settings: object, provider: Provider, code: int, words: str, state: str
) -> None:
    use_postmark(settings, provider.url)
    provider.next_answers.append(Answer(422, {"ErrorCode": code, "Message": words}))
    provider.answer = accepted_by_postmark
    campaign = make_mailing(readers=2)
    send(campaign)
    first, second = campaign.deliveries.order_by("pk")
    assert (first.state, second.state) == (state, State.ACCEPTED)
    assert (first.provider_id, second.provider_id) == ("", "their-id")


def accepted_by_postmark(request: Request) -> Answer:
    to = json.loads(request.body)["To"]
    return Answer(200, {"ErrorCode": 0, "Message": "OK", "MessageID": "their-id", "To": to})


def test_an_address_that_anymail_cannot_write_fails_and_the_others_go_out(
    mailgun: Provider,
) -> None:
    make_subscriber("reader@exa\u202emple.com")
    campaign = make_mailing(readers=2)
    send(campaign)
    assert campaign.tally() == {State.FAILED: 1, State.ACCEPTED: 2}


def test_each_call_names_one_recipient_and_carries_the_way_out(
    settings: object, provider: Provider
) -> None:
    use_resend(settings, provider.url)
    provider.answer = lambda _: Answer(200, {"id": "their-id"})
    send(make_mailing(readers=3))
    calls = [json.loads(request.body) for request in provider.requests]
    assert sorted(call["to"] for call in calls) == [[f"reader{n}@example.com"] for n in (1, 2, 3)]
    assert all("List-Unsubscribe-Post" in call["headers"] for call in calls)


# --- Trouble on our side ------------------------------------------------------------------


def test_a_listener_of_ours_that_fails_after_the_answer_does_not_unsend_the_mail(
    mailgun: Provider,
) -> None:
    def listener(**_: object) -> None:
        raise RuntimeError("a log that cannot be written")

    with listening(post_send, listener):
        campaign = make_mailing(readers=2)
        send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2}
    assert len(mailgun.requests) == 2


def test_a_refused_port_is_nobodys_fault(settings: object) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    use_mailgun(settings, f"http://127.0.0.1:{port}")
    campaign = make_mailing(readers=2)
    send(campaign)
    assert campaign.tally() == {State.QUEUED: 2}
    assert what_it_does(campaign) == "rests"
    assert not Delivery.objects.exclude(attempts=0).exists()


@pytest.fixture(params=["no key", "no address", "a key of two lines", "a wish nobody can fulfil"])
def wrong_set_up(
    request: pytest.FixtureRequest, settings: object, provider: Provider
) -> Iterator[Provider]:
    if request.param == "no key":
        settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
        settings.ANYMAIL = {}
    elif request.param == "no address":
        use_mailgun(settings, "nowhere")
    elif request.param == "a key of two lines":
        use_postmark(settings, provider.url, token="token\nX: 1")
    else:
        use_resend(settings, provider.url, SEND_DEFAULTS={"track_opens": True})
    return provider


def test_a_wrong_set_up_pauses_the_campaign_and_costs_nobody_a_mail(
    wrong_set_up: Provider,
) -> None:
    campaign = make_mailing(readers=2)
    send(campaign)
    assert wrong_set_up.requests == []
    assert campaign.tally() == {State.QUEUED: 2}
    assert what_it_does(campaign) == "pauses"
    assert campaign.pause_reason


def test_the_way_on_after_a_wrong_key(mailgun: Provider) -> None:
    campaign = make_mailing(readers=3)
    mailgun.next_answers.append(Answer(401, "Forbidden"))
    send(campaign)
    assert let_workers_run().campaigns == []
    campaign.resume()
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        let_workers_run()
    assert campaign.tally() == {State.ACCEPTED: 3}
    assert len(mailgun.requests) == 4
