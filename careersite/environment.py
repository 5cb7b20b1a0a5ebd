"""The values in the environment, and what to say of those that do not look as they have to."""

import os
from collections.abc import Callable
from typing import NamedTuple

from careersite.value_shapes import (
    are_hosts,
    are_logins,
    are_origins,
    has_report_client,
    is_boolean,
    is_broker,
    is_database,
    is_domain,
    is_indexnow_key,
    is_key_file,
    is_mail_server,
    is_number,
    is_one_address,
    is_port,
    is_provider,
    is_redis,
    is_report_address,
    is_selector,
    is_site,
    is_time_zone,
)


def value(name: str) -> str:
    return os.environ.get(name, "").strip()


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
