"""What each answer to a call with many mails means for each of them."""

import json
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
import time_machine
from anymail.exceptions import AnymailSerializationError
from anymail.signals import post_send, pre_send
from django.db import OperationalError
from django.utils import timezone

from careersite.tests.provider import Answer, Provider, Request
from newsletter import sweeping
from newsletter.consent import Origin
from newsletter.models import Batch, Campaign, Delivery, SendingLimit, Subscriber
from newsletter.models.delivery import LEASE
from newsletter.sending.turn import PATIENCE, REST, Sender
from newsletter.sending.ways import way_for
from newsletter.states import State
from newsletter.tests.factories import LONG_AGO, let_workers_run, make_campaign, make_mailing, send
from newsletter.tests.stand_ins import ALL, MAILGUN, MAILJET, POSTMARK, RESEND, StandIn

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]

NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")


@pytest.fixture
def use(settings: object, provider: Provider) -> Callable[..., StandIn]:
    def use(stand_in: StandIn, **more: object) -> StandIn:
        stand_in.use(settings, provider, **more)
        return stand_in

    return use


def mailing_to(count: int) -> Campaign:
    """To reader1@… and so on, quickly."""
    then = timezone.now() - LONG_AGO
    addresses = [f"reader{n}@example.com" for n in range(1, count + 1)]
    Subscriber.objects.bulk_create(
        Subscriber(address=a, address_key=a, created_at=then, confirmed_at=then) for a in addresses
    )
    campaign = make_campaign()
    campaign.expand(timezone.now())
    return campaign


def what_it_does(campaign: Campaign) -> str:
    campaign.refresh_from_db()
    if campaign.paused_at:
        return "pauses"
    return "rests" if campaign.rests_until else "sends on"


# --- One answer for all -------------------------------------------------------------------------

BY_ANSWER = [
    (Answer(401, "Forbidden"), State.QUEUED, "pauses"),
    (Answer(402, {"message": "Pay first"}), State.QUEUED, "pauses"),
    (Answer(403, {"message": "Domain is not allowed to send"}), State.QUEUED, "pauses"),
    (Answer(420, {"message": "Enhance your calm"}), State.QUEUED, "rests"),
    (Answer(429, {"message": "Too many requests"}), State.QUEUED, "rests"),
    (Answer(500, {"message": "Internal error"}), State.IN_DOUBT, "rests"),
    (Answer(503, "<h1>Unavailable</h1>"), State.IN_DOUBT, "rests"),
    (Answer(is_lost=True), State.IN_DOUBT, "rests"),
    (Answer(hangs=True), State.IN_DOUBT, "rests"),
    (Answer(200, "<html>A proxy was here</html>"), State.IN_DOUBT, "rests"),
    (Answer(200, {"surprise": True}), State.IN_DOUBT, "rests"),
]


@pytest.mark.parametrize(("answer", "state", "then"), BY_ANSWER)
def test_one_answer_for_all(
    use: Callable,
    provider: Provider,
    eventually: Callable,
    answer: Answer,
    state: str,
    then: str,
) -> None:
    use(MAILGUN, **({"REQUESTS_TIMEOUT": (60, 0.2)} if answer.hangs else {}))
    campaign = make_mailing(readers=3)
    provider.next_answers.append(answer)
    assert send(campaign) == 3
    assert (campaign.tally(), what_it_does(campaign)) == ({state: 3}, then)
    eventually(lambda: len(provider.requests) == 1)
    tries = 1 if state == State.IN_DOUBT else 0
    assert {(d.attempts, bool(d.reason)) for d in campaign.deliveries.all()} == {(tries, True)}


GENERAL = [
    (Answer(401, {"message": "No"}), State.QUEUED, "pauses"),
    (Answer(429, {"message": "Slowly"}, {"Retry-After": "90"}), State.QUEUED, "rests"),
    (Answer(500, {"message": "Oh"}), State.IN_DOUBT, "rests"),
]


@pytest.mark.parametrize("stand_in", ALL, ids=lambda stand_in: stand_in.name)
def test_whoever_the_provider_is(use: Callable, provider: Provider, stand_in: StandIn) -> None:
    use(stand_in)
    campaign = make_mailing(readers=2)
    for answer, state, then in GENERAL:
        Campaign.objects.update(rests_until=None, paused_at=None)
        SendingLimit.objects.all().delete()
        campaign.deliveries.update(state=State.QUEUED, not_before=None)
        provider.next_answers.append(answer)
        send(campaign)
        assert (campaign.tally(), what_it_does(campaign)) == ({state: 2}, then)
    assert len(provider.requests) == len(GENERAL)


