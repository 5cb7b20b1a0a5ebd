"""What providers report becomes the state of the mail and of the person, in any order."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
import time_machine
from anymail.signals import AnymailTrackingEvent
from django.test import Client
from django.utils import timezone

from newsletter import sweeping
from newsletter.consent import Origin
from newsletter.models import (
    Campaign,
    ConsentEvent,
    Delivery,
    Subscriber,
    Suppression,
    WebhookEvent,
)
from newsletter.outcomes import Outcome, in_doubt
from newsletter.personal_data import erase
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import at_once, make_campaign, make_mailing, make_subscriber
from newsletter.tests.provider_reports import (
    CASES,
    SECRET,
    SIGNING_KEY,
    UNSUBSCRIBES,
    Maker,
    mailgun,
    sparkpost,
)
from newsletter.tests.races import at_the_same_time

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:django-anymail has dropped:UserWarning"),
]

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READER = "reader1@example.com"
THEIR_ID = "<1@example.org>"


@pytest.fixture(autouse=True)
def providers(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """All give our secret. Amazon's own package is not there; only its log-in would be asked."""
    settings.ANYMAIL_WEBHOOK_SECRET = [SECRET]
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": SIGNING_KEY}
    nobody = "anymail.webhooks.amazon_ses._get_anymail_boto3_params"
    monkeypatch.setattr(nobody, lambda kwargs: ({}, {}))


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


def mail_to(person: Subscriber, **fields: object) -> Delivery:
    """Of a campaign of its own, accepted by the provider. Nothing is rendered: there are many."""
    campaign = Campaign.objects.create(subject="Numbers", created_at=NOON, expanded_at=NOON)
    return Delivery.objects.create(
        campaign=campaign,
        subscriber=person,
        address=person.address,
        address_key=person.address_key,
        **{"state": State.ACCEPTED, "provider_id": THEIR_ID, "queued_at": NOON, **fields},
    )


def sent_mail(**fields: object) -> Delivery:
    return mail_to(make_subscriber(READER), **fields)


def reader() -> Subscriber:
    return Subscriber.objects.get(address_key=READER)


def reason() -> str:
    return "".join(Suppression.objects.values_list("reason", flat=True))


def tell(event_type: str, delivery: Delivery | None = None, **facts: object) -> None:
    """A report of Brevo, as anymail reads it."""
    tag = tag_of(delivery.pk) if delivery else ""
    facts = {"recipient": READER, "metadata": {"d": tag}, "timestamp": NOON, **facts}
    raw = {"event": facts.pop("word", event_type)}
    event = AnymailTrackingEvent(event_type=event_type, esp_event=raw, **facts)
    WebhookEvent.objects.keep("Brevo", [event], timezone.now())
    settle_some(timezone.now())


# --- Each provider's words ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("maker", "word", "more", "state", "is_suppressed"),
    CASES,
    ids=[f"{maker.__name__} {word} {n}" for n, (maker, word, *_) in enumerate(CASES)],
)
def test_what_a_provider_says(
    client: Client, maker: Maker, word: str, more: dict, state: str, is_suppressed: bool
) -> None:
    delivery = sent_mail()
    post = maker(word, READER, tag_of(delivery.pk), THEIR_ID, **more)
    assert [post.to(client).status_code for _ in range(3)] == [200] * 3
    sweeping.sweep(timezone.now())
    delivery.refresh_from_db()
    assert (delivery.state, bool(reader().suppressed_at)) == (state, is_suppressed)
    assert Suppression.objects.count() == is_suppressed
    assert WebhookEvent.objects.count() <= 1
    assert set(WebhookEvent.objects.values_list("effect", "recipient")) <= {("counted", "")}


@pytest.mark.parametrize(("maker", "word", "more"), UNSUBSCRIBES)
def test_who_leaves_at_the_provider_leaves_here(
    client: Client, maker: Maker, word: str, more: dict
) -> None:
    delivery = sent_mail()
    maker(word, READER, tag_of(delivery.pk), THEIR_ID, **more).to(client)
    settle_some(timezone.now())
    assert reader().unsubscribed_at
    assert not reader().suppressed_at
    note = ConsentEvent.objects.get(kind="unsubscribed")
    assert note.source == "mail provider"
    assert note.actor


def test_without_our_tag_their_name_and_the_recipient_tell_which_mail(client: Client) -> None:
    campaign = make_mailing(readers=2)
    campaign.deliveries.update(state=State.ACCEPTED, provider_id="sent-together")
    sparkpost("delivery", "Reader2@example.com", "", "sent-together").to(client)
    settle_some(timezone.now())
    states = campaign.deliveries.order_by("address").values_list("state", flat=True)
    assert list(states) == [State.ACCEPTED, State.DELIVERED]


def test_what_was_opened_or_pressed_is_not_even_stored(client: Client) -> None:
    delivery = sent_mail()
    for word in ("opened", "clicked"):
        assert mailgun(word, READER, tag_of(delivery.pk), THEIR_ID).to(client).status_code == 200
    assert not WebhookEvent.objects.exists()


# --- In any order, however often ----------------------------------------------------------

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


# --- The person ---------------------------------------------------------------------------


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


# --- Nobody we know -----------------------------------------------------------------------


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
