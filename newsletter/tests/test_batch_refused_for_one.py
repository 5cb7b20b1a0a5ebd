"""A call that is refused as a whole for one mail: that one is found, the others go out once."""

from collections.abc import Callable
from datetime import timedelta
from unittest.mock import patch

import pytest
from anymail.exceptions import AnymailSerializationError
from anymail.signals import pre_send
from django.db import OperationalError
from django.utils import timezone

from careersite.tests.provider import Answer, Provider, Request
from newsletter import sweeping
from newsletter.consent import Origin
from newsletter.models import Batch, Campaign, Delivery, Subscriber
from newsletter.sending.turn import PATIENCE, Sender
from newsletter.sending.ways import way_for
from newsletter.states import State
from newsletter.tests.factories import mailing_to, make_mailing, send, what_it_does
from newsletter.tests.stand_ins import MAILGUN, POSTMARK, RESEND, StandIn, listening
from newsletter.times import LEASE

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::anymail.exceptions.AnymailNotSupportedWarning"),
]


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
    with listening(pre_send, refuse):
        send(campaign)
    if is_about == "all":
        assert (campaign.tally(), what_it_does(campaign)) == ({State.QUEUED: 4}, "pauses")
        assert provider.requests == []
    else:
        assert campaign.tally() == {State.ACCEPTED: 3, State.FAILED: 1}
        assert campaign.deliveries.get(state=State.FAILED).address == "reader2@example.com"
