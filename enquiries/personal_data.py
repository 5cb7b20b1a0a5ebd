"""What one person has sent us, and how it goes away for good."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from blog.facts import facts_of
from enquiries.models import Question, ResumeRequest

KINDS = {"questions": Question, "resume requests": ResumeRequest}
# Keys of ours that say nothing of the person.
NOT_SHOWN = ("sent_key", "staff_mail_lease_until")


def kept_of(address: str) -> dict[str, object]:
    """Everything, as JSON can hold it (with times). Empty if there is nothing."""
    found = {
        name: [facts_of(row, *NOT_SHOWN) for row in model.objects.filter(is_from(address))]
        for name, model in KINDS.items()
    }
    return {name: rows for name, rows in found.items() if rows}


@transaction.atomic
def erase(address: str, now: datetime) -> dict[str, int]:
    return {
        name: model.objects.filter(is_from(address)).delete()[0] for name, model in KINDS.items()
    }


def is_from(address: str) -> Q:
    """Domains in other scripts are kept here as they were typed, elsewhere in their ASCII form."""
    name, _, domain = address.rpartition("@")
    try:
        typed = domain.encode("ascii").decode("idna")
    except UnicodeError:
        typed = domain
    return Q(email__iexact=address) | Q(email__iexact=f"{name}@{typed}")
