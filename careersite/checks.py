"""What is wrong with the settings, in words. With an error of ours neither the web server nor a
worker starts; what is asked of a site in public is asked when DEBUG is off.

No message holds a value: many of them are secret.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from email.utils import parseaddr
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection
from django.http.request import validate_host

from blog.checks import editor_is_hardened
from careersite.environment import VALUES, ValueRule, value
from newsletter.sender import mails_leave
from newsletter.webhook_proofs import ALWAYS_SIGN, REPORTS_NOTHING, has_signature, is_guarded

PASSING_FOLDERS = ("/var/tmp", "/dev/shm")  # noqa: S108 (we refuse them)
SECRET_LENGTH = 50
SECRET_VARIETY = 5


class Rule(NamedTuple):
    number: int
    holds: Callable[[], bool]
    problem: str
    hint: str


def check_settings(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    return [*errors(), *warnings()]


def errors() -> Iterator[Error]:
    rules = [*VALUES, *ALWAYS] if settings.DEBUG else [*VALUES, *ALWAYS, *IN_PUBLIC]
    return (error(rule) for rule in rules if not rule.holds())


def error(rule: Rule | ValueRule) -> Error:
    return Error(rule.problem, hint=rule.hint, id=f"careersite.E{rule.number:03}")


def warnings() -> Iterator[Warning]:
    if settings.DEBUG and "*" in settings.ALLOWED_HOSTS:
        yield Warning(
            "ALLOWED_HOSTS lets every name in, and with DEBUG on the site tells a lot.",
            hint="Name the hosts of this machine.",
            id="careersite.W001",
        )


def refuse_unsafe_start() -> None:
    """Raises `ImproperlyConfigured` with all that is wrong and what to set instead."""
    wrong = [
        f"- {found.msg} {found.hint} ({found.id})"
        for found in [*errors(), *editor_is_hardened(None)]
    ]
    if wrong:
        raise ImproperlyConfigured("\n".join(["This cannot start with such settings:", *wrong]))


# --- What the rules ask -------------------------------------------------------------------


def data_dir_is_usable() -> bool:
    return settings.DATA_DIR.is_dir() and os.access(settings.DATA_DIR, os.W_OK | os.X_OK)


def mail_backend_is_complete() -> bool:
    try:
        get_connection()
    except (ImproperlyConfigured, ImportError):
        return False
    return True


def secrets_are_strong() -> bool:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return all(
        len(key) >= SECRET_LENGTH
        and len(set(key)) >= SECRET_VARIETY
        and not key.startswith("django-insecure-")
        for key in keys
    )


def data_lasts() -> bool:
    database = settings.DATABASES["default"]
    is_file = database["ENGINE"] == "django.db.backends.sqlite3"
    paths = [settings.DATA_DIR, *([Path(database["NAME"])] if is_file else [])]
    passing = [Path(folder).resolve() for folder in (tempfile.gettempdir(), *PASSING_FOLDERS)]
    return not any(path.resolve().is_relative_to(folder) for path in paths for folder in passing)


def provider() -> str:
    """The one that mails go through, as in ANYMAIL_ESP; nothing for a mail server."""
    is_providers = settings.EMAIL_BACKEND.startswith(("anymail.backends.", "newsletter.backends."))
    return settings.EMAIL_BACKEND.split(".")[2] if is_providers else ""


def webhooks_are_guarded() -> bool:
    name = provider()
    return not name or name in REPORTS_NOTHING or is_guarded(name)


def signatures_can_be_checked() -> bool:
    return provider() not in ALWAYS_SIGN or has_signature(provider())


def key_has_a_name() -> bool:
    return bool(settings.DKIM_PRIVATE_KEY_FILE) == bool(settings.DKIM_SELECTOR)


def signs_for_the_sender() -> bool:
    """Or DMARC does not count it (RFC 7489, 3.1.1)."""
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2].lower()
    is_aligned = f".{sender}".endswith(f".{settings.DKIM_DOMAIN}")
    return not settings.DKIM_PRIVATE_KEY_FILE or is_aligned


ALWAYS = [
    Rule(
        14,
        data_dir_is_usable,
        "DATA_DIR is no folder we can write to.",
        hint="Name one that belongs to the account the site runs under.",
    ),
    Rule(
        19,
        mail_backend_is_complete,
        "The mail provider’s keys or packages are missing.",
        hint="Set what django-anymail’s page of ANYMAIL_ESP names, such as ANYMAIL_…_API_KEY.",
    ),
    Rule(
        24,
        key_has_a_name,
        "Of DKIM_PRIVATE_KEY_FILE and DKIM_SELECTOR only one is set.",
        hint="Set both, so that mails are signed, or neither.",
    ),
    Rule(
        25,
        signs_for_the_sender,
        "DKIM_DOMAIN is not the domain of DEFAULT_FROM_EMAIL.",
        hint="Leave it empty, or give that domain or the one above it.",
    ),
]
IN_PUBLIC = [
    Rule(
        31,
        lambda: not settings.SECRET_KEY_IS_GENERATED,
        "SECRET_KEY is not set.",
        hint="Make one: python -c 'import secrets; print(secrets.token_urlsafe(50))'",
    ),
    Rule(
        32,
        secrets_are_strong,
        "SECRET_KEY is too short or too simple.",
        hint=f"Each key in it needs {SECRET_LENGTH} random characters.",
    ),
    Rule(
        33,
        lambda: bool(value("ALLOWED_HOSTS")),
        "ALLOWED_HOSTS is not set.",
        hint="Name the hosts the site is reached by, separated by commas.",
    ),
    Rule(
        34,
        lambda: "*" not in settings.ALLOWED_HOSTS,
        "ALLOWED_HOSTS lets every name in.",
        hint="Name the hosts the site is reached by, without *.",
    ),
    Rule(
        35,
        lambda: validate_host(settings.SITE_HOST, settings.ALLOWED_HOSTS),
        "The host of SITE_URL is not in ALLOWED_HOSTS.",
        hint="Add it there, or the site refuses its own links.",
    ),
    Rule(
        36,
        lambda: settings.SITE_IS_HTTPS,
        "SITE_URL is not set to an https address.",
        hint="Give https://www.example.com: passwords and links in mails need TLS.",
    ),
    Rule(
        37,
        data_lasts,
        "DATA_DIR or the database lies where the system cleans up.",
        hint="Choose a lasting folder, such as /var/lib/careersite.",
    ),
    Rule(
        38,
        webhooks_are_guarded,
        "The mail provider’s reports have no proof: ANYMAIL_WEBHOOK_SECRET is not set.",
        hint="Without it anybody can tell us that mails came back. Give USER:PASSWORD, or the key "
        "that the provider signs with (docs/operator.md).",
    ),
    Rule(
        39,
        mails_leave,
        "No mail can be sent.",
        hint="Set EMAIL_URL to a mail server, or ANYMAIL_ESP and its keys to a provider.",
    ),
    Rule(
        40,
        lambda: bool(value("DEFAULT_FROM_EMAIL")),
        "DEFAULT_FROM_EMAIL is not set.",
        hint="Give the address that the mails come from.",
    ),
    Rule(
        41,
        signatures_can_be_checked,
        "The mail provider signs its reports, and nothing here can check that.",
        hint="Set ANYMAIL_MAILERSEND_SIGNING_SECRET, ANYMAIL_MANDRILL_WEBHOOK_KEY or "
        "ANYMAIL_POSTAL_WEBHOOK_KEY (with the package cryptography), as your provider shows it.",
    ),
]
