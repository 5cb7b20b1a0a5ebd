"""What a report means for the person: whose address is gone, who complained, who left."""

from datetime import timedelta

import pytest
import time_machine
from anymail.signals import AnymailTrackingEvent
from django.utils import timezone

from newsletter.consent import Origin
from newsletter.models import ConsentEvent, Delivery, Suppression, WebhookEvent
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import at_once, make_campaign, make_mailing, make_subscriber
from newsletter.tests.races import at_the_same_time
from newsletter.tests.reports.reporting import (
    NOON,
    READER,
    mail_to,
    reader,
    reason,
    sent_mail,
    tell,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("event_type", "why"), [("bounced", "bounced"), ("complained",) * 2])
def test_bad_news_stop_the_mails_that_wait_at_once(event_type: str, why: str) -> None:
    first = sent_mail()
    second = make_campaign()
    second.expand(NOON)
    tell(event_type, first, word="hard_bounce")
    assert reason() == why
    assert second.tally() == {State.SKIPPED: 1}


def test_a_bounced_confirmation_suppresses_though_it_is_no_campaigns_mail() -> None:
    make_subscriber(READER, confirmed=False)
    tell("bounced", word="hard_bounce")
    assert reader().suppressed_at


def many_mails(count: int) -> list[Delivery]:
    """To one reader, the oldest first."""
    person = make_subscriber(READER)
    return [mail_to(person, provider_id="") for _ in range(count)]


@pytest.mark.parametrize(
    ("came_back", "delivered", "is_suppressed"),
    [
        ((0, 1), (), False),
        ((0, 1, 2), (), True),
        ((0, 2, 4), (), True),
        ((0, 1, 6), (), False),
        ((0, 1, 3), (2,), False),
        ((0, 1, 2), (3,), False),
        ((2, 3, 4), (1,), True),
    ],
)
def test_three_soft_bounces_of_the_last_five_with_none_delivered_since(
    came_back: tuple, delivered: tuple, is_suppressed: bool
) -> None:
    mails = many_mails(7 if 6 in came_back else 5)
    told = [("bounced", n) for n in came_back] + [("delivered", n) for n in delivered]
    for order in (told, told[::-1]):
        for event_type, number in order:
            tell(event_type, mails[number], word="soft_bounce")
        assert bool(reader().suppressed_at) is is_suppressed
        assert reason() == ("soft_bounced" if is_suppressed else "")


def test_one_mail_that_comes_back_ten_times_counts_once() -> None:
    (delivery,) = many_mails(1)
    for minute in range(10):
        when = NOON + timedelta(minutes=minute)
        tell("bounced", delivery, word="soft_bounce", timestamp=when)
    assert not reader().suppressed_at


def test_coming_back_lifts_a_leaving_and_never_a_complaint(
    noon: time_machine.Traveller,
) -> None:
    delivery = sent_mail()
    tell("unsubscribed", delivery)
    noon.shift(timedelta(hours=1))
    assert reader().resubscribe(Origin(source="/"), timezone.now())
    tell("unsubscribed", delivery, timestamp=NOON + timedelta(seconds=1))
    assert not reader().unsubscribed_at
    tell("complained", delivery)
    assert reader().unsubscribe(Origin(source="/"), timezone.now())
    assert not reader().resubscribe(Origin(source="/"), timezone.now())
    assert reader().suppressed_at


@at_the_same_time
def test_workers_at_once_disturb_each_other_in_nothing() -> None:
    campaign = make_mailing(readers=12)
    campaign.deliveries.update(state=State.ACCEPTED)
    mails = list(campaign.deliveries.order_by("pk"))
    words = ("bounced", "delivered", "unsubscribed", "complained")
    events = [
        AnymailTrackingEvent(
            event_type=words[(n + m) % 4],
            esp_event={"event": "hard_bounce"},
            metadata={"d": tag_of(mail.pk)},
            timestamp=NOON,
        )
        for m in range(2)
        for n, mail in enumerate(mails)
    ]
    WebhookEvent.objects.keep("Brevo", events, timezone.now())
    assert not Suppression.objects.covers(READER)  # and the key of its hashes is made
    at_once(lambda: settle_some(timezone.now()), 3)
    assert campaign.tally() == {"bounced": 3, "delivered": 3, "complained": 6}
    assert ConsentEvent.objects.filter(kind="unsubscribed").count() == 6
    assert Suppression.objects.count() == 9
