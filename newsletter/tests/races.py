"""Two acts on one database, the second begun while the first is done and not committed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from newsletter.models import Delivery
from newsletter.sending.marks import Claimed, Marks

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


def go_by_marks(delivery: Delivery) -> bool:
    """The same as a worker that sends one by one does it, in one statement."""
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
    return Marks(delivery.campaign).settle_and_go(None, claimed, timezone.now())()
