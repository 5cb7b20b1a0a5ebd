"""Reports in any order, however often, of this try or an earlier one, lead to the same end."""

from datetime import timedelta
from itertools import permutations

import pytest
import time_machine
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Subscriber, Suppression, WebhookEvent
from newsletter.outcomes import Outcome, in_doubt
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.tests.factories import make_mailing
from newsletter.tests.reports.reporting import NOON, THEIR_ID, reason, sent_mail, tell

pytestmark = pytest.mark.django_db

SOFT = ("bounced", {"word": "soft_bounce", "timestamp": NOON + timedelta(minutes=1)})
HARD = ("bounced", {"word": "hard_bounce", "timestamp": NOON + timedelta(minutes=2)})
DELIVERED = ("delivered", {})
ACCEPTED = ("queued", {})
COMPLAINED = ("complained", {"timestamp": NOON + timedelta(hours=1)})
LEFT = ("unsubscribed", {"timestamp": NOON + timedelta(hours=2)})


@pytest.mark.parametrize(
    ("told", "state", "suppressed_for"),
    [
        ((ACCEPTED, SOFT, DELIVERED), State.DELIVERED, ""),
        ((ACCEPTED, DELIVERED, HARD), State.BOUNCED, "bounced"),
        ((HARD, DELIVERED, COMPLAINED), State.COMPLAINED, "complained"),
        ((SOFT, ACCEPTED, LEFT), State.BOUNCED, ""),
    ],
)
def test_the_end_is_the_same_in_each_order(told: tuple, state: str, suppressed_for: str) -> None:
    ends = set()
    for order in permutations(told):
        delivery = sent_mail()
        for event_type, facts in (*order, *order[:2]):
            tell(event_type, delivery, **facts)
        delivery.refresh_from_db()
        person = delivery.subscriber
        ends.add((delivery.state, reason(), bool(person.unsubscribed_at)))
        for model in (WebhookEvent, Campaign, Subscriber, Suppression):
            model.objects.all().delete()
    assert ends == {(state, suppressed_for, LEFT in told)}


def test_a_report_that_comes_before_the_providers_answer_was_written_stays(
    noon: time_machine.Traveller,
) -> None:
    campaign = make_mailing()
    (delivery,) = Delivery.objects.claim(campaign, 1, NOON)
    Delivery.objects.go([delivery], NOON)
    tell("bounced", delivery, word="hard_bounce")
    delivery.record(Outcome(State.ACCEPTED, provider_id=THEIR_ID), NOON)
    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED
    assert campaign.finish_if_done(NOON)


def test_a_report_by_their_name_waits_until_the_name_is_written(
    noon: time_machine.Traveller,
) -> None:
    delivery = sent_mail(provider_id="")
    tell("bounced", message_id="late", word="soft_bounce")
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED
    Delivery.objects.update(provider_id="late")
    noon.shift(timedelta(minutes=2))
    settle_some(timezone.now())
    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED


@pytest.mark.parametrize(
    ("event_type", "state"), [("deferred", State.ACCEPTED), ("delivered", State.DELIVERED)]
)
def test_a_doubt_is_settled_by_a_report(event_type: str, state: str) -> None:
    campaign = make_mailing()
    (delivery,) = Delivery.objects.claim(campaign, 1, NOON)
    Delivery.objects.go([delivery], NOON)
    delivery.record(in_doubt("The connection broke."), NOON)
    tell(event_type, delivery)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == (state, "")


def test_a_failure_of_an_earlier_try_is_forgotten(noon: time_machine.Traveller) -> None:
    delivery = sent_mail(submitted_at=NOON)
    tell("failed", delivery, word="error")
    assert delivery.campaign.retry_failed(NOON) == 1
    noon.shift(timedelta(minutes=5))
    Delivery.objects.update(state=State.SUBMITTING, submitted_at=timezone.now())
    tell("queued", delivery, timestamp=timezone.now())
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED


BAD_WORDS = pytest.mark.parametrize(
    ("event_type", "word"), [("failed", "error"), ("bounced", "hard_bounce"), ("rejected", "x")]
)


@BAD_WORDS
@pytest.mark.parametrize("their_old_id", [THEIR_ID, ""])
def test_a_late_word_on_an_earlier_try_says_nothing_of_the_one_that_was_taken(
    noon: time_machine.Traveller, event_type: str, word: str, their_old_id: str
) -> None:
    delivery = sent_mail(submitted_at=NOON, state=State.IN_DOUBT, provider_id=their_old_id)
    assert delivery.campaign.resend_doubtful(NOON) == 1
    noon.shift(timedelta(minutes=5))
    taken = {"state": State.ACCEPTED, "provider_id": "<2@example.org>", "attempts": 1}
    Delivery.objects.update(submitted_at=timezone.now(), **taken)
    noon.shift(timedelta(hours=2))
    late = {"message_id": THEIR_ID, "timestamp": timezone.now(), "word": word}
    tell(event_type, delivery, **late)
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED
    tell(event_type, delivery, **{**late, "message_id": "<2@example.org>"})
    delivery.refresh_from_db()
    assert delivery.state == {"bounced": State.BOUNCED}.get(event_type, event_type)


@BAD_WORDS
def test_without_their_names_of_the_mails_the_time_tells_which_try_it_is_about(
    noon: time_machine.Traveller, event_type: str, word: str
) -> None:
    delivery = sent_mail(submitted_at=NOON, attempts=1, provider_id="")
    noon.shift(timedelta(hours=2))
    second = {"submitted_at": timezone.now(), "attempts": 2}  # the first was put off
    Delivery.objects.update(**second)
    tell(event_type, delivery, timestamp=NOON + timedelta(minutes=1), word=word)
    delivery.refresh_from_db()
    assert delivery.state == State.ACCEPTED
    tell(event_type, delivery, timestamp=NOON + timedelta(minutes=121), word=word)
    delivery.refresh_from_db()
    assert delivery.state == {"bounced": State.BOUNCED}.get(event_type, event_type)


def test_a_late_failure_does_not_take_a_mail_from_the_queue_that_staff_put_there() -> None:
    delivery = sent_mail(submitted_at=NOON, state=State.FAILED, attempts=1)
    delivery.campaign.retry_failed(NOON)
    tell("failed", delivery, word="error")
    delivery.refresh_from_db()
    assert delivery.state == State.QUEUED


def test_of_a_mail_that_was_tried_once_every_word_counts_whatever_it_is_called() -> None:
    """Some providers call a mail otherwise in their reports, and clocks differ."""
    delivery = sent_mail(submitted_at=NOON, attempts=1)
    earlier = NOON - timedelta(seconds=5)
    tell("bounced", delivery, message_id="<other>", timestamp=earlier, word="hard_bounce")
    delivery.refresh_from_db()
    assert delivery.state == State.BOUNCED


def test_a_mail_in_the_queue_that_has_arrived_is_not_sent_again() -> None:
    campaign = make_mailing()
    tell("delivered", campaign.deliveries.get())
    assert not Delivery.objects.claim(campaign, 1, NOON)
