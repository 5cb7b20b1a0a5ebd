"""Makes the reports of providers count: on the mail, on the person, on the campaign.

A mail's state follows from all reports of it together, and a person's from all mails and reports,
so neither their order nor a repetition matters. Every step may run twice, in two processes at once.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from anymail.signals import RejectReason
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce

from newsletter.addresses import address_key
from newsletter.consent import Origin
from newsletter.models import Campaign, Delivery, Subscriber, Suppression, WebhookEvent
from newsletter.reports import BECOMES, WEIGHT, Report
from newsletter.states import OPEN_STATES, TAKEN_STATES, WAITING_STATES, State
from newsletter.tags import delivery_id_of

logger = logging.getLogger(__name__)

A_STEP = 500
# A report may be here before the provider's answer to our call is written down.
WAITS_FOR_ITS_MAIL = timedelta(hours=1)
LOOK_AGAIN = timedelta(minutes=1)
# Soft bounces: so many of a person's last mails came back, with none delivered since.
SOFT_BOUNCES = 3
OF_THE_LAST = 5

SUPPRESSES = {
    Report.HARD_BOUNCE: Suppression.Reason.BOUNCED,
    Report.COMPLAINED: Suppression.Reason.COMPLAINED,
}
REJECTION_SUPPRESSES = {
    RejectReason.INVALID: Suppression.Reason.BOUNCED,
    RejectReason.BOUNCED: Suppression.Reason.BOUNCED,
    RejectReason.SPAM: Suppression.Reason.COMPLAINED,
}
IS_BAD_NEWS = {Report.SOFT_BOUNCE, Report.HARD_BOUNCE, Report.REJECTED, Report.COMPLAINED}
ENDS_A_TRY = {Report.SOFT_BOUNCE, Report.HARD_BOUNCE, Report.REJECTED, Report.FAILED}


def settle_some(now: datetime) -> int:
    """Let the oldest reports count. Returns how many were looked at; `A_STEP` means: go on."""
    events = list(WebhookEvent.objects.unsettled(now)[:A_STEP])
    if events:
        find_mails(events)
        settle_mails({event.delivery_id for event in events if event.delivery_id}, now)
        settle_people(events, now)
        close(events, now)
        for campaign in Campaign.objects.filter(pk__in=campaigns_with_bad_news(events)):
            campaign.pause_if_unwell(now)
    return len(events)


# --- Which mail ---------------------------------------------------------------------------


def find_mails(events: list[WebhookEvent]) -> None:
    """By our own tag; otherwise by the provider's name for the mail and the recipient."""
    numbers = {event: delivery_id_of(event.tag) for event in events if event.tag}
    by_number = Delivery.objects.in_bulk({number for number in numbers.values() if number})
    others = {event.message_id for event in events if event.message_id}
    by_message = defaultdict(list)
    for delivery in Delivery.objects.filter(provider_id__in=others).exclude(provider_id=""):
        by_message[delivery.provider_id].append(delivery)
    for event in events:
        tagged = by_number.get(numbers.get(event))
        event.delivery = tagged or _of_recipient(by_message[event.message_id], event.recipient)
    WebhookEvent.objects.bulk_update([e for e in events if e.delivery], ["delivery"])


def _of_recipient(sent_together: list[Delivery], recipient: str) -> Delivery | None:
    """One call to a provider may have had many recipients and one name for them all."""
    if not recipient:
        return sent_together[0] if len(sent_together) == 1 else None
    key = address_key(recipient)
    return next((one for one in sent_together if one.address_key == key), None)


# --- What became of it --------------------------------------------------------------------


@transaction.atomic
def settle_mails(ids: set[int], now: datetime) -> None:
    """Under the lock of the mails, in one order, all reports are looked at together: whoever comes
    last sees those of all others."""
    mails = Delivery.objects.filter(pk__in=ids).exclude(state=State.SKIPPED)
    locked = {mail.pk: mail for mail in mails.locked()}
    weightiest = {}
    for event in WebhookEvent.objects.filter(delivery__in=locked.keys()).order_by("pk"):
        if _is_about_an_earlier_try(event, locked[event.delivery_id]):
            continue
        other = weightiest.get(event.delivery_id)
        if other is None or WEIGHT[event.kind] > WEIGHT[other.kind]:
            weightiest[event.delivery_id] = event
    for (kind, reason), chosen in _alike(weightiest.values()).items():
        becoming(mails.filter(pk__in=chosen), kind).update(
            state=BECOMES[kind],
            reason=reason,
            claim_token=None,
            lease_until=None,
            not_before=None,
            settled_at=Coalesce(F("settled_at"), now),
        )


