"""Dates as people write them at the top of a text."""

import re
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from blog.importing.manuscript import CannotImport

FORMATS = (
    *("%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%d. %B %Y"),
    *("%d.%m.%Y", "%Y/%m/%d", "%Y-%m-%d"),
)
NOON = time(12)
LONGEST = 60
NOW = "now"
LABEL = re.compile(r"(?:date|posted|published|written|updated)(?:\s+on\b|\s*:)+\s*", re.I)
WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.I)
ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b", re.I)
MONTH_DOT = re.compile(r"\b([a-z]{3})[a-z]?\.(?=\s)|\b(sep)t(?=\s)", re.I)
CLOCK = re.compile(r"[,\s]+(?:at\s+)?(\d{1,2})[:.](\d{2})\s*([ap])?\.?(?:m\.?)?$", re.I)
SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")


def parse_written_date(text: str) -> datetime | None:
    """`July 10, 2024` and its relatives, in the site's zone, at noon if no time is said; `now`
    after a label (`Date: now`). None if it is no date; `CannotImport` if it is two."""
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        return None
    words = LABEL.sub("", text, count=1) if LABEL.match(text) else text
    if words.lower() == NOW and words != text:
        return timezone.now()
    return _iso(words) or _written(
        WEEKDAY.sub("", words, count=1) if WEEKDAY.match(words) else words
    )


def as_moment(value: object) -> datetime | None:
    """What a head says after `date:`: a date, a moment, or words."""
    if isinstance(value, datetime):
        return value if timezone.is_aware(value) else timezone.make_aware(value)
    if isinstance(value, date):
        return timezone.make_aware(datetime.combine(value, NOON))
    return timezone.now() if str(value).strip().lower() == NOW else parse_written_date(str(value))


def _iso(text: str) -> datetime | None:
    try:
        found = parse_datetime(text) if ":" in text else parse_date(text)
    except ValueError:
        return None
    return as_moment(found) if found else None


def _written(text: str) -> datetime | None:
    text = MONTH_DOT.sub(lambda match: match[1] or match[2], ORDINAL.sub("", text)).strip(" .,")
    clock = CLOCK.search(text)
    day = _day(text[: clock.start()].strip(" ,") if clock else text)
    hour = _hour(clock) if clock else NOON
    return timezone.make_aware(datetime.combine(day, hour)) if day and hour else None


def _day(text: str) -> date | None:
    slashed = SLASHED.fullmatch(text)
    if slashed:
        return _slashed(text, *map(int, slashed.groups()))
    for pattern in FORMATS:
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    return None


def _slashed(text: str, first: int, second: int, year: int) -> date | None:
    if first <= 12 and second <= 12 and first != second:
        raise CannotImport(
            f"The date {text} can be read in two ways. "
            f"Write it as {year}-{first:02}-{second:02} or {year}-{second:02}-{first:02}."
        )
    month, day = (first, second) if first <= 12 else (second, first)
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _hour(clock: re.Match[str]) -> time | None:
    hour, minute, half = int(clock[1]), int(clock[2]), (clock[3] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
