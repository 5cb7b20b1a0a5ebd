"""Real workers of a test: set to work, slowed down, and killed."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import transaction
from django.utils import timezone

from blog.nudges import nudge
from blog.tests.factories import make_article
from careersite.tests.smtp_sink import SmtpSink
from newsletter.models import Campaign, Delivery, Mark, Step
from newsletter.times import LEASE

StartWorker = Callable[..., subprocess.Popen]
Eventually = Callable[..., object]
CONCURRENCY = 2


def publish() -> None:
    make_article(published_at=None).publish()


def sweep() -> None:
    """As beat does it every 30 seconds."""
    nudge("newsletter.tasks.sweep")


def has_status(status: str) -> bool:
    return [campaign.status for campaign in Campaign.objects.all()] == [status]


def children_of(worker: subprocess.Popen) -> list[int]:
    tasks = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
    return [int(child) for child in tasks.read_text().split()]


def kill_with_children(worker: subprocess.Popen) -> None:
    """As a power cut does it."""
    for process in (worker.pid, *children_of(worker)):
        os.kill(process, signal.SIGKILL)
    worker.wait()


def end_leases() -> None:
    """As if the time had gone by that a dead worker's leases last."""
    Mark.objects.update(at=timezone.now() - LEASE - timedelta(seconds=1))
    Step.objects.update(at=timezone.now() - LEASE - timedelta(seconds=1))
    with transaction.atomic():
        leased = Delivery.objects.filter(lease_until__isnull=False)
        ids = leased.order_by("pk").select_for_update().values_list("pk", flat=True)
        over = timezone.now() - timedelta(seconds=1)
        Delivery.objects.filter(pk__in=list(ids)).update(lease_until=over)


class Gate:
    """From so many mails on the server takes each mail and does not answer, until it opens."""

    def __init__(self, sink: SmtpSink, after: int, lets_through: str = "") -> None:
        self.sink, self.after, self.lets_through = sink, after, lets_through
        self.is_open = Event()
        self.waiting = 0
        self.take = sink.handle_DATA
        sink.handle_DATA = self.hold

    async def hold(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        reply = await self.take(server, session, envelope)
        if self.lets_through in envelope.rcpt_tos:
            return reply
        self.waiting += 1
        while len(self.sink.received) >= self.after and not self.is_open.is_set():
            await asyncio.sleep(0.01)
        self.waiting -= 1
        return reply


def slow_down(sink: SmtpSink, seconds: float) -> None:
    take = sink.handle_DATA

    async def take_slowly(*given: object) -> str:
        await asyncio.sleep(seconds)
        return await take(*given)

    sink.handle_DATA = take_slowly