def _is_about_an_earlier_try(event: WebhookEvent, mail: Delivery) -> bool:
    """A mail may be tried again, by us or because staff said so. By their name for each try, where
    both are known; else by the time."""
    if event.kind not in ENDS_A_TRY or not mail.was_tried_before:
        return False
    if mail.state in WAITING_STATES:
        return event.kind == Report.FAILED  # it has its next try before it
    if event.message_id and mail.provider_id:
        return event.message_id != mail.provider_id
    happened_at = min(event.at, event.received_at)
    return happened_at < (mail.submitted_at or happened_at)


def becoming(mails: QuerySet, kind: str) -> QuerySet:
    """“The provider has it” says nothing new of a mail that was settled, unless in doubt."""
    if BECOMES[kind] == State.ACCEPTED:
        return mails.filter(state__in=(*OPEN_STATES, State.IN_DOUBT))
    return mails


def _alike(events: Iterable[WebhookEvent]) -> dict[tuple[str, str], list[int]]:
    """Mails that become the same, for one statement."""
    groups = defaultdict(list)
    for event in events:
        reason = event.reason if event.kind in IS_BAD_NEWS | {Report.FAILED} else ""
        groups[event.kind, reason].append(event.delivery_id)
    return groups


# --- What it means for the person ---------------------------------------------------------


def settle_people(events: list[WebhookEvent], now: datetime) -> None:
    for event in events:
        if address := _address(event):
            _settle_person(event, address, now)
    delivered = {e.delivery_id for e in events if e.kind == Report.DELIVERED and e.delivery_id}
    recovered = Subscriber.objects.filter(
        deliveries__in=delivered, suppressed_at__isnull=False
    ).distinct()
    for person in recovered:
        if not bounces_too_often(person):
            Suppression.objects.lift(person.address, Suppression.Reason.SOFT_BOUNCED)


def _address(event: WebhookEvent) -> str:
    """Of somebody we know. Others may use our account with the provider too.

    Whoever was erased has left a mail behind that does not say whose it was.
    """
    if event.delivery:
        return event.delivery.address if event.delivery.subscriber_id else ""
    known = Subscriber.objects.filter(address_key=address_key(event.recipient))
    return event.recipient if event.recipient and known.exists() else ""


def _settle_person(event: WebhookEvent, address: str, now: datetime) -> None:
    is_rejected = event.kind == Report.REJECTED
    reason = (REJECTION_SUPPRESSES if is_rejected else SUPPRESSES).get(
        event.reject_reason if is_rejected else event.kind
    )
    if reason:
        Suppression.objects.add(address, reason, now)
    elif event.kind == Report.UNSUBSCRIBED or event.reject_reason == RejectReason.UNSUBSCRIBED:
        _let_leave(event, address, now)
    elif event.kind == Report.SOFT_BOUNCE:
        for person in Subscriber.objects.filter(address_key=address_key(address)):
            if bounces_too_often(person):
                Suppression.objects.add(address, Suppression.Reason.SOFT_BOUNCED, now)


def _let_leave(event: WebhookEvent, address: str, now: datetime) -> None:
    """Who has joined again since then stays."""
    person = Subscriber.objects.filter(address_key=address_key(address)).first()
    has_returned = person and person.confirmed_at and person.confirmed_at > event.at
    if person and not has_returned:
        person.unsubscribe(Origin(source="mail provider", actor=event.esp), now)


def bounces_too_often(person: Subscriber) -> bool:
    """3 of the last 5 mails came back, and none was delivered after them.

    By mail, not by report: a provider tells of one mail many times. Who is written to at all has
    had no hard bounce, so what came back came back softly.
    """
    handed_over = person.deliveries.filter(state__in=TAKEN_STATES).order_by("-pk")
    states = list(handed_over.values_list("state", flat=True)[:OF_THE_LAST])
    since = states.index(State.DELIVERED) if State.DELIVERED in states else len(states)
    return states[:since].count(State.BOUNCED) >= SOFT_BOUNCES


# --- Done ---------------------------------------------------------------------------------


def close(events: list[WebhookEvent], now: datetime) -> None:
    """What has no mail is looked at again for a while: the mail's name may not be written yet."""
    found = [event for event in events if event.delivery]
    known = [event for event in events if not event.delivery and _address(event)]
    nobody = [event for event in events if not event.delivery and event not in known]
    patience = now - WAITS_FOR_ITS_MAIL
    young = [event for event in (*known, *nobody) if event.received_at > patience]
    WebhookEvent.objects.filter(pk__in=_ids(young)).update(look_again_at=now + LOOK_AGAIN)
    for effect, chosen in (("counted", [*found, *known]), ("nobody", nobody)):
        done = _ids(chosen) - _ids(young)
        WebhookEvent.objects.filter(pk__in=done).update(
            effect=effect, processed_at=now, recipient=""
        )


def _ids(events: Iterable[WebhookEvent]) -> set[int]:
    return {event.pk for event in events}


def campaigns_with_bad_news(events: list[WebhookEvent]) -> set[int]:
    return {e.delivery.campaign_id for e in events if e.delivery and e.kind in IS_BAD_NEWS}