def test_what_is_written_down_for_many_names_nobody(use: Callable, provider: Provider) -> None:
    """Or an erased person's address would stand on with the others."""
    use(MAILGUN)
    words = "failed for reader1@example.com, <reader2@example.com> from news@127.0.0.1"
    campaign = make_mailing(readers=2)
    provider.next_answers.append(Answer(500, {"message": words}))
    send(campaign)
    written = [Batch.objects.get().error, *campaign.deliveries.values_list("reason", flat=True)]
    for reason in written:
        assert "failed for (an address), <(an address)> from news@127.0.0.1" in reason


def test_a_wish_to_wait_is_obeyed_and_costs_no_try(use: Callable, provider: Provider) -> None:
    use(MAILGUN)
    with time_machine.travel(NOON, tick=False) as clock:
        campaign = make_mailing(readers=3)
        provider.next_answers.append(Answer(429, {}, {"Retry-After": "90"}))
        send(campaign)
        clock.shift(timedelta(seconds=89))
        let_workers_run()
        assert len(provider.requests) == 1
        clock.shift(timedelta(seconds=1))
        let_workers_run()
    assert campaign.tally() == {State.ACCEPTED: 3}
    assert {delivery.attempts for delivery in campaign.deliveries.all()} == {1}


def test_a_refused_port_is_nobodys_fault(use: Callable, provider: Provider) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = f"http://127.0.0.1:{probe.getsockname()[1]}"
    use(MAILGUN, MAILGUN_API_URL=closed)
    campaign = make_mailing(readers=2)
    send(campaign)
    assert (campaign.tally(), what_it_does(campaign)) == ({State.QUEUED: 2}, "rests")
    assert {delivery.attempts for delivery in campaign.deliveries.all()} == {0}


def test_a_batch_in_doubt_counts_as_one_doubt(use: Callable, provider: Provider) -> None:
    use(MAILGUN)
    with time_machine.travel(NOON, tick=False):
        campaign = make_mailing(readers=30)
        provider.next_answers.append(Answer(500))
        send(campaign)
        campaign.refresh_from_db()
    assert campaign.rests_until == NOON + REST


def test_a_listener_of_ours_that_fails_after_the_answer_unsends_nothing(
    use: Callable, provider: Provider
) -> None:
    def listener(**_: object) -> None:
        raise RuntimeError("a log that cannot be written")

    use(MAILGUN)
    campaign = make_mailing(readers=3)
    post_send.connect(listener)
    try:
        send(campaign)
    finally:
        post_send.disconnect(listener)
    assert campaign.tally() == {State.ACCEPTED: 3}
    assert len(provider.requests) == 1


# --- One of them is at fault --------------------------------------------------------------------


def refusing(stand_in: StandIn, bad: set[str], refusal: Answer) -> Callable[[Request], Answer]:
    """Takes all or nothing."""

    def answer(request: Request) -> Answer:
        mails = stand_in.mails(request)
        return refusal if bad & {mail.to for mail in mails} else stand_in.accept(mails)

    return answer


def accepted_by(stand_in: StandIn, provider: Provider, bad: set[str]) -> list[str]:
    calls = [[mail.to for mail in stand_in.mails(request)] for request in provider.requests]
    return sorted(to for call in calls if not bad & set(call) for to in call)


@pytest.mark.parametrize(
    ("stand_in", "refusal"),
    [
        (MAILGUN, Answer(400, {"message": "to parameter is not a valid address"})),
        (MAILGUN, Answer(413, "too large")),
        (RESEND, Answer(422, {"name": "validation_error", "message": "Invalid `to` field"})),
        (POSTMARK, Answer(422, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'x'."})),
    ],
    ids=["mailgun-400", "mailgun-413", "resend-422", "postmark-422"],
)
def test_the_one_they_refuse_is_found_and_the_others_get_the_mail_once(
    use: Callable, provider: Provider, stand_in: StandIn, refusal: Answer
) -> None:
    use(stand_in)
    bad = {"reader13@example.com"}
    provider.answer = refusing(stand_in, bad, refusal)
    campaign = mailing_to(30)
    send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 29, State.FAILED: 1}
    assert campaign.deliveries.get(state=State.FAILED).address in bad
    accepted = accepted_by(stand_in, provider, bad)
    assert len(accepted) == len(set(accepted)) == 29
    assert len(provider.requests) <= 2 * 5 + 1
    assert Batch.objects.filter(answered_at=None).count() == 0
    assert what_it_does(campaign) == "sends on"


def test_of_five_hundred_the_other_499_get_the_mail_once(use: Callable, provider: Provider) -> None:
    use(MAILGUN)
    bad = {"reader257@example.com"}
    provider.answer = refusing(MAILGUN, bad, Answer(400, {"message": "not a valid address"}))
    campaign = mailing_to(500)
    send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 499, State.FAILED: 1}
    accepted = accepted_by(MAILGUN, provider, bad)
    assert len(accepted) == len(set(accepted)) == 499
    assert len(provider.requests) <= 2 * 9 + 1


