"""Handing the mails of a campaign to the wire, so that none is lost and none sent twice.

For each mail: mark it *submitting* and commit; send; write down the outcome. The outcome of one
mail and the mark of the next share a transaction. A worker that dies leaves at most one mail in
doubt, and that one is not sent again by guess.
"""

import logging
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
from newsletter.states import State

logger = logging.getLogger(__name__)

CLAIM_SIZE = 50
# So many refusals in a row are hardly about so many people.
PATIENCE = 10
REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=2)


@dataclass
class Sender:
    """One worker's turn at one campaign."""

    campaign: Campaign
    publication: Publication = field(default_factory=Publication.current)
    connection: BaseEmailBackend | None = None
    settled: tuple[Delivery, Outcome] | None = None
    tried: int = 0
    refused_in_a_row: int = 0
    is_stopped: bool = False

    def run(self, budget_s: float) -> int:
        """Send until nothing is due, the wire says stop, or `budget_s` seconds are over.

        Returns how many mails were tried.
        """
        end = time.monotonic() + budget_s
        try:
            while not self.is_stopped and time.monotonic() < end:
                claimed = Delivery.objects.claim(self.campaign, CLAIM_SIZE, timezone.now())
                if not claimed:
                    break
                self._send_claimed(claimed, end)
        finally:
            self._disconnect()
        return self.tried

    def _send_claimed(self, claimed: list[Delivery], end: float) -> None:
        try:
            for delivery in claimed:
                if self.is_stopped or time.monotonic() >= end:
                    break
                if self._settle_and_go(delivery):
                    self.tried += 1
                    self._settle_later(delivery, self._transmit(delivery))
        finally:
            self._settle_last(claimed)

    def _settle_and_go(self, delivery: Delivery) -> bool:
        now = timezone.now()
        with transaction.atomic():
            if self.settled:
                settled, outcome = self.settled
                settled.record(outcome, now)
            may_go = delivery.go(now)
        self.settled = None
        return may_go

    def _settle_last(self, claimed: list[Delivery]) -> None:
        now = timezone.now()
        with transaction.atomic():
            if self.settled:
                settled, outcome = self.settled
                settled.record(outcome, now)
                if self.is_stopped:
                    self._halt(outcome, now)
            Delivery.objects.release(claimed)
        self.settled = None

    def _settle_later(self, delivery: Delivery, outcome: Outcome) -> None:
        self.settled = (delivery, outcome)
        if outcome.state == State.ACCEPTED:
            self.refused_in_a_row = 0
            return
        logger.warning(
            "Delivery %s of campaign %s: %s", delivery.pk, self.campaign.pk, outcome.state
        )
        self.refused_in_a_row += 1
        self.is_stopped = outcome.stops or self.refused_in_a_row >= PATIENCE

    def _halt(self, outcome: Outcome, now: datetime) -> None:
        """It is not about one mail: all who send this campaign wait, for a while or a person."""
        if not (outcome.pauses or outcome.state in (State.FAILED, State.REJECTED)):
            self.campaign.rest(now + (outcome.retry_after or self._rest()))
            return
        reason = outcome.reason
        if not outcome.pauses:
            reason = f"{PATIENCE} mails in a row were refused, the last one so: {reason}"
        if self.campaign.pause(reason, now):  # the reason may name people: not for the log
            logger.error("Campaign %s is paused; its page says why.", self.campaign.pk)

    def _rest(self) -> timedelta:
        """Each further doubt costs somebody a mail, so the wait doubles."""
        doublings = max(0, self.campaign.doubts_in_a_row() - 1)
        return min(REST * 2 ** min(doublings, 10), LONGEST_REST)

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

    def _disconnect(self) -> None:
        try:
            if self.connection:
                self.connection.close()
        except Exception as error:
            logger.info("The mail connection closed badly: %s", error)
