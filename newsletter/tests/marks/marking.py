"""What becomes of the mails of a worker, and what is found of them later."""

from datetime import timedelta

from django.utils import timezone

from newsletter.consent import Origin
from newsletter.models import Delivery
from newsletter.outcomes import ACCEPTED, Outcome
from newsletter.sending.marks import Claimed, Settled
from newsletter.times import LEASE

AFTER_LEASE = LEASE + timedelta(seconds=1)


def settled(delivery: Delivery, outcome: Outcome) -> Settled:
    claimed = Claimed(
        delivery.pk,
        delivery.subscriber_id,
        delivery.address,
        delivery.attempts,
        delivery.subscriber and delivery.subscriber.handle,
        delivery.claim_token,
        delivery.campaign,
    )
    return Settled(claimed, outcome)


def accepted(delivery: Delivery) -> Settled:
    return settled(delivery, ACCEPTED)


def states() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("state", flat=True))


def as_found_later() -> list[str]:
    """The worker gives no more sign of life."""
    Delivery.objects.expire_leases(timezone.now() + AFTER_LEASE)
    return states()


def leaves(delivery: Delivery) -> None:
    assert delivery.subscriber.unsubscribe(Origin(), timezone.now())
