"""What one answer to a call with many mails means for all of them."""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from anymail.signals import post_send

from careersite.tests.provider import Answer, Provider
from newsletter.models import Batch, Campaign, SendingLimit
from newsletter.sending.turn import REST
from newsletter.states import State
from newsletter.tests.factories import let_workers_run, make_mailing, send, what_it_does
from newsletter.tests.stand_ins import ALL, MAILGUN, StandIn, listening

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]

NOON = datetime.fromisoformat("2026-03-02T12:00:00+00:00")
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
    with listening(post_send, listener):
        send(campaign)
    assert campaign.tally() == {State.ACCEPTED: 3}
    assert len(provider.requests) == 1
