"""Whether the site lives (`/healthz`), and whether all it needs is there (`/readyz`).

`/readyz` is open to everybody, so it says how things are, and never where or with what they run.
"""

import logging
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe
from kombu import Connection

from newsletter import alarms
from newsletter.models import Pulse, SendingLimit
from newsletter.wellbeing import MOST_COMPLAIN, MOST_FAIL

logger = logging.getLogger(__name__)

BROKER_TIMEOUT_S = 2


class Finding(NamedTuple):
    ok: bool
    detail: str


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers. Nothing else is asked, so that no fault elsewhere restarts it."""
    return plain("ok")


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    now = timezone.now()
    findings = {name: look(name, check, now) for name, check in CHECKS.items()}
    return JsonResponse(
        {name: finding._asdict() for name, finding in findings.items()},
        status=200 if all(finding.ok for finding in findings.values()) else 503,
        headers={"Cache-Control": "no-store"},
    )


def look(name: str, check: Callable[[datetime], Finding], now: datetime) -> Finding:
    try:
        return check(now)
    except Exception as error:  # whatever the driver raises, the answer is no
        logger.warning("Not ready, %s: %s", name, error)
        return Finding(False, "does not answer")


def database(now: datetime) -> Finding:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Finding(True, "answers")


def broker(now: datetime) -> Finding:
    if settings.CELERY_BROKER_URL.startswith("filesystem:"):
        folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_in"])
        with tempfile.TemporaryFile(dir=folder):
            return Finding(True, "can be written")
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with Connection(
        settings.CELERY_BROKER_URL, transport_options=options, connect_timeout=BROKER_TIMEOUT_S
    ) as link:
        # The transport tries once; `link.connect()` would wait and try again.
        link.transport.close_connection(link.transport.establish_connection())
    return Finding(True, "answers")


def sweep(now: datetime) -> Finding:
    last = Pulse.last("sweep")
    if last is None:
        return Finding(False, "has never run")
    return Finding(now - last <= alarms.SWEEP_IS_LATE, f"ran {seconds(now - last)} s ago")


def deliveries(now: datetime) -> Finding:
    """How long the oldest mail that is due has waited while none went out."""
    waiting = alarms.oldest_waiting(now)
    if waiting is None:
        return Finding(True, "none is due")
    detail = f"waiting for {seconds(waiting)} s"
    if waiting > alarms.DELIVERY_IS_LATE and SendingLimit.objects.holds_until(now):
        return Finding(True, f"{detail}, held back by a sending limit")
    return Finding(waiting <= alarms.DELIVERY_IS_LATE, detail)


def failures(now: datetime) -> Finding:
    share, _ = alarms.shares(now)
    return Finding(share <= MOST_FAIL, f"{100 * share:.1f} % of the last mails")


def complaints(now: datetime) -> Finding:
    _, share = alarms.shares(now)
    return Finding(share <= MOST_COMPLAIN, f"{100 * share:.2f} % of the last mails")


CHECKS = {
    "database": database,
    "broker": broker,
    "sweep": sweep,
    "deliveries": deliveries,
    "failures": failures,
    "complaints": complaints,
}


def seconds(age: timedelta) -> int:
    return max(0, int(age.total_seconds()))


def broken(request: HttpRequest) -> HttpResponse:
    """The page for what nobody foresaw. It asks nothing of what may be the cause."""
    return HttpResponse(
        render_to_string("500.html"), status=500, headers={"Cache-Control": "no-store"}
    )


def plain(text: str) -> HttpResponse:
    return HttpResponse(
        text, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )
