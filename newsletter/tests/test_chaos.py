"""Whatever is killed, cut off, full or forgotten: each reader gets one mail, or we say we doubt.

The short form; `make chaos` is the long one (see `newsletter/tests/ordeal.py`).
"""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import redis
import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone
from kombu import Connection

from blog.models import Article
from careersite.celery import app
from careersite.supervisor import ROOT
from careersite.tests.private_servers import find_program, free_port, restart_postgres
from careersite.tests.provider import Answer, Provider
from careersite.tests.smtp_sink import SmtpSink
from conftest import live_database_url
from newsletter import sweeping
from newsletter.models import Campaign, Delivery
from newsletter.sending.marks import STRETCH
from newsletter.states import State
from newsletter.tests.factories import let_workers_run, mail_through, make_subscribers
from newsletter.tests.ordeal import (
    BLOWS,
    FAR_ENDS,
    IS_LONG,
    MAILS,
    WITH_REDIS,
    FarEnd,
    Ordeal,
    mail_provider,
    only_long,
    smtp_server,
)
from newsletter.tests.workers import (
    CONCURRENCY,
    Eventually,
    StartWorker,
    kill_with_children,
    publish,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("empty_queue"),
    pytest.mark.chaos,
]

ON_POSTGRES = connection.vendor == "postgresql"
DAY = timedelta(days=1)


@pytest.fixture(params=FAR_ENDS)
def far_end(request: pytest.FixtureRequest) -> FarEnd:
    if request.param == "smtp":
        return smtp_server(request.getfixturevalue("smtp_sink"))
    return mail_provider(request.getfixturevalue("provider"))


def test_workers_are_killed_again_and_again(
    far_end: FarEnd, start_worker: StartWorker, eventually: Eventually
) -> None:
    ordeal = Ordeal(far_end, eventually)
    for _ in range(BLOWS):
        worker = start_worker(**far_end.environment)
        ordeal.await_some()
        kill_with_children(worker)
        ordeal.blows += 1
        ordeal.end_leases()
    start_worker(**far_end.environment)
    ordeal.await_end()
    ordeal.assert_each_got_one()


@pytest.mark.skipif(not ON_POSTGRES, reason="SQLite is a file and hangs up on nobody")
@pytest.mark.parametrize("most", [pytest.param(1, marks=only_long), None])
def test_the_database_hangs_up(
    start_worker: StartWorker, smtp_sink: SmtpSink, eventually: Eventually, most: int | None
) -> None:
    """On one of its sessions, or on all of them."""
    ordeal = Ordeal(smtp_server(smtp_sink), eventually)
    worker = start_worker(**ordeal.far_end.environment)
    for number in range(BLOWS):
        ordeal.await_some()
        if IS_LONG and most is None:
            start_database_anew("fast" if number % 2 else "immediate")
        else:
            ordeal.go_on_until(lambda: hang_up(most))
    ordeal.await_end()
    kill_with_children(worker)
    ordeal.assert_each_got_one(in_doubt=0)


@pytest.mark.skipif(not (ON_POSTGRES and IS_LONG), reason="in the long form, on PostgreSQL")
def test_the_power_is_cut_for_database_and_workers_at_once(
    start_worker: StartWorker, smtp_sink: SmtpSink, eventually: Eventually
) -> None:
    """What did not wait for the disk is lost, and nobody is left who knows it."""
    ordeal = Ordeal(smtp_server(smtp_sink), eventually)
    for _ in range(BLOWS):
        worker = start_worker(**ordeal.far_end.environment)
        ordeal.await_some()
        kill_with_children(worker)
        start_database_anew("immediate")
        ordeal.blows += 1
        ordeal.end_leases()
        sweeping.sweep(timezone.now())
        doubtful = Delivery.objects.filter(state=State.IN_DOUBT).count()
        assert doubtful <= ordeal.blows * CONCURRENCY * STRETCH
    start_worker(**ordeal.far_end.environment)
    ordeal.await_end()
    ordeal.assert_each_got_one(in_doubt=ordeal.blows * CONCURRENCY * STRETCH)


def start_database_anew(mode: str) -> None:
    """Where the server is ours alone."""
    connection.close()
    restart_postgres(settings.DATABASES["default"]["OPTIONS"]["host"], mode)


