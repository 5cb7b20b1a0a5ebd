"""A wrong setting is said in words, and an unsafe site does not start."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings as given
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from blog.editor import CKEDITOR_CONFIGS
from careersite import checks
from careersite.environment import VALUES
from newsletter.providers import backend_of

DKIM_KEYS = Path(__file__).parents[2] / "newsletter" / "tests" / "dkim"
SECRET = "k3!q-" * 11
GOOD = {
    "PORT": ["1", "8000", "65535"],
    "SITE_URL": ["http://localhost:8000", "https://www.example.com/", "http://[::1]:80"],
    "TIME_ZONE": ["UTC", "Europe/Vienna"],
    "DATABASE_URL": [
        "postgres://me:p%40ss@db.example.com:5432/site",
        "postgres:///site?host=/tmp/socket",
        "sqlite:////var/lib/careersite/db.sqlite3",
    ],
    "REDIS_URL": ["redis://127.0.0.1:6379/0", "rediss://:secret@redis.example.com"],
    "CELERY_BROKER_URL": ["amqp://me:secret@rabbit//", "redis://a;redis://b", "filesystem://"],
    "EMAIL_URL": ["smtp+tls://me:p%40ss@mail.example.com:587", "consolemail://"],
    "ANYMAIL_ESP": ["mailgun", "Postmark", "amazon_ses"],
    "TRUSTED_PROXIES": ["0", "2"],
    "DEFAULT_FROM_EMAIL": ["news@example.com", "Open Seat <news@example.com>"],
    "ALLOWED_HOSTS": ["example.com, .example.org", "127.0.0.1,[::1],localhost", "*"],
    "CSRF_TRUSTED_ORIGINS": ["https://example.com,https://*.example.org"],
    "DEBUG": ["0", "True", "off"],
    "ANYMAIL_WEBHOOK_SECRET": ["user:password", "old:password, new:password"],
    "DKIM_PRIVATE_KEY_FILE": [str(DKIM_KEYS / "key.pem")],
    "DKIM_SELECTOR": ["site2026", "s1.mail"],
    "DKIM_DOMAIN": ["example.com"],
    "INDEXNOW_KEY": ["0123456789abcdef", "a-b-c-d-E"],
    "SENTRY_DSN": ["https://key@errors.example.com/1"],
}
BAD = {
    "PORT": ["0", "65536", "-1", "http", "80 81", "٣"],
    "SITE_URL": [
        *("example.com", "ftp://example.com", "https://", "http://[", "https://example.com/blog"),
        *("https://me@example.com", "https://example.com?a=b", "https://example.com:port"),
        "https://exa mple.com",
    ],
    "TIME_ZONE": ["Mars/Base", "../etc/passwd", "/etc/localtime", "CEST+99"],
    "DATABASE_URL": [
        *("nonsense", "postgres://", "mysql://me@db/site", "postgres://me@db:port/site"),
        "postgres://me:secret[@db/site",
    ],
    "REDIS_URL": ["127.0.0.1:6379", "http://redis", "redis://redis:port"],
    "CELERY_BROKER_URL": ["rabbit", "nothing://rabbit", "redis://a;nonsense"],
    "EMAIL_URL": ["mail.example.com", "smtp://", "http://mail", "smtp://me@mail:port"],
    "ANYMAIL_ESP": ["nobody", "base", "test", "os.path", "mail gun"],
    "TRUSTED_PROXIES": ["-1", "one", "1.5"],
    "DEFAULT_FROM_EMAIL": ["nobody", "a@example.com, b@example.com", "x: a@example.com;", "A <>"],
    "ALLOWED_HOSTS": ["https://example.com", "example.com:8000", "example.com/blog", "a b"],
    "CSRF_TRUSTED_ORIGINS": ["example.com", "https://example.com/path"],
    "DEBUG": ["flase", "2"],
    "ANYMAIL_WEBHOOK_SECRET": ["password", "user:", ":password", "a:b,password"],
    "DKIM_PRIVATE_KEY_FILE": ["/none/secret.pem", __file__, str(DKIM_KEYS / "short.pem"), "/"],
    "DKIM_SELECTOR": ["site 2026", "a..b", "s1._domainkey.example.com."],
    "DKIM_DOMAIN": ["example", "@example.com", "https://example.com", "bücher.example"],
    "INDEXNOW_KEY": ["short", "../../etc/passwd", "with space in it", "k" * 129],
    "SENTRY_DSN": ["nonsense", "https://errors.example.com/1"],
}


def pairs(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, text) for name, texts in values.items() for text in texts]


def found() -> list[str]:
    return [error.id.removeprefix("careersite.") for error in checks.errors()]


def faults_of(name: str) -> list[str]:
    return [rule.fault for rule in VALUES if rule.name == name and not rule.holds()]


@pytest.mark.parametrize(("name", "text"), pairs(GOOD))
def test_a_good_value_is_fine(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("careersite.value_shapes.importlib.util.find_spec", lambda _: object())
    monkeypatch.setenv(name, f" {text} ")
    assert faults_of(name) == []


@pytest.mark.parametrize(("name", "text"), pairs(BAD))
def test_a_bad_value_is_named_and_not_repeated(
    name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, text)
    assert faults_of(name)
    wrong = next(error for error in checks.errors() if name in error.msg)
    assert wrong.hint
    assert "secret" not in wrong.msg + wrong.hint


def test_an_empty_value_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for rule in VALUES:
        monkeypatch.setenv(rule.name, "  ")
        assert rule.holds()


def test_every_error_has_a_number_of_its_own() -> None:
    numbers = [rule.number for rule in (*VALUES, *checks.ALWAYS, *checks.IN_PUBLIC)]
    assert len(numbers) == len(set(numbers))


# --- What is asked of a public site -------------------------------------------------------


@pytest.fixture
def public(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a site that may go public."""
    (tmp_path / "cleaned-up").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "cleaned-up"))
    monkeypatch.setenv("ALLOWED_HOSTS", "www.example.com")
    monkeypatch.setenv("DEFAULT_FROM_EMAIL", "news@example.com")
    settings.DEBUG = False
    settings.DATA_DIR = tmp_path / "data"
    settings.DATA_DIR.mkdir()
    postgres = {"ENGINE": "django.db.backends.postgresql", "NAME": "site"}
    monkeypatch.setitem(given.DATABASES, "default", postgres)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = SECRET, []
    settings.SECRET_KEY_IS_GENERATED = False
    settings.ALLOWED_HOSTS = ["www.example.com"]
    settings.SITE_HOST, settings.SITE_IS_HTTPS = "www.example.com", True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.DEFAULT_FROM_EMAIL = "Open Seat <news@Mail.example.com>"
    return settings


