"""One message for each mail, over a connection that is kept open.

For each mail: mark it *submitting* and commit; send; write down the outcome. The outcome of one
mail and the mark of the next share a transaction. A worker that dies leaves at most one mail in
doubt, and that one is not sent again by guess.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from blog.models import Publication
from newsletter.emails import campaign_mail
from newsletter.models import Campaign, Delivery
from newsletter.outcomes import (
    Outcome,
    in_doubt,
    later,
    of_error,
    of_no_connection,
    of_success,
    unwritable,
)
from newsletter.sending.way import Progress

logger = logging.getLogger(__name__)


@dataclass
class OneEach:
    """Through Django's mail backend, whichever it is."""

    campaign: Campaign
    publication: Publication = field(default_factory=Publication.current)
    connection: BaseEmailBackend | None = None
    unsettled: tuple[Delivery, Outcome] | None = None
    claim_size: int = 50

    def send(self, claimed: Sequence[Delivery], progress: Progress) -> None:
        for delivery in claimed:
            if progress.is_over():
                break
            if self._settle_and_go(delivery):
                outcome = self._transmit(delivery)
                self.unsettled = (delivery, outcome)
                progress.note(delivery.pk, outcome)

    def settle(self, now: datetime) -> None:
        if self.unsettled:
            delivery, outcome = self.unsettled
            delivery.record(outcome, now)

    def close(self) -> None:
        try:
            if self.connection:
                self.connection.close()
        except Exception as error:
            logger.info("The mail connection closed badly: %s", error)

    def _settle_and_go(self, delivery: Delivery) -> bool:
        now = timezone.now()
        with transaction.atomic():
            self.settle(now)
            may_go = delivery.go(now)
        self.unsettled = None
        return may_go

    def _transmit(self, delivery: Delivery) -> Outcome:
        try:
            message = campaign_mail(self.campaign, delivery, self.publication)
            message.message()
        except ValueError as error:
            return unwritable(error)
        except Exception as error:
            return later(f"This mail could not be written: {error}", stops=True)
        return self._connect() or self._hand_over(message)

    def _connect(self) -> Outcome | None:
        """Nothing if the wire is open."""
        try:
            self.connection = self.connection or get_connection()
            self.connection.open()
        except Exception as error:
            return of_no_connection(error)
        return None

    def _hand_over(self, message: EmailMultiAlternatives) -> Outcome:
        try:
            if not self.connection.send_messages([message]):
                return in_doubt("The mail backend did not say what it did.")
            return of_success(message)
        except Exception as error:
            return of_error(error, message, is_out=getattr(self.connection, "is_out", None))
