"""What the whole site keeps of one person, and how it goes away for good.

Each app answers for itself; here is what belongs to none of them: the history of staff's deeds, and
the outbox, which only a site without a mail server has.
"""

from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

import enquiries.personal_data as of_enquiries
import newsletter.personal_data as of_newsletter
from careersite.outbox_search import mails_naming
from newsletter.addresses import clean_address, names

ERASED = "(erased)"
OUTBOX = "mails in the outbox"


def kept_of(address: str) -> dict[str, object]:
    """By app; empty if nothing is kept. Raises `ValidationError` for what is no address."""
    address = clean_address(address)
    found = {
        "newsletter": of_newsletter.kept_of(address),
        "enquiries": of_enquiries.kept_of(address),
        "site": _kept_here(address),
    }
    return {app: what for app, what in found.items() if what}


def erase(address: str, now: datetime) -> dict[str, int]:
    """Returns how much of what is gone. Raises `ValidationError` for what is no address."""
    address = clean_address(address)
    with transaction.atomic():
        counts = {
            **of_newsletter.erase(address, now),
            **of_enquiries.erase(address, now),
            "mentions in the history of staff": _history(address).update(
                object_repr=ERASED, change_message=""
            ),
        }
    mails = mails_naming(address)
    for mail in mails:
        mail.unlink(missing_ok=True)
    return {**counts, **of_newsletter.erase_from_files(address), OUTBOX: len(mails)}


def has_staff_account(address: str) -> bool:
    return User.objects.filter(email__iexact=address).exists()


def _kept_here(address: str) -> dict[str, object]:
    accounts = User.objects.filter(email__iexact=address)
    found = {
        "staff account": [user.get_username() for user in accounts],
        "history of staff": [
            {"at": entry.action_time, "what": str(entry)} for entry in _history(address)
        ],
        OUTBOX: [mail.name for mail in mails_naming(address)],
    }
    return {name: rows for name, rows in found.items() if rows}


def _history(address: str) -> QuerySet:
    found = Q(object_repr__icontains=address) | Q(change_message__icontains=address)
    named = [
        entry.pk
        for entry in LogEntry.objects.filter(found)
        if names(entry.object_repr, address) or names(entry.change_message, address)
    ]
    return LogEntry.objects.filter(pk__in=named)
