"""A mail to one reader, and what a provider reports of it."""

from datetime import UTC, datetime

from anymail.signals import AnymailTrackingEvent
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Subscriber, Suppression, WebhookEvent
from newsletter.settling import settle_some
from newsletter.states import State
from newsletter.tags import tag_of
from newsletter.tests.factories import make_subscriber

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READER = "reader1@example.com"
THEIR_ID = "<1@example.org>"


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