def test_a_safe_site_may_start(public: Settings) -> None:
    assert found() == []
    checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("name", "unsafe", "number"),
    [
        ("SECRET_KEY_IS_GENERATED", True, "E031"),
        ("SECRET_KEY", "short", "E032"),
        ("SECRET_KEY", "ab" * 30, "E032"),
        ("SECRET_KEY", "django-insecure-" + SECRET, "E032"),
        ("SECRET_KEY_FALLBACKS", ["short"], "E032"),
        ("ALLOWED_HOSTS", ["www.example.com", "*"], "E034"),
        ("ALLOWED_HOSTS", ["other.example.com"], "E035"),
        ("SITE_IS_HTTPS", False, "E036"),
        ("EMAIL_BACKEND", "careersite.outbox.EmailBackend", "E039"),
        ("EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend", "E039"),
    ],
)
def test_each_unsafe_setting_is_refused(
    public: Settings, name: str, unsafe: object, number: str
) -> None:
    setattr(public, name, unsafe)
    assert found() == [number]
    with pytest.raises(ImproperlyConfigured, match=number):
        checks.refuse_unsafe_start()


@pytest.mark.parametrize(
    ("name", "number"), [("ALLOWED_HOSTS", "E033"), ("DEFAULT_FROM_EMAIL", "E040")]
)
def test_what_has_to_be_set_is_asked_for(
    public: Settings, name: str, number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(name)
    assert found() == [number]


@pytest.mark.parametrize("what", ["data", "database"])
def test_data_that_the_system_cleans_up_is_refused(
    public: Settings, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(tempfile.gettempdir()) / "site"
    folder.mkdir()
    if what == "data":
        public.DATA_DIR = folder
    else:
        sqlite = {"ENGINE": "django.db.backends.sqlite3", "NAME": folder / "db.sqlite3"}
        monkeypatch.setitem(given.DATABASES, "default", sqlite)
    assert found() == ["E037"]


def test_a_provider_needs_its_key_and_a_secret_for_its_reports(public: Settings) -> None:
    public.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    public.ANYMAIL_WEBHOOK_SECRET = []
    assert found() == ["E019", "E038"]
    public.ANYMAIL = {**public.ANYMAIL, "MAILGUN_API_KEY": "key"}
    public.ANYMAIL_WEBHOOK_SECRET = ["user:password"]
    assert found() == []


@pytest.mark.parametrize(
    ("provider", "own_key", "is_enough"),
    [
        ("mailgun", "MAILGUN_WEBHOOK_SIGNING_KEY", True),
        ("mailersend", "MAILERSEND_SIGNING_SECRET", True),
        ("mailtrap", "MAILTRAP_TRACKING_SECRET", True),
        ("mandrill", "MANDRILL_WEBHOOK_KEY", True),
        ("resend", "RESEND_SIGNING_SECRET", True),
        ("postmark", "POSTMARK_WEBHOOK_KEY", False),
        ("brevo", "MAILGUN_WEBHOOK_SIGNING_KEY", False),
        ("scaleway", "", True),
    ],
)
def test_the_providers_own_signature_does_as_well_where_there_is_one(
    public: Settings, provider: str, own_key: str, is_enough: bool
) -> None:
    public.EMAIL_BACKEND = backend_of(provider)
    public.ANYMAIL = {own_key: "key"}
    public.ANYMAIL_WEBHOOK_SECRET = []
    assert ("E038" in found()) is not is_enough


@pytest.mark.parametrize("provider", ["mailersend", "mandrill", "postal"])
def test_a_secret_is_not_enough_where_every_report_is_signed(
    public: Settings, provider: str
) -> None:
    public.EMAIL_BACKEND = f"anymail.backends.{provider}.EmailBackend"
    public.ANYMAIL_WEBHOOK_SECRET = ["user:password"]
    assert "E041" in found()
    assert "E038" not in found()


def test_a_key_to_sign_with_needs_its_name_and_the_senders_domain(public: Settings) -> None:
    public.DKIM_DOMAIN = "mail.example.com"
    public.DKIM_PRIVATE_KEY_FILE = str(DKIM_KEYS / "key.pem")
    assert found() == ["E024"]
    public.DKIM_SELECTOR = "site2026"
    assert found() == []
    public.DKIM_DOMAIN = "example.com"
    assert found() == []
    public.DKIM_DOMAIN = "ample.com"
    assert found() == ["E025"]
    public.DKIM_PRIVATE_KEY_FILE = ""
    assert found() == ["E024"]


def test_a_folder_that_cannot_be_written_is_refused(public: Settings) -> None:
    public.DATA_DIR = public.DATA_DIR / "none"
    assert found() == ["E014"]


def test_a_site_whose_editor_is_not_hardened_does_not_start(public: Settings) -> None:
    configs = deepcopy(CKEDITOR_CONFIGS)
    configs["default"]["allowedContent"] = True
    public.CKEDITOR_CONFIGS = configs
    with pytest.raises(ImproperlyConfigured, match=r"blog\.E002"):
        checks.refuse_unsafe_start()


def test_a_trial_may_do_what_a_public_site_may_not(public: Settings) -> None:
    public.DEBUG = True
    public.SECRET_KEY_IS_GENERATED = True
    public.EMAIL_BACKEND = "careersite.outbox.EmailBackend"
    assert checks.check_settings() == []
    public.ALLOWED_HOSTS = ["*"]
    assert [warning.id for warning in checks.check_settings()] == ["careersite.W001"]


# --- The real commands --------------------------------------------------------------------


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """That of a public site; its data lies outside of what counts as temporary."""
    names = {*GOOD, "DATA_DIR", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
    kept = {name: text for name, text in os.environ.items() if name not in names}
    (tmp_path / "tmp").mkdir()
    yield kept | {
        "CAREERSITE_IGNORE_ENV_FILE": "1",
        "TMPDIR": str(tmp_path / "tmp"),
        "DATA_DIR": str(tmp_path / "data"),
        "DEBUG": "0",
        "SECRET_KEY": SECRET,
        "SITE_URL": "https://www.example.com",
        "ALLOWED_HOSTS": "www.example.com",
        "DATABASE_URL": "postgres://me@127.0.0.1/site",
        "REDIS_URL": "redis://127.0.0.1",
        "EMAIL_URL": "smtp+tls://me:password@mail.example.com:587",
        "DEFAULT_FROM_EMAIL": "Open Seat <news@example.com>",
        "TRUSTED_PROXIES": "1",
    }


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=given.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_djangos_own_checks_find_nothing_on_a_public_site(environment: dict[str, str]) -> None:
    done = run(environment, "manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr
    assert "no issues (1 silenced)" in done.stdout


def test_whatever_is_wrong_is_said_at_once_and_without_a_traceback(
    environment: dict[str, str],
) -> None:
    bad = {name: texts[0] for name, texts in BAD.items()}
    bad["DATABASE_URL"] = "nonsense://me:secret-of-mine@db"
    done = run(environment | bad | {"DATA_DIR": "/proc/none"}, "manage.py", "check")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "secret-of-mine" not in done.stderr
    for rule in VALUES:
        assert f"E{rule.number:03}) {rule.name}" in done.stderr
    assert "careersite.E014" in done.stderr


@pytest.mark.parametrize(
    "start",
    [
        ["-c", "import careersite.wsgi"],
        ["-m", "celery", "-A", "careersite", "worker", "--concurrency", "1"],
        ["-m", "celery", "-A", "careersite", "beat"],
    ],
    ids=["web", "worker", "beat"],
)
def test_nothing_starts_on_unsafe_settings(environment: dict[str, str], start: list[str]) -> None:
    unsafe = environment | {"SECRET_KEY": "", "SITE_URL": ""}
    done = run(unsafe | {"REDIS_URL": ""}, *start)
    assert done.returncode != 0
    for number in ("E031", "E036"):
        assert number in done.stderr
