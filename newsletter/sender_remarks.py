"""What is good and bad about whom our mails come from: told to editors before a mail goes out.

What DNS says was looked up before, by a worker or by `manage.py doctor`: no page of ours asks it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.conf import settings
from django.utils.formats import date_format

from blog.models import Publication
from newsletter import providers
from newsletter.models import SenderRecord
from newsletter.sender import (
    are_related,
    is_no_reply,
    is_public,
    mails_leave,
    sender_address,
    sender_domain,
)


class Remark(NamedTuple):
    """`tone` is "good", "note", "warn" or "bad"."""

    tone: str
    words: str


def warnings() -> list[str]:
    """What to look at before the next mail goes out; nothing where none leaves."""
    return [remark.words for remark in of_sender() if remark.tone == "warn"] * mails_leave()


def of_sender() -> Iterator[Remark]:
    domain = sender_domain()
    yield from of_address(domain)
    yield from of_provider(domain)
    yield from of_records(domain)


def of_address(domain: str) -> Iterator[Remark]:
    if is_no_reply(sender_address()):
        yield Remark("warn", f"It comes from {sender_address()}: people cannot answer it.")
    if are_related(domain, settings.SITE_HOST):
        yield Remark("good", f"It comes from {domain}, which belongs to this site.")
    else:
        yield Remark(
            "warn",
            f"It comes from {domain}, but this site is {settings.SITE_HOST}. If both are yours, "
            "all is well; if not, it looks forged.",
        )
    if not Publication.current().postal_address:
        yield Remark("warn", "There is no postal address at its foot; most countries ask for one.")


def of_provider(domain: str) -> Iterator[Remark]:
    """Only Mailgun’s settings name the domain that it sends for. What the others have verified
    stands on pages of theirs."""
    provider, own = providers.current(), settings.ANYMAIL.get("MAILGUN_SENDER_DOMAIN")
    if provider and provider.title == "Mailgun" and own:
        if not are_related(own, domain):
            words = f"It comes from {domain}, but Mailgun signs it for {own}: many will refuse it."
            yield Remark("warn", words)
    elif provider:
        yield Remark(
            "note",
            f"Whether {provider.title} has verified {domain} is not known here: see your account "
            "there. A test mail shows it, too.",
        )


def of_records(domain: str) -> Iterator[Remark]:
    """What DNS said when it was last asked."""
    if not is_public(domain):
        return
    known = {record.name: record for record in SenderRecord.objects.filter(domain=domain)}
    if missing := [name for name in ("SPF", "DKIM", "DMARC") if name not in known]:
        yield Remark(
            "warn",
            f"Nobody has looked up {', '.join(missing)} of {domain} yet; large mail providers "
            "refuse mail without. Ask your operator to run `manage.py doctor` (if your provider "
            "signs, with --dkim-selector).",
        )
    for record in known.values():
        seen = f"{record.name}: {record.words} (seen {date_format(record.at, 'j M Y')})."
        yield Remark("good" if record.is_good else "warn", seen)
