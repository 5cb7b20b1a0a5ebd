"""Dates as people write them at the top of a text."""

from datetime import date, datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

FORMATS = (
    *("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%B %d %Y", "%d. %B %Y"),
    *("%A, %B %d, %Y", "%A, %d %B %Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d"),
)
NOON = time(12)


def parse_written_date(text: str) -> datetime | None:
    """`July 10, 2024` and its relatives, at noon of the site's zone; None if it is no date."""
    text = " ".join(text.split()).strip(" .")
    if len(text) > 40:
        return None
    return _iso(text) or _written(text)


def as_moment(value: object) -> datetime | None:
    """What a head says after `date:`: a date, a moment, or words."""
    if isinstance(value, datetime):
        return value if timezone.is_aware(value) else timezone.make_aware(value)
    if isinstance(value, date):
        return timezone.make_aware(datetime.combine(value, NOON))
    return parse_written_date(str(value))


def _iso(text: str) -> datetime | None:
    try:
        found = parse_datetime(text) if ":" in text else parse_date(text)
    except ValueError:
        return None
    return as_moment(found) if found else None


def _written(text: str) -> datetime | None:
    for pattern in FORMATS:
        try:
            found = datetime.strptime(text, pattern)
        except ValueError:
            continue
        return as_moment(found.date())
    return None
