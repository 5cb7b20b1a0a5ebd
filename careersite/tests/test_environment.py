"""The contract's names: each is read, explained, and gives way to a default when it is wrong."""

import json
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings

from careersite.environment import VALUES

NAMES = {
    *("DATA_DIR", "PORT", "SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS"),
    *("SITE_URL", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "EMAIL_URL", "ANYMAIL_ESP"),
    *("ANYMAIL_WEBHOOK_SECRET", "DEFAULT_FROM_EMAIL", "TIME_ZONE", "TRUSTED_PROXIES"),
    *("SENTRY_DSN", "DKIM_PRIVATE_KEY_FILE", "DKIM_SELECTOR", "DKIM_DOMAIN"),
    "INDEXNOW_KEY",
}
CHECKED_OTHERWISE = {"DATA_DIR", "SECRET_KEY"}
READ = re.compile(r'\b(?:text|words|whole_number)\(\s*"([A-Z_]+)"')
EXAMPLE_LINE = re.compile(r"#([A-Z_]+)=(.*)")
SHOW = """
import json
from careersite import settings
print(json.dumps({name: str(getattr(settings, name)) for name in %r}))
"""


def example() -> dict[str, str]:
    lines = (settings.BASE_DIR / ".env.example").read_text().splitlines()
    return dict(match.groups() for match in map(EXAMPLE_LINE.fullmatch, lines) if match)


def read_settings(*names: str, folder: Path, **environment: str) -> dict[str, str]:
    """What another process makes of such an environment."""
    kept = {name: text for name, text in os.environ.items() if name not in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", SHOW % (names,)],
        cwd=settings.BASE_DIR,
        env={**kept, "CAREERSITE_IGNORE_ENV_FILE": "1", "DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_the_settings_read_these_names_and_no_others() -> None:
    source = (settings.BASE_DIR / "careersite" / "settings.py").read_text()
    assert set(READ.findall(source)) == NAMES
    others = set(re.findall(r'(?:environ(?:\.get)?[\[(]|env\.\w+\()\s*"([A-Z_]+)"', source))
    assert others == {"CAREERSITE_IGNORE_ENV_FILE"}


def test_the_example_names_them_all_with_a_line_that_explains() -> None:
    providers_own = {name for name in example() if name.startswith("ANYMAIL_MAILGUN_")}
    assert set(example()) == NAMES | providers_own
    lines = (settings.BASE_DIR / ".env.example").read_text().splitlines()
    for before, line in pairwise(lines):
        name = EXAMPLE_LINE.fullmatch(line)
        if name and name.group(1) not in providers_own:
            assert before.startswith("# "), name.group(1)


def test_every_name_has_a_check() -> None:
    assert {rule.name for rule in VALUES} | CHECKED_OTHERWISE == NAMES


def test_the_example_shows_the_real_defaults(tmp_path: Path) -> None:
    shown = {name: text for name, text in example().items() if text and name != "DATA_DIR"}
    shown["DEBUG"] = str(bool(int(shown["DEBUG"])))
    assert read_settings(*shown, folder=tmp_path) == shown


def test_an_empty_value_means_the_default(tmp_path: Path) -> None:
    empty = dict.fromkeys(NAMES - {"DATA_DIR"}, " ")
    names = ("DEBUG", "PORT", "SITE_URL", "TIME_ZONE")
    assert read_settings(*names, folder=tmp_path, **empty) == read_settings(*names, folder=tmp_path)


def test_port_and_folder_of_ones_own_are_followed_everywhere(tmp_path: Path) -> None:
    found = read_settings("SITE_URL", "MEDIA_ROOT", "OUTBOX_DIR", folder=tmp_path, PORT="8123")
    assert found == {
        "SITE_URL": "http://127.0.0.1:8123",
        "MEDIA_ROOT": str(tmp_path / "media"),
        "OUTBOX_DIR": str(tmp_path / "outbox"),
    }


def test_a_generated_key_stays_and_is_nobody_elses_business(tmp_path: Path) -> None:
    first = read_settings("SECRET_KEY", "SECRET_KEY_IS_GENERATED", folder=tmp_path)
    assert first == read_settings("SECRET_KEY", "SECRET_KEY_IS_GENERATED", folder=tmp_path)
    assert first["SECRET_KEY_IS_GENERATED"] == "True"
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


def test_of_several_keys_the_first_signs_and_all_verify(tmp_path: Path) -> None:
    names = ("SECRET_KEY", "SECRET_KEY_FALLBACKS", "SECRET_KEY_IS_GENERATED")
    found = read_settings(*names, folder=tmp_path, SECRET_KEY="$new#1,old")
    assert found == {
        "SECRET_KEY": "$new#1",
        "SECRET_KEY_FALLBACKS": "['old']",
        "SECRET_KEY_IS_GENERATED": "False",
    }


def test_a_database_that_cannot_be_read_is_never_replaced_by_another(tmp_path: Path) -> None:
    found = read_settings("DATABASES", folder=tmp_path, DATABASE_URL="mysql://me@db/site")
    assert "dummy" in found["DATABASES"]
    assert "sqlite" not in found["DATABASES"]


@pytest.mark.parametrize("is_installed", [True, False])
def test_errors_are_reported_where_the_package_is_installed(
    tmp_path: Path, is_installed: bool
) -> None:
    if is_installed:
        package = "def init(**options): print(dict(options), file=open('%s', 'w'))"
        (tmp_path / "sentry_sdk.py").write_text(package % (tmp_path / "told"))
    dsn = "https://key@errors.example.com/1"
    read_settings("PORT", folder=tmp_path, SENTRY_DSN=dsn, PYTHONPATH=str(tmp_path))
    assert (tmp_path / "told").exists() is is_installed
    if is_installed:
        told = (tmp_path / "told").read_text()
        assert dsn in told
        assert "'send_default_pii': False" in told
        assert "'before_send': <function without_tokens" in told
