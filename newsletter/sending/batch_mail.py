"""The mails of a batch as one message for anymail, and what tells one such message from another."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from blog.models import Publication
from newsletter.emails import (
    TOKEN_PLACE,
    campaign_mail,
    filled,
    headers_of_all,
    headers_of_copy,
    values_of,
)
from newsletter.providers import TAG, Provider
from newsletter.tags import tag_of

if TYPE_CHECKING:
    from newsletter.models import Batch, Delivery

# What all providers and anymail read as one address, and spell as we do. It is how each reader is
# told from the others within a call.
PLAIN_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+", re.IGNORECASE)
ENVELOPE = ("from_email", "to", "subject", "body", "alternatives", "extra_headers")
OWN = ("merge_data", "merge_headers", "merge_metadata", "metadata", "copies", "idempotency_key")


def chunks(claimed: Sequence[Delivery]) -> list[list[Delivery]]:
    """What may share a call: plain addresses, no two of them alike. Others are alone."""
    together, alone, seen = [], [], set()
    for delivery in claimed:
        key = delivery.address.casefold()
        if PLAIN_ADDRESS.fullmatch(delivery.address) and key not in seen:
            seen.add(key)
            together.append(delivery)
        else:
            alone.append([delivery])
    return [together, *alone] if together else alone


def batch_mail(
    batch: Batch, deliveries: Sequence[Delivery], publication: Publication, provider: Provider
) -> EmailMultiAlternatives:
    """The same bytes whenever it is asked for: its links are of the moment the batch was begun."""
    if len(deliveries) == 1:
        mail = _alone(batch, deliveries[0], publication, provider)
    else:
        mail = _shared(batch, deliveries, publication, provider)
    mail.idempotency_key = str(batch.pk) if provider.repeats_within else ""
    return mail


def fingerprint(mail: EmailMultiAlternatives, connection: object) -> str:
    """SHA-256 of all that the provider is told, by whom, and of where it goes."""
    to_whom = [
        settings.EMAIL_BACKEND,
        *(getattr(connection, name, "") for name in ("api_url", "api_key", "server_token")),
    ]
    said = [getattr(mail, name, None) for name in (*ENVELOPE, *OWN)]
    return hashlib.sha256(json.dumps([to_whom, said]).encode()).hexdigest()


def _alone(
    batch: Batch, delivery: Delivery, publication: Publication, provider: Provider
) -> EmailMultiAlternatives:
    mail = campaign_mail(batch.campaign, delivery, publication, batch.sent_at)
    provider.tag(mail, delivery.pk)
    return mail


def _shared(
    batch: Batch, deliveries: Sequence[Delivery], publication: Publication, provider: Provider
) -> EmailMultiAlternatives:
    campaign = batch.campaign
    values = {d.address: values_of(d, batch.sent_at) for d in deliveries}
    places = {place: provider.written(name_of(place)) for place in next(iter(values.values()))}
    mail = EmailMultiAlternatives(
        subject=campaign.subject,
        body=filled(campaign.text, places),
        to=list(values),
        headers={} if provider.headers_replace else headers_of_all(publication),
    )
    mail.attach_alternative(filled(campaign.html, places), "text/html")
    mail.merge_metadata = {d.address: {TAG: tag_of(d.pk)} for d in deliveries}
    common = headers_of_all(publication) if provider.headers_replace else {}
    mail.merge_headers = {
        d.address: {**common, **headers_of_copy(campaign, d, values[d.address][TOKEN_PLACE])}
        for d in deliveries
    }
    if provider.is_whole:
        mail.copies = {
            address: (filled(campaign.text, own), filled(campaign.html, own))
            for address, own in values.items()
        }
    else:
        mail.merge_data = {
            address: {name_of(place): value for place, value in own.items()}
            for address, own in values.items()
        }
        mail.esp_extra = dict(provider.extra)
    return mail


def name_of(place: str) -> str:
    """Letters and `_`: what every provider takes as a name."""
    return place.strip("0-").replace("-", "_")
