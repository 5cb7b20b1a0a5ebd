"""Two acts on one database, the second begun while the first is done and not committed."""

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsletter.models import Campaign, Delivery
from newsletter.sending.marks import Claimed, Marks, Settled

at_the_same_time = pytest.mark.django_db(transaction=True)


def race(first: Callable[[], object], second: Callable[[], object], eventually: Callable) -> object:
    """The answer of `second`."""

    def alone() -> object:
        try:
            return second()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            answer = pool.submit(alone)
            eventually(is_somebody_waiting)
        return answer.result()


def is_somebody_waiting() -> bool:
    """For a lock of ours. SQLite lets nobody in before we are out, and cannot say so."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return cursor.fetchone()[0]


def go(delivery: Delivery) -> bool:
    """The last check, committed, as a worker does it."""
    with transaction.atomic():
        return delivery.go(timezone.now())


def claim(campaign: Campaign, count: int = 1) -> list[Delivery]:
    return Delivery.objects.claim(campaign, count, timezone.now())


@dataclass
class MarkedWorker:
    """Does the same as a worker does it that sends one by one."""

    marks: dict[uuid.UUID, Marks] = field(default_factory=dict)

    def claim(self, campaign: Campaign, count: int = 1) -> list[Delivery]:
        marks = Marks(campaign)
        claimed = marks.claim_with_mark(count, timezone.now())
        self.marks[marks.token] = marks
        ids = [mail.pk for mail in claimed]
        mine = Delivery.objects.filter(pk__in=ids).order_by("pk")
        return list(mine.select_related("campaign", "subscriber"))

    def go(self, delivery: Delivery, last: Settled | None = None) -> bool:
        person = delivery.subscriber
        claimed = Claimed(
            pk=delivery.pk,
            subscriber_id=delivery.subscriber_id,
            address=delivery.address,
            attempts=delivery.attempts,
            handle=person and person.handle,
            claim_token=delivery.claim_token,
            campaign=delivery.campaign,
        )
        return self.marks[delivery.claim_token].settle_and_go(last, claimed, timezone.now())()