def test_a_turn_that_is_too_short_to_find_the_one_comes_closer_all_the_same(
    use: Callable, provider: Provider
) -> None:
    use(MAILGUN)
    bad = {"reader1@example.com"}
    provider.answer = refusing(MAILGUN, bad, Answer(400, {"message": "not a valid address"}))
    campaign = mailing_to(8)
    sender = Sender(campaign, way_for(campaign))
    claimed = sender.way.claim(8, timezone.now())
    with patch.object(sender, "is_over", side_effect=[False, *[True] * 20]):
        sender._send(claimed)
    assert campaign.tally() == {State.FAILED: 1, State.QUEUED: 7}


def test_a_refusal_that_comes_late_leaves_nothing_behind_a_finished_campaign() -> None:
    campaign, now = mailing_to(2), timezone.now()
    claimed = Delivery.objects.claim(campaign, 2, now)
    batch, going = Batch.objects.begin(campaign, claimed, now)
    later = now + LEASE + timedelta(seconds=1)
    sweeping.sweep(later)
    assert Campaign.objects.get().status == "sent"
    batch.refuse(going, "400 not a valid address", 400, later)
    assert Campaign.objects.get().status == "sending"
    assert Delivery.objects.expire_leases(later + LEASE + timedelta(seconds=1)) == (2, 0)


def test_an_answer_is_not_lost_with_the_database(use: Callable, provider: Provider) -> None:
    use(MAILGUN)
    campaign = mailing_to(2)
    record, breaks = Batch.record, [OperationalError("the database system is shutting down")]

    def fail_once(*arguments: object) -> None:
        if breaks:
            raise breaks.pop()
        record(*arguments)

    with patch.object(Batch, "record", fail_once), pytest.raises(OperationalError):
        send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2}


def test_who_leaves_while_the_one_is_looked_for_gets_nothing(
    use: Callable, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(MAILGUN)
    bad = {"reader1@example.com"}
    provider.answer = refusing(MAILGUN, bad, Answer(400, {"message": "not a valid address"}))
    campaign = mailing_to(4)
    refuse = Batch.refuse

    def refuse_and_somebody_leaves(*arguments: object) -> None:
        refuse(*arguments)
        Subscriber.objects.get(address="reader4@example.com").unsubscribe(Origin(), timezone.now())

    monkeypatch.setattr(Batch, "refuse", refuse_and_somebody_leaves)
    send(campaign)
    assert accepted_by(MAILGUN, provider, bad) == ["reader2@example.com", "reader3@example.com"]
    assert campaign.tally() == {State.ACCEPTED: 2, State.FAILED: 1, State.SKIPPED: 1}


def test_a_provider_that_refuses_everybody_is_not_asked_about_everybody(
    use: Callable, provider: Provider
) -> None:
    use(MAILGUN)
    words = "from is not a valid address, to reader@example.com"
    provider.answer = lambda _: Answer(400, {"message": words})
    campaign = mailing_to(200)
    send(campaign)
    assert campaign.tally() == {State.FAILED: PATIENCE, State.QUEUED: 200 - PATIENCE}
    assert what_it_does(campaign) == "pauses"
    assert "from is not a valid address, to (an address)" in campaign.pause_reason
    assert len(provider.requests) < 40


@pytest.mark.parametrize("is_about", ["one", "all"])
def test_what_cannot_be_written_is_about_one_or_about_the_set_up(
    use: Callable, provider: Provider, is_about: str
) -> None:
    """A wish that the provider cannot fulfil for anybody pauses; one reader's fails alone."""

    def refuse(message: object, **_: object) -> None:
        if "reader2@example.com" in message.to:
            raise AnymailSerializationError("a date in merge_data")

    impossible = {"SEND_DEFAULTS": {"track_opens": True}} if is_about == "all" else {}
    use(RESEND, **impossible)
    campaign = make_mailing(readers=4)
    pre_send.connect(refuse)
    try:
        send(campaign)
    finally:
        pre_send.disconnect(refuse)
    if is_about == "all":
        assert (campaign.tally(), what_it_does(campaign)) == ({State.QUEUED: 4}, "pauses")
        assert provider.requests == []
    else:
        assert campaign.tally() == {State.ACCEPTED: 3, State.FAILED: 1}
        assert campaign.deliveries.get(state=State.FAILED).address == "reader2@example.com"


# --- An answer for each -------------------------------------------------------------------------


def test_mailjet_refuses_one_and_takes_the_others(use: Callable, provider: Provider) -> None:
    use(MAILJET)
    campaign = make_mailing(readers=3)
    taken = [{"Email": f"reader{n}@example.com", "MessageID": n} for n in (1, 3)]
    done = [{"Status": "success", "To": [one]} for one in taken]
    refused = {"Status": "error", "Errors": [{"ErrorCode": "mj-0013", "StatusCode": 400}]}
    provider.next_answers.append(Answer(400, {"Messages": [done[0], refused, done[1]]}))
    send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2, State.FAILED: 1}
    assert campaign.deliveries.get(state=State.FAILED).address == "reader2@example.com"
    assert campaign.deliveries.get(address="reader3@example.com").provider_id == "3"
    assert len(provider.requests) == 1


