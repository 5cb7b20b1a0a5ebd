"""The list as CSV, a row for each person who ever asked, in flat memory."""

import csv
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import OuterRef, Subquery

from newsletter.models import ConsentEvent, Subscriber

COLUMNS = ("email", "status", "frequency", "topics", "asked_at", "confirmed_at", "left_at")
COLUMNS += ("source",)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
AT_ONCE = 2000


def csv_lines() -> Iterator[str]:
    """With the names of the columns first. What a spreadsheet would take for a formula is marked
    with an apostrophe, which the import takes away again."""
    writer = csv.writer(Echo())
    yield writer.writerow(COLUMNS)
    for subscriber in subscribers():
        yield writer.writerow(map(safe_cell, row_of(subscriber)))


def subscribers() -> Iterable[Subscriber]:
    first = ConsentEvent.objects.filter(subscriber=OuterRef("pk")).order_by("at", "pk")
    everybody = Subscriber.objects.annotate(source=Subquery(first.values("source")[:1]))
    return everybody.order_by("pk").prefetch_related("topics").iterator(chunk_size=AT_ONCE)


def row_of(subscriber: Subscriber) -> list[str]:
    return [
        subscriber.address,
        subscriber.status,
        subscriber.frequency,
        ", ".join(topic.name for topic in subscriber.topics.all()) or none_of(subscriber),
        written(subscriber.created_at),
        written(subscriber.confirmed_at),
        written(subscriber.unsubscribed_at),
        subscriber.source or "",
    ]


def none_of(subscriber: Subscriber) -> str:
    """Empty for whoever wants all topics."""
    return "none is left" if subscriber.chooses_topics else ""


def written(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def safe_cell(value: str) -> str:
    return f"'{value}" if value.startswith(FORMULA_SIGNS) else value


class Echo:
    """A file for `csv.writer` that hands each line back."""

    def write(self, line: str) -> str:
        return line
