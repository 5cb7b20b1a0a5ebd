"""What the values in the environment have to look like, and what to say of those that do not."""

import importlib.util
import os
import re
from collections.abc import Callable
from email import policy
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from kombu.transport import TRANSPORT_ALIASES

from newsletter.signing import BadKey, read_key

BOOLEANS = {"true", "on", "ok", "y", "yes", "1", "false", "off", "n", "no", "0"}
DATABASE_SCHEMES = {"postgres", "postgresql", "psql", "pgsql", "sqlite"}
REDIS_SCHEMES = {"redis", "rediss", "redis+socket", "sentinel"}
MAIL_SERVER_SCHEMES = {"smtp", "smtps", "smtp+tls", "smtp+ssl"}
TRIAL_MAIL_SCHEMES = {"consolemail", "dummymail", "filemail", "memorymail"}
NO_PROVIDERS = {"base", "base_requests", "console", "test"}
DOMAIN = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
HOST = re.compile(r"\*|\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\]")


def value(name: str) -> str:
    return os.environ.get(name, "").strip()


def words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def is_boolean(text: str) -> bool:
    return text.lower() in BOOLEANS


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5


def is_port(text: str) -> bool:
    return is_number(text) and 1 <= int(text) <= 65535


def is_time_zone(text: str) -> bool:
    try:
        return ZoneInfo(text).key == text
    except (OSError, ValueError, KeyError):
        return False


def url_parts(text: str) -> SplitResult | None:
    """None for what is no URL, or has no real port in it."""
    try:
        parts = urlsplit(text)
        is_good = text.isprintable() and " " not in text and parts.port != 0
    except ValueError:
        return None
    return parts if is_good else None


def is_site(text: str) -> bool:
    parts = url_parts(text)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    return parts.path in {"", "/"} and not (parts.query or parts.fragment or parts.username)


def is_database(text: str) -> bool:
    parts = url_parts(text)
    return parts is not None and parts.scheme in DATABASE_SCHEMES and len(parts.path) > 1


def is_redis(text: str) -> bool:
    parts = url_parts(text)
    return parts is not None and parts.scheme in REDIS_SCHEMES


def is_broker(text: str) -> bool:
    """Several may stand in a row, the first first (Celery's own rule)."""
    all_parts = [url_parts(url) for url in text.split(";")]
    return all(parts and parts.scheme.split("+")[0] in TRANSPORT_ALIASES for parts in all_parts)


def is_mail_server(text: str) -> bool:
    parts = url_parts(text)
    if parts is None or parts.scheme in TRIAL_MAIL_SCHEMES:
        return parts is not None
    return parts.scheme in MAIL_SERVER_SCHEMES and bool(parts.hostname)


def is_provider(text: str) -> bool:
    name = text.lower()
    is_name = name.isascii() and name.replace("_", "").isalnum() and name not in NO_PROVIDERS
    return is_name and importlib.util.find_spec(f"anymail.backends.{name}") is not None


def is_login(text: str) -> bool:
    user, _, password = text.partition(":")
    return bool(user and password)


def are_logins(text: str) -> bool:
    return all(is_login(word) for word in words(text))


def is_one_address(text: str) -> bool:
    """With or without a name before it; no list and no group (RFC 6854)."""
    if not text.isprintable():
        return False
    groups = policy.default.header_factory("From", text).groups
    is_single = [len(group.addresses) for group in groups] == [1] and not groups[0].display_name
    try:
        validate_email(groups[0].addresses[0].addr_spec if is_single else "")
    except ValidationError:
        return False
    return True


def is_key_file(text: str) -> bool:
    """An RSA key that we may read, in PEM, not too short to be believed."""
    try:
        read_key(Path(text).read_bytes())
    except (OSError, BadKey):
        return False
    return True


def is_domain(text: str) -> bool:
    return "." in text and bool(DOMAIN.fullmatch(text))


def is_selector(text: str) -> bool:
    return bool(DOMAIN.fullmatch(text))


def are_hosts(text: str) -> bool:
    return all(HOST.fullmatch(host) for host in words(text))


def are_origins(text: str) -> bool:
    return all(is_site(origin.replace("://*.", "://")) for origin in words(text))


def is_report_address(text: str) -> bool:
    parts = url_parts(text)
    return parts is not None and parts.scheme in {"http", "https"} and bool(parts.username)


def is_indexnow_key(text: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9-]{8,128}", text) is not None


def has_report_client(_: str) -> bool:
    return importlib.util.find_spec("sentry_sdk") is not None