def test_a_yes_in_another_spelling_of_the_address_is_a_yes(
    use: Callable, provider: Provider
) -> None:
    use(MAILJET)
    campaign = make_mailing(readers=2)
    campaign.deliveries.filter(address="reader1@example.com").update(address="Reader1@Example.com")
    send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 2}


BY_CODE = [(406, State.REJECTED, 1), (300, State.FAILED, 1), (405, State.QUEUED, 1)]


@pytest.mark.parametrize(("code", "state", "attempts"), BY_CODE)
def test_postmark_answers_for_each_in_their_order(
    use: Callable, provider: Provider, code: int, state: str, attempts: int
) -> None:
    use(POSTMARK)
    campaign = make_mailing(readers=3)

    def answer(request: Request) -> Answer:
        answers = json.loads(json.dumps(POSTMARK.accept(POSTMARK.mails(request)).body))
        answers[1] = {"ErrorCode": code, "Message": "Something that anymail does not know."}
        return Answer(200, answers)

    provider.answer = answer
    send(campaign)
    first, second, third = campaign.deliveries.order_by("pk")
    assert (first.state, first.provider_id) == (State.ACCEPTED, "their-1")
    assert (second.state, second.provider_id, second.attempts) == (state, "", attempts)
    assert (third.state, third.provider_id) == (State.ACCEPTED, "their-3")
    assert what_it_does(campaign) == "sends on"


def test_a_batch_of_whom_nobody_is_taken_is_settled_for_each(
    use: Callable, provider: Provider
) -> None:
    use(POSTMARK)
    campaign = make_mailing(readers=2)
    inactive = {"ErrorCode": 406, "Message": "You tried to send to an inactive recipient."}
    invalid = {"ErrorCode": 300, "Message": "Invalid 'To' address."}
    provider.next_answers.append(Answer(200, [inactive, invalid]))
    send(campaign)
    assert [d.state for d in campaign.deliveries.order_by("pk")] == [State.REJECTED, State.FAILED]
    assert len(provider.requests) == 1


@pytest.mark.parametrize(
    ("stand_in", "body"),
    [
        (RESEND, {"data": [{"id": "one"}]}),
        (POSTMARK, [{"ErrorCode": 0, "Message": "OK", "MessageID": "one"}]),
        (POSTMARK, {"ErrorCode": 0, "Message": "OK", "MessageID": "one", "To": "a@b.example"}),
    ],
    ids=["resend", "postmark", "postmark-single"],
)
def test_fewer_answers_than_mails_leave_all_in_doubt(
    use: Callable, provider: Provider, stand_in: StandIn, body: object
) -> None:
    use(stand_in)
    campaign = make_mailing(readers=2)
    provider.next_answers.append(Answer(200, body))
    send(campaign)
    assert campaign.tally() == {State.IN_DOUBT: 2}
