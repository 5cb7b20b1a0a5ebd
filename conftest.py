"""What every test may use: data of its own, real far ends, a real worker.

The environment is set before Django reads it: nobody's `.env`, shell or `var/` has a say.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import django
import pytest
from django.conf import settings
from django.db import connection

from careersite.celery import app as celery_app
from careersite.run import mailer, worker
from careersite.supervisor import ROOT
from careersite.tests.provider import Provider, running_provider
from careersite.tests.smtp_sink import SmtpSink, running_smtp_sink

if settings.configured:
    pytest.exit("Unset DJANGO_SETTINGS_MODULE: the tests set up everything themselves.", 2)

GIVEN_ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"
}
DATA_DIR = Path(tempfile.mkdtemp(prefix="careersite-test-"))
FORGOTTEN_NAMES = (
    *("PORT", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "SITE_URL"),
    *("CELERY_BROKER_URL", "EMAIL_URL", "DEFAULT_FROM_EMAIL", "TIME_ZONE", "TRUSTED_PROXIES"),
    *("SENTRY_DSN", "DKIM_PRIVATE_KEY_FILE", "DKIM_SELECTOR", "DKIM_DOMAIN"),
    "INDEXNOW_KEY",
)
WORKER_GRACE_S = 10
RESTORES = "django_db_serialized_rollback"


def set_environment() -> None:
    for name in GIVEN_ENVIRONMENT:
        if name in FORGOTTEN_NAMES or name.startswith("ANYMAIL_"):
            del os.environ[name]
    os.environ["CAREERSITE_IGNORE_ENV_FILE"] = "1"
    os.environ["DATA_DIR"] = str(DATA_DIR)
    # One for all parallel processes: a parameter may be signed, and its name must be the same.
    os.environ["SECRET_KEY"] = "only for tests, and the same in each of their processes"
    if redis_url := os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = f"{redis_url.rstrip('/')}/{own_redis_database()}"


def own_redis_database() -> int:
    """Tests that run in parallel must not read each other's messages."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1


def set_up_django() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    if not settings.DATABASE_URL:
        # A file, so that a worker process can open it too.
        settings.DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
    django.setup()


set_environment()
set_up_django()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Parallel processes inherit the environment as it was given, and make their own of it."""
    os.environ.clear()
    os.environ.update(GIVEN_ENVIRONMENT)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real transactions end with empty tables: what the migrations wrote comes back each time."""
    for item in items:
        if has_real_transactions(item) and RESTORES not in item.fixturenames:
            item.fixturenames.append(RESTORES)


def has_real_transactions(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    is_marked = marker is not None and marker.kwargs.get("transaction", False)
    return is_marked or not {"transactional_db", "live_server"}.isdisjoint(item.fixturenames)


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA_DIR, ignore_errors=True)


@pytest.fixture
def eventually() -> Callable[..., object]:
    """`eventually(condition, within_s=120)` returns the first truthy answer, or fails.

    The time is only how long to wait before giving up: a shared machine may be slow.
    """

    def wait(condition: Callable[[], object], within_s: float = 120) -> object:
        deadline = time.monotonic() + within_s
        while not (answer := condition()):
            assert time.monotonic() < deadline, f"not within {within_s} s"
            time.sleep(0.05)
        return answer

    return wait


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    with running_smtp_sink() as sink:
        yield sink


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def start_worker(transactional_db: None) -> Iterator[Callable[..., subprocess.Popen]]:
    """`start_worker(beat=False, EMAIL_URL=smtp_sink.url)`: a real worker on this test's database.

    With `single_mails=True` it is the one for confirmations and answers. It shares the test's
    DATA_DIR and broker, so what the test queues it does.
    """
    started = []

    def start(
        *, beat: bool = False, single_mails: bool = False, **environment: str
    ) -> subprocess.Popen:
        environment = {"DATABASE_URL": live_database_url(), **environment}
        child = mailer() if single_mails else worker(beat=beat)
        process = subprocess.Popen(child.command, cwd=ROOT, env={**os.environ, **environment})
        started.append(process)
        return process

    celery_app.control.purge()
    yield start
    for process in started:
        end_process(process)


def live_database_url() -> str:
    """The test's database, for another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()


def end_process(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(WORKER_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