class ValueRule(NamedTuple):
    """`fits` gets the value of `name`, if it has one."""

    number: int
    name: str
    fits: Callable[[str], bool]
    fault: str
    hint: str

    def holds(self) -> bool:
        text = value(self.name)
        return not text or self.fits(text)

    @property
    def problem(self) -> str:
        return f"{self.name} {self.fault}"


VALUES = [
    ValueRule(
        1,
        "PORT",
        is_port,
        "is no port.",
        hint="Give a number from 1 to 65535, such as 8000.",
    ),
    ValueRule(
        2,
        "SITE_URL",
        is_site,
        "is not the address of a site.",
        hint="Give scheme and host only, such as https://www.example.com",
    ),
    ValueRule(
        3,
        "TIME_ZONE",
        is_time_zone,
        "is no time zone this machine knows.",
        hint="Give a name such as Europe/Vienna; on Debian the package tzdata brings them.",
    ),
    ValueRule(
        4,
        "DATABASE_URL",
        is_database,
        "is not the address of a database.",
        hint="Give postgres://USER:PASSWORD@HOST/NAME, special characters percent-encoded.",
    ),
    ValueRule(
        5,
        "REDIS_URL",
        is_redis,
        "is not the address of a Redis.",
        hint="Give redis://HOST:6379/0, or rediss:// for TLS.",
    ),
    ValueRule(
        6,
        "CELERY_BROKER_URL",
        is_broker,
        "is no broker that Celery knows.",
        hint="Give redis://HOST:6379/0 or amqp://USER:PASSWORD@HOST// or leave it empty.",
    ),
    ValueRule(
        7,
        "EMAIL_URL",
        is_mail_server,
        "is not the address of a mail server.",
        hint="Give smtp+tls://USER:PASSWORD@HOST:587, special characters percent-encoded.",
    ),
    ValueRule(
        8,
        "ANYMAIL_ESP",
        is_provider,
        "is no provider django-anymail knows.",
        hint="Give its name there, such as mailgun, postmark or amazon_ses.",
    ),
    ValueRule(
        9,
        "TRUSTED_PROXIES",
        is_number,
        "is no number of proxies.",
        hint="Give how many of your own proxies stand in front: 0 for none, 1 for nginx.",
    ),
    ValueRule(
        10,
        "DEFAULT_FROM_EMAIL",
        is_one_address,
        "is not one mail address.",
        hint="Give news@example.com or Open Seat <news@example.com>",
    ),
    ValueRule(
        11,
        "ALLOWED_HOSTS",
        are_hosts,
        "holds something that is no host name.",
        hint="Give names without scheme, port and path, separated by commas.",
    ),
    ValueRule(
        12,
        "CSRF_TRUSTED_ORIGINS",
        are_origins,
        "holds what is no origin.",
        hint="Give addresses such as https://www.example.com, separated by commas.",
    ),
    ValueRule(13, "DEBUG", is_boolean, "is neither yes nor no.", hint="Give 1 or 0."),
    ValueRule(
        15,
        "ANYMAIL_WEBHOOK_SECRET",
        are_logins,
        "is not USER:PASSWORD.",
        hint="Give two long random words with a colon between them; several with commas.",
    ),
    ValueRule(
        16,
        "SENTRY_DSN",
        is_report_address,
        "is not the DSN of a project.",
        hint="Give https://KEY@HOST/NUMBER as Sentry shows it.",
    ),
    ValueRule(
        17,
        "SENTRY_DSN",
        has_report_client,
        "is set, and nothing reads it.",
        hint="Install the package sentry-sdk.",
    ),
    ValueRule(
        21,
        "DKIM_PRIVATE_KEY_FILE",
        is_key_file,
        "is no file with an RSA key that we can read.",
        hint="Make one: openssl genrsa -out dkim.pem 2048; let the site’s account read it.",
    ),
    ValueRule(
        22,
        "DKIM_SELECTOR",
        is_selector,
        "cannot be a name in the DNS.",
        hint="Give letters and digits, such as site2026.",
    ),
    ValueRule(
        23,
        "DKIM_DOMAIN",
        is_domain,
        "is no domain.",
        hint="Give the domain of DEFAULT_FROM_EMAIL, such as example.com, or leave it empty.",
    ),
    ValueRule(
        18,
        "INDEXNOW_KEY",
        is_indexnow_key,
        "is no key for IndexNow.",
        hint="Give 8 to 128 letters, digits or hyphens, such as `openssl rand -hex 16` makes.",
    ),
]
