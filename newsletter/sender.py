"""Who the mails come from, and how that goes with the site: told to editors and operators."""

import re
from email.utils import parseaddr

from django.conf import settings

SENDS_NOTHING = {
    "careersite.outbox.EmailBackend",
    *(f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("console", "dummy")),
    *(f"django.core.mail.backends.{kind}.EmailBackend" for kind in ("filebased", "locmem")),
}
NOT_PUBLIC = (".example", ".test", ".local", ".localhost", ".invalid", ".internal")
NO_REPLY = re.compile(r"(do[._-]?)?not?[._-]?reply", re.IGNORECASE)


def mails_leave() -> bool:
    """Not where they go to files, a list in memory, or nowhere."""
    return settings.EMAIL_BACKEND not in SENDS_NOTHING


def sender_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def sender_domain() -> str:
    return sender_address().rpartition("@")[2].lower().rstrip(".")


def is_no_reply(address: str) -> bool:
    return bool(NO_REPLY.search(address.partition("@")[0]))


def is_public(domain: str) -> bool:
    """Could the world's DNS know it? Not an address in numbers, nor a name for tests."""
    return "." in domain and not domain[-1].isdigit() and not domain.endswith(NOT_PUBLIC)


def are_related(one: str, other: str) -> bool:
    """The same domain, or one below the other. Two below a third may have one owner or not: only
    DNS or a list of public suffixes would tell, so they count as strangers, and the words that are
    shown of it leave room for that. `doctor` asks DNS about what DMARC measures."""
    one, other = one.lower().removeprefix("www."), other.lower().removeprefix("www.")
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
