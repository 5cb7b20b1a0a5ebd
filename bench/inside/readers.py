"""Confirmed subscribers with the numbers `first` to `last`, for a month on the list."""

from datetime import datetime, timedelta

from django.utils import timezone

from newsletter.addresses import address_key
from newsletter.models import Subscriber

ROWS_A_STATEMENT = 1000
AGO = timedelta(days=30)


def main(first: str, last: str) -> dict[str, int]:
    then = timezone.now() - AGO
    for begin in range(int(first), int(last) + 1, ROWS_A_STATEMENT):
        end = min(begin + ROWS_A_STATEMENT, int(last) + 1)
        Subscriber.objects.bulk_create(reader(n, then) for n in range(begin, end))
    return {"subscribers": Subscriber.objects.count()}


def reader(number: int, then: datetime) -> Subscriber:
    address = f"reader{number}@example.com"
    return Subscriber(
        address=address, address_key=address_key(address), created_at=then, confirmed_at=then
    )
