"""The machine under the site: database, broker, workers, disk, clock."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime

from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from careersite import checks, health
from careersite.doctoring.finding import Finding, fine, odd, wrong

GIGABYTE = 10**9
TIGHT_BYTES, FULL_BYTES = 2 * GIGABYTE, GIGABYTE // 4
PING_S = 2.0
FOLDERS = ("", "media", "private", "outbox", "queue")
START_A_WORKER = (
    "Start one: `make run`, the unit careersite-worker, or `docker compose up -d worker`."
)


def settings_are_right() -> Iterator[Finding]:
    """As the site itself asks before it starts, but not ending with the first trouble."""
    found = [wrong("settings", error.msg, error.hint or "") for error in checks.errors()]
    yield from found or [fine("settings", "nothing is wrong with them")]


def database(now: datetime) -> Iterator[Finding]:
    """Raises what the driver raises when it is away."""
    health.database(now)
    yield fine("database", f"{connection.display_name} answers")
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        names = ", ".join(f"{step.app_label} {step.name}" for step, _ in waiting[:5])
        advice = "Run `.venv/bin/python manage.py migrate`, then restart web and workers."
        yield wrong("migrations", f"{len(waiting)} are waiting: {names}", advice)
    else:
        yield fine("migrations", "none is waiting")


def broker(now: datetime) -> Iterator[Finding]:
    found = health.look("broker", health.broker, now)
    advice = "See that REDIS_URL or CELERY_BROKER_URL is right and that it runs. Nothing is lost."
    yield fine("broker", found.detail) if found.ok else wrong("broker", found.detail, advice)


def sweep_and_worker(now: datetime) -> Iterator[Finding]:
    """A site that sweeps by cron needs no worker."""
    found = health.sweep(now)
    advice = "It comes with a worker that has beat, or from cron: `manage.py sweep`."
    yield fine("sweep", found.detail) if found.ok else wrong("sweep", found.detail, advice)
    names = workers()
    if names:
        yield fine("workers", f"{len(names)} answered within {PING_S:.0f} s: {', '.join(names)}")
    elif found.ok:
        words = f"none answered within {PING_S:.0f} s, but something sweeps"
        yield odd("workers", words, f"All is well if that is cron. {START_A_WORKER}")
    else:
        yield wrong("workers", f"none answered within {PING_S:.0f} s", START_A_WORKER)


def workers() -> list[str]:
    """The names of those that answer. None, too, if the broker is away."""
    try:
        answers = current_app.control.ping(timeout=PING_S)
    except Exception:  # whatever the transport raises: `broker` says more
        return []
    return sorted({name for answer in answers or [] for name in answer})


def oldest_mail(now: datetime) -> Iterator[Finding]:
    found = health.deliveries(now)
    advice = "Look at the campaign’s page: it may rest or be paused. Else look for the workers."
    if found.ok:
        yield fine("oldest mail", found.detail)
    else:
        yield wrong("oldest mail", f"{found.detail} while none goes out", advice)


def disk() -> Iterator[Finding]:
    free = shutil.disk_usage(settings.DATA_DIR).free
    words = f"{free / GIGABYTE:.1f} GB free under DATA_DIR"
    advice = "Make room: uploads, sign-ups and mails need it. Reading goes on without."
    if free < FULL_BYTES:
        yield wrong("disk", words, advice)
    else:
        yield fine("disk", words) if free >= TIGHT_BYTES else odd("disk", words, advice)


def folders() -> Iterator[Finding]:
    closed = [name or "DATA_DIR" for name in FOLDERS if not can_be_written(name)]
    if closed:
        advice = "Give it to the account the site runs under: `chown -R`."
        yield wrong("folders", f"cannot be written: {', '.join(closed)}", advice)
    else:
        yield fine("folders", "all can be written")


def can_be_written(name: str) -> bool:
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR / name) as file:
            file.write(b"x")
    except OSError:
        return False
    return True


def clock(now: datetime) -> Iterator[Finding]:
    yield fine("time zone", f"{settings.TIME_ZONE}, where it is {timezone.localtime(now):%H:%M}")
