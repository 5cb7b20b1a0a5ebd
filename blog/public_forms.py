"""What protects a form on a public page, which knows no cookie and so no CSRF token.

Where it was sent from, a field only robots fill in, a signed time of rendering, and limits that
the database counts. Each answer is the same for every address that is typed.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from django.core import signing
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

    def is_reached(self, value: str, now: datetime) -> bool:
        key = keyed_hash(value, self.scope)
        return Attempt.objects.count_since(self.scope, key, now - self.period) >= self.count


def note_attempts(values: dict[str, str], now: datetime) -> None:
    """Count one attempt for each scope and its value."""
    Attempt.objects.bulk_create(
        Attempt(scope=scope, key=keyed_hash(value, scope), at=now)
        for scope, value in values.items()
    )