def hang_up(most: int | None) -> int:
    """On how many sessions: on none where no worker is at the database just now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " ORDER BY random() LIMIT %s) AS others",
            [most],
        )
        return cursor.rowcount


@only_long  # it waits as long as a worker does
def test_the_provider_takes_a_call_and_says_nothing(
    start_worker: StartWorker, provider: Provider, eventually: Eventually
) -> None:
    ordeal = Ordeal(mail_provider(provider), eventually)
    provider.next_answers.append(Answer(hangs=True))
    worker = start_worker(**ordeal.far_end.environment)
    eventually(Delivery.objects.filter(state=State.IN_DOUBT).exists)
    eventually(Campaign.objects.filter(rests_until__isnull=False).exists)
    Campaign.objects.update(rests_until=None)  # as if it were later
    ordeal.await_end()
    kill_with_children(worker)
    ordeal.assert_each_got_one(in_doubt=ordeal.far_end.at_stake)


# --- The broker ---------------------------------------------------------------------------


class OwnRedis:
    """A broker that may be maltreated."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port, socket_timeout=2)

    def start(self, eventually: Eventually) -> None:
        address = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", ""]
        self.process = subprocess.Popen(
            [find_program("redis-server"), *address, "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
        )
        eventually(self.answers)

    def answers(self) -> bool:
        try:
            return self.client.ping()
        except redis.RedisError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()

    def nudge(self) -> None:
        """As beat does it. A failure is nobody's business."""
        with Connection(self.url, transport_options={"socket_timeout": 1}) as broker:
            app.send_task("newsletter.tasks.sweep", connection=broker)


@pytest.fixture
def own_redis(tmp_path: Path, eventually: Eventually) -> Iterator[OwnRedis]:
    server = OwnRedis(tmp_path)
    server.start(eventually)
    yield server
    server.stop()


@pytest.mark.skipif(not WITH_REDIS, reason="the broker is a folder")
def test_the_broker_forgets_all_hangs_and_is_started_anew(
    own_redis: OwnRedis,
    start_worker: StartWorker,
    smtp_sink: SmtpSink,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("newsletter.tests.ordeal.sweep", own_redis.nudge)
    ordeal = Ordeal(smtp_server(smtp_sink), eventually)
    start_worker(**ordeal.far_end.environment, REDIS_URL=own_redis.url)
    ordeal.await_some()
    own_redis.client.flushall()
    ordeal.await_some()
    own_redis.process.send_signal(signal.SIGSTOP)
    time.sleep(1)
    own_redis.process.send_signal(signal.SIGCONT)
    ordeal.await_some()
    own_redis.stop()
    own_redis.start(eventually)
    ordeal.await_end()
    ordeal.assert_each_got_one(in_doubt=0)


# --- The disk and the clock ---------------------------------------------------------------


NO_SPACE = """
    CREATE SEQUENCE chaos_writes;
    CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF nextval('chaos_writes') > TG_ARGV[0]::bigint THEN
            RAISE EXCEPTION USING ERRCODE = 'disk_full',
                MESSAGE = 'could not extend file: No space left on device';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER no_space BEFORE UPDATE ON newsletter_delivery
        FOR EACH ROW WHEN (NEW.state <> 'claimed') EXECUTE FUNCTION no_space('%(writes)d');
    CREATE TRIGGER no_space BEFORE UPDATE ON newsletter_mark
        FOR EACH ROW EXECUTE FUNCTION no_space('%(writes)d');
    CREATE TRIGGER no_space BEFORE UPDATE ON newsletter_step
        FOR EACH ROW EXECUTE FUNCTION no_space('%(writes)d')
"""
SPACE_AGAIN = "DROP FUNCTION no_space CASCADE; DROP SEQUENCE chaos_writes"


@contextmanager
def full_after(writes: int) -> Iterator[None]:
    """PostgreSQL refuses to write down more of what becomes of mails, as it does where its disk is
    full; whoever asks it gets the very same error."""
    with connection.cursor() as cursor:
        cursor.execute(NO_SPACE % {"writes": writes})
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(SPACE_AGAIN)


def sweep_until_full(ordeal: Ordeal) -> subprocess.CompletedProcess:
    if ON_POSTGRES:
        with full_after(ordeal.chance.randrange(2 * MAILS // BLOWS)):
            return sweep_alone(ordeal.far_end)
    return sweep_alone(ordeal.far_end, limit_bytes=ordeal.chance.randrange(20, 900) * 1000)


def test_the_disk_is_full(smtp_sink: SmtpSink, eventually: Eventually) -> None:
    """To SQLite it looks so when no file may grow beyond some size, and to whoever writes a log."""
    ordeal = Ordeal(smtp_server(smtp_sink, 0), eventually)
    sweeping.sweep(timezone.now())  # the mails are made while there is room
    for _ in range(BLOWS):
        stopped = sweep_until_full(ordeal)
        assert stopped.returncode != 0
        ordeal.blows += 1
        ordeal.end_leases()
    done = sweep_alone(ordeal.far_end)
    assert done.returncode == 0, done.stderr
    sweeping.sweep(timezone.now())
    ordeal.assert_each_got_one(in_doubt=ordeal.blows)


def sweep_alone(far_end: FarEnd, limit_bytes: int | None = None) -> subprocess.CompletedProcess:
    def limit() -> None:
        if limit_bytes:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        [sys.executable, "manage.py", "sweep"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": live_database_url(), **far_end.environment},
        preexec_fn=limit,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_clock_is_put_back_a_day(settings: object, smtp_sink: SmtpSink) -> None:
    mail_through(settings, smtp_sink.port)
    make_subscribers(6)
    publish()
    now = timezone.now()
    sweeping.sweep(now)
    campaign = Campaign.objects.get()
    taken = Delivery.objects.claim(campaign, 2, now)  # by a worker that dies
    assert taken[0].go(now)
    with time_machine.travel(now - DAY) as clock:
        for _ in range(3):
            let_workers_run()
            clock.shift(timedelta(minutes=7))
    for _ in range(2):
        let_workers_run()
    assert Campaign.objects.count() == Article.objects.count() == 1
    assert campaign.tally() == {State.ACCEPTED: 5, State.IN_DOUBT: 1}
    assert len(smtp_sink.recipients()) == len(set(smtp_sink.recipients())) == 5
