"""What protects a form on a public page, which knows no cookie and so no CSRF token.

Where it was sent from, a field only robots fill in, a signed time of rendering, and limits that
the database counts. Each answer is the same for every address that is typed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from hashlib import blake2b

from django.core import signing
from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from blog.models import Attempt
from blog.visitors import is_from_elsewhere, keyed_hash

MINIMUM_FILL = timedelta(seconds=2)
STAMP_LIFETIME = timedelta(days=2)
SHARED_STAMP_STEP = timedelta(minutes=10)
SIGNER_SALT = "public-form"


class Verdict(Enum):
    """What to do with a form that came in."""

    WELCOME = "welcome"
    FOREIGN = "foreign"  # another site sent it: 403
    ROBOT = "robot"  # it looks like one: the usual answer, and nothing done
    HASTY = "hasty"  # too fast or too old: show the form again, with what was typed
    UNSTAMPED = "unstamped"  # not from our page as we rendered it


def form_stamp(now: datetime | None = None) -> str:
    """The signed time at which a form was rendered."""
    now = now or timezone.now()
    return signing.Signer(salt=SIGNER_SALT).sign(str(int(now.timestamp() * 1000)))


def shared_form_stamp(now: datetime | None = None) -> str:
    """The stamp of a page that caches hand to many: the time, rounded down.

    A page has the same bytes for these minutes, and with them its ETag: who comes back has it
    already. The price is small. In a copy from a cache the exact time was some seconds old too,
    so that a robot that reads and sends at once looked slow enough; only who hits the first two
    seconds after a step is asked to press once more. The stamp still proves that the sender has
    read a page of ours within two days, and forms on pages of their own tell the exact time.
    """
    step_s = int(SHARED_STAMP_STEP.total_seconds())
    now_s = int((now or timezone.now()).timestamp())
    return form_stamp(datetime.fromtimestamp(now_s - now_s % step_s, tz=UTC))


def judge(request: HttpRequest, now: datetime) -> Verdict:
    """The verdict on the POST in `request`, before any of its fields is looked at."""
    if is_from_elsewhere(request):
        return Verdict.FOREIGN
    if request.POST.get("website"):
        return Verdict.ROBOT
    try:
        rendered_ms = int(signing.Signer(salt=SIGNER_SALT).unsign(request.POST["form_stamp"]))
    except (KeyError, ValueError, signing.BadSignature):
        return Verdict.UNSTAMPED
    age = now - datetime.fromtimestamp(rendered_ms / 1000, tz=now.tzinfo)
    return Verdict.WELCOME if MINIMUM_FILL <= age <= STAMP_LIFETIME else Verdict.HASTY


@dataclass(frozen=True)
class Limit:
    """At most `count` attempts of `scope` for one key within `period`."""

    scope: str
    count: int
    period: timedelta

    def key(self, value: str) -> str:
        return keyed_hash(value, self.scope)

    def is_reached(self, value: str, now: datetime) -> bool:
        since = now - self.period
        return Attempt.objects.count_since(self.scope, self.key(value), since) >= self.count


def take(values: dict[Limit, str], now: datetime) -> list[Limit]:
    """Count one attempt for each limit and its value, unless one of them is reached.

    Returns those that are reached: none, and the act is welcome.
    """
    with transaction.atomic():
        if not (reached := limits_reached(values, now)):
            note_attempts(values, now)
    return reached


def limits_reached(values: dict[Limit, str], now: datetime) -> list[Limit]:
    """Inside a transaction, and whoever asks about one of these values waits for its end: of many
    at one moment no more are let through than of many one by one."""
    wait_for_turn(f"{limit.scope} {limit.key(value)}" for limit, value in values.items())
    return [limit for limit, value in values.items() if limit.is_reached(value, now)]


def wait_for_turn(names: Iterable[str]) -> None:
    """Until the transaction ends nobody else has a turn at one of these. In one order, so that no
    two wait for each other. SQLite lets one writer in at a time anyway."""
    if connection.vendor == "postgresql":
        numbers = sorted(map(number_of, names))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(n) FROM unnest(%s::bigint[]) n", [numbers])


def number_of(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


def note_attempts(values: dict[Limit, str], now: datetime) -> None:
    """Count one attempt for each limit and its value."""
    Attempt.objects.bulk_create(
        Attempt(scope=limit.scope, key=limit.key(value), at=now) for limit, value in values.items()
    )
