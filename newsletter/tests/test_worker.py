"""A real worker, a real broker, a real SMTP server: what a reader gets, whatever breaks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
from django.conf import settings
from django.utils import timezone

from blog.models import Article
from blog.nudges import messenger, nudge
from blog.tests.factories import make_article
from careersite.supervisor import ROOT
from careersite.tests.smtp_sink import SmtpSink
from conftest import live_database_url
from newsletter.consent import Origin
from newsletter.models import Campaign, Mark, Subscriber
from newsletter.states import State
from newsletter.tests.factories import let_workers_run, make_subscriber, make_subscribers
from newsletter.tests.queue_content import take_messages
from newsletter.tests.workers import (
    CONCURRENCY,
    Eventually,
    Gate,
    StartWorker,
    end_leases,
    has_status,
    kill_with_children,
    publish,
    sweep,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("empty_queue")]

USES_FOLDER = settings.CELERY_BROKER_URL.startswith("filesystem:")


def test_publishing_mails_each_confirmed_subscriber_once(
    start_worker: StartWorker, smtp_sink: SmtpSink, eventually: Eventually
) -> None:
    readers = make_subscribers(30)
    make_subscriber("asked@example.com", confirmed=False)
    make_subscriber("left@example.com", left=True)
    worker = start_worker(EMAIL_URL=smtp_sink.url)
    publish()
    eventually(lambda: has_status("sent"), 60)
    kill_with_children(worker)
    assert sorted(smtp_sink.recipients()) == sorted(reader.address for reader in readers)
    assert Campaign.objects.get().tally() == {State.ACCEPTED: 30}


# --- The broker is away -------------------------------------------------------------------


@pytest.mark.skipif(not USES_FOLDER, reason="the queue is not a folder")
def test_publishing_goes_through_while_the_queue_is_gone_and_the_sweep_finds_it_later(
    caplog: pytest.LogCaptureFixture, mailoutbox: list
) -> None:
    make_subscriber()
    folder = Path(settings.CELERY_BROKER_TRANSPORT_OPTIONS["data_folder_out"])
    aside = folder.rename(folder.with_name("aside"))
    try:
        publish()
        messenger.waiting.join()
    finally:
        aside.rename(folder)
    assert Article.objects.published().count() == 1
    assert "No broker for newsletter.tasks.sweep" in caplog.text
    let_workers_run()
    assert len(mailoutbox) == 1


def publish_with_redis_at(port: int) -> subprocess.CompletedProcess:
    """In a process of its own, as a site with this REDIS_URL does it."""
    return subprocess.run(
        [
            *(sys.executable, "manage.py", "shell", "--no-imports", "--command"),
            "from blog.models import Article; Article.objects.get().publish(); print('published')",
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": live_database_url(),
            "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


@contextmanager
def callers_are_hung_up_on() -> Iterator[tuple[int, list]]:
    """A port, and who has called it."""
    calls = []

    class HangUp(BaseRequestHandler):
        def handle(self) -> None:
            calls.append(self.client_address)

    with ThreadingTCPServer(("127.0.0.1", 0), HangUp) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        yield server.server_address[1], calls
        server.shutdown()


def test_a_redis_that_hangs_up_is_asked_no_second_time(mailoutbox: list) -> None:
    make_subscriber()
    make_article(published_at=None)
    with callers_are_hung_up_on() as (port, calls):
        done = publish_with_redis_at(port)
    assert done.stdout.split() == ["published"], done.stderr
    assert "No broker for newsletter.tasks.sweep" in done.stderr
    assert len(calls) == 1
    let_workers_run()
    assert len(mailoutbox) == 1


# --- The worker is killed -----------------------------------------------------------------


def test_a_worker_killed_in_the_middle_loses_no_mail_and_sends_none_twice(
    start_worker: StartWorker, smtp_sink: SmtpSink, eventually: Eventually
) -> None:
    make_subscribers(150)
    gate = Gate(smtp_sink, after=60)
    worker = start_worker(EMAIL_URL=smtp_sink.url)
    publish()
    eventually(lambda: gate.waiting == CONCURRENCY, 60)
    kill_with_children(worker)
    gate.is_open.set()
    take_messages()  # the broker forgets all, too
    campaign = Campaign.objects.get()
    assert Mark.objects.filter(current_id__gt=0).count() == CONCURRENCY

    end_leases()
    another = start_worker(EMAIL_URL=smtp_sink.url)
    sweep()
    eventually(lambda: has_status("sent"), 60)
    kill_with_children(another)
    assert campaign.tally() == {State.ACCEPTED: 150 - CONCURRENCY, State.IN_DOUBT: CONCURRENCY}
    assert len(smtp_sink.recipients()) == len(set(smtp_sink.recipients()))
    assert len(smtp_sink.recipients()) == 150


# --- One queue behind another -------------------------------------------------------------


def test_a_confirmation_does_not_wait_for_a_campaign_that_hangs(
    start_worker: StartWorker, smtp_sink: SmtpSink, eventually: Eventually
) -> None:
    make_subscribers(100)
    gate = Gate(smtp_sink, after=1, lets_through="new@example.com")
    workers = [start_worker(EMAIL_URL=smtp_sink.url, single_mails=single) for single in (0, 1)]
    publish()
    eventually(lambda: gate.waiting == CONCURRENCY)
    new = Subscriber.objects.sign_up("new@example.com", Origin(), timezone.now())
    nudge("newsletter.tasks.send_confirmation", new.pk)
    eventually(lambda: "new@example.com" in smtp_sink.recipients())
    assert gate.waiting == CONCURRENCY
    assert has_status("sending")
    gate.is_open.set()
    for worker in workers:
        kill_with_children(worker)
