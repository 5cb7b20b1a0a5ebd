"""What a value in the environment has to look like: a port, a site, a key, a list of hosts."""

import importlib.util
import re
from email import policy
from pathlib import Path
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
