"""What is kept about one person here, and how it goes away for good.

Campaigns keep their totals: a delivery stays, with nothing in it that says whose it was.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import models, transaction
from django.db.models import Case, CharField, F, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat

from blog.facts import facts_of
from newsletter.addresses import address_key, names
from newsletter.importing.one_person import cut_out, rows_about
from newsletter.models import (
    AddressChange,
    ConsentEvent,
    Delivery,
    PersonalMail,
    Subscriber,
    Suppression,
    SuppressionKey,
    WebhookEvent,
)
from newsletter.states import State

ERASED = "erased"
NEVER_KNOWN = (
    "The person was erased while nobody knew whether this mail had arrived. It counts as sent."
)
# What opens doors, or is an address of ours and none of the person's.
NOT_SHOWN = ("handle", "address_key", "claim_token", "lease_until", "confirmation_lease_until")


def kept_of(address: str) -> dict[str, object]:
    """Everything, as JSON can hold it (with times). Empty if there is nothing."""
    key = address_key(address)
    person = Subscriber.objects.filter(address_key=key).first()
    suppression = Suppression.objects.of(address).first()
    found = {
        "subscriber": person and {**facts_of(person, *NOT_SHOWN), "status": person.status},
        "topics": [topic.name for topic in person.topics.all()] if person else [],
        "consent": _all(person.consent_events.all() if person else ()),
        "changes of address": _all(_address_changes(person, address)),
        "personal mails": _all(_personal_mails(person, address)),
        "choices for weekly mails": _all(person.digest_shares.all() if person else ()),
        "mails": [_mail(delivery) for delivery in _deliveries(person, key)],
        "reports of the mail provider": _all(_reports(person, key, address)),
        "rows of lists that wait to be imported": rows_about(address),
        "not written to": suppression and facts_of(suppression, "address_hash"),
    }
    return {name: value for name, value in found.items() if value}


@transaction.atomic
def erase(address: str, now: datetime) -> dict[str, int]:
    """Nothing is left but a keyed hash, against bringing the address back by an import."""
    SuppressionKey.objects.hold()
    key = address_key(address)
    people = Subscriber.objects.filter(address_key=key)
    person = people.select_for_update().first()
    counts = {
        "reports of the mail provider": _reports(person, key, address).delete()[0],
        "mails made anonymous": _make_anonymous(_deliveries(person, key), now),
        "lines of consent": person.consent_events.count() if person else 0,
        "personal mails": _personal_mails(person, address).delete()[0],
        "changes of address": _address_changes(person, address).delete()[0],
        "mentions in the consent of others": _unmention(address),
    }
    Suppression.objects.add(address, Suppression.Reason.ERASED, now)
    people.delete()
    return {"subscribers": int(person is not None), **counts}


def erase_from_files(address: str) -> dict[str, int]:
    """After the erasing is a fact: what is cut out of a file cannot be taken back."""
    return {"rows of lists that wait to be imported": cut_out(address)}


def _make_anonymous(deliveries: QuerySet, now: datetime) -> int:
    """What waits is not sent. What is on the wire just now, nobody writes to afterwards; nobody
    could ever say what became of it, so it ends here, like what was in doubt."""
    ids = list(deliveries.values_list("pk", flat=True))
    mine = Delivery.objects.filter(pk__in=ids)
    mine.held_back().skip(ERASED, now)
    unknown = mine.filter(state__in=(State.SUBMITTING, State.IN_DOUBT))
    never_known = list(unknown.values_list("pk", flat=True))
    unknown.update(state=State.ACCEPTED, settled_at=now)
    return mine.update(
        subscriber=None,
        address=ERASED,
        address_key=Concat(Value(f"{ERASED}-"), Cast(F("pk"), CharField())),
        reason=Case(When(pk__in=never_known, then=Value(NEVER_KNOWN)), default=Value(ERASED)),
        provider_id="",
        claim_token=None,
        lease_until=None,
        batch=None,
    )


def _unmention(address: str) -> int:
    """Somebody who took over from this address, or gave theirs up for it."""
    events = ConsentEvent.objects.filter(detail__icontains=address).values_list("pk", "detail")
    named = [pk for pk, detail in events if names(detail, address)]
    return ConsentEvent.objects.filter(pk__in=named).update(detail=f"({ERASED})")


def _deliveries(person: Subscriber | None, key: str) -> QuerySet:
    return Delivery.objects.filter(Q(address_key=key) | _whose(person)).select_related("campaign")


def _reports(person: Subscriber | None, key: str, address: str) -> QuerySet:
    mails = _deliveries(person, key).order_by().values("pk")
    return WebhookEvent.objects.filter(Q(recipient__iexact=address) | Q(delivery__in=mails))


def _personal_mails(person: Subscriber | None, address: str) -> QuerySet:
    return PersonalMail.objects.filter(Q(address__iexact=address) | _whose(person))


def _address_changes(person: Subscriber | None, address: str) -> QuerySet:
    return AddressChange.objects.filter(Q(address__iexact=address) | _whose(person))


def _whose(person: Subscriber | None) -> Q:
    return Q(subscriber=person) if person else Q(pk__in=[])


def _mail(delivery: Delivery) -> dict[str, object]:
    return {"subject": delivery.campaign.subject, **facts_of(delivery, *NOT_SHOWN)}


def _all(rows: Iterable[models.Model]) -> list[dict[str, object]]:
    return [facts_of(row, *NOT_SHOWN) for row in rows]
