from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from newsletter.addresses import address_key
from newsletter.consent import Origin
from newsletter.tokens import BadToken, Purpose, Token, read

if TYPE_CHECKING:
    from newsletter.models.subscriber import Subscriber

PENDING_KEPT_FOR = timedelta(days=14)


class SubscriberQuerySet(models.QuerySet):
    def mailable(self) -> SubscriberQuerySet:
        return self.filter(
            confirmed_at__isnull=False, unsubscribed_at__isnull=True, suppressed_at__isnull=True
        )

    def reachable(self, now: datetime) -> SubscriberQuerySet:
        """On the list, and not taking a rest from our mails."""
        awake = Q(paused_until__isnull=True) | Q(paused_until__lte=now)
        return self.mailable().filter(awake)

    def with_confirmation_due(self, now: datetime) -> SubscriberQuerySet:
        free = Q(confirmation_lease_until__isnull=True) | Q(confirmation_lease_until__lte=now)
        return self.filter(free, confirmation_due_at__isnull=False, suppressed_at__isnull=True)

    def pending_too_long(self, now: datetime) -> SubscriberQuerySet:
        """Asked and never confirmed, since the last mail went out: nothing of them is kept."""
        since = now - PENDING_KEPT_FOR
        was_asked = Q(confirmation_sent_at__gte=since) | Q(confirmation_due_at__gte=since)
        return self.filter(confirmed_at__isnull=True, created_at__lt=since).exclude(was_asked)

    def whose_topics_are_gone(self, now: datetime) -> SubscriberQuerySet:
        """Who chose some, all of which were deleted since, and does not know it yet."""
        left = self.model.topics.through.objects.filter(subscriber=OuterRef("pk"))
        chose = self.reachable(now).filter(chooses_topics=True, topics_gone_at__isnull=True)
        return chose.filter(~Exists(left))

    def by_token(self, purpose: Purpose, text: str, now: datetime) -> tuple[Subscriber, Token]:
        """The person a link was made for. Raises `BadToken` for every link that is not good."""
        token = read(purpose, text, now)
        found = self.filter(handle=token.handle).first()
        if found is None:
            raise BadToken("nobody")
        return found, token

    @transaction.atomic
    def sign_up(self, address: str, origin: Origin, now: datetime) -> Subscriber:
        """Note that somebody typed `address`; a mail with a link becomes due if one may be sent.

        Two sign-ups at one moment make one row and one mail: the database sees to it.
        """
        subscriber, _ = self.get_or_create(
            address_key=address_key(address), defaults={"address": address, "created_at": now}
        )
        may_be_asked = subscriber.suppressed_at is None and not subscriber.is_confirmed
        if may_be_asked and subscriber.request_confirmation(now):
            subscriber.note("asked", origin, now)
        return subscriber
