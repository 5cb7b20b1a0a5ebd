"""Handing the mails of a campaign to the wire, so that none is lost and none sent twice.

For each mail: mark it *submitting* and commit; send; write down the outcome. The outcome of one
mail and the mark of the next share a transaction. A worker that dies leaves at most one mail in
doubt, and that one is not sent again by guess.
"""

import logging
import time
from dataclasses import dataclass, field

from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.utils import timezone

from newsletter.emails import campaign_mail
from newsletter.models import Campaign, Delivery
from newsletter.outcomes import Outcome, in_doubt, of_error, of_success
from newsletter.states import State

logger = logging.getLogger(__name__)

CLAIM_SIZE = 50


@dataclass
class Sender:
    """One worker's turn at one campaign."""

    campaign: Campaign
    connection: BaseEmailBackend = field(default_factory=get_connection)
    settled: tuple[Delivery, Outcome] | None = None
    sent: int = 0
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
        return self.sent

    def _send_claimed(self, claimed: list[Delivery], end: float) -> None:
        try:
            for delivery in claimed:
                if self.is_stopped or time.monotonic() >= end:
                    break
                if self._settle_and_go(delivery):
                    self.sent += 1
                    self._settle_later(delivery, self._transmit(delivery))
        finally:
            self._settle_last(claimed[0])

    def _settle_and_go(self, delivery: Delivery) -> bool:
        now = timezone.now()
        with transaction.atomic():
            if self.settled:
                settled, outcome = self.settled
                settled.record(outcome, now)
            may_go = delivery.go(now)
        self.settled = None
        return may_go

    def _settle_last(self, any_of_mine: Delivery) -> None:
        with transaction.atomic():
            if self.settled:
                settled, outcome = self.settled
                settled.record(outcome, timezone.now())
            Delivery.objects.release(any_of_mine.claim_token)
        self.settled = None

    def _settle_later(self, delivery: Delivery, outcome: Outcome) -> None:
        self.settled = (delivery, outcome)
        self.is_stopped = outcome.stops
        if outcome.pauses:
            logger.error("Campaign %s is paused: %s", self.campaign.pk, outcome.reason)
            self.campaign.pause(outcome.reason, timezone.now())
        elif outcome.state not in (State.ACCEPTED, State.SKIPPED):
            logger.warning(
                "Delivery %s of campaign %s: %s", delivery.pk, self.campaign.pk, outcome.state
            )

    def _transmit(self, delivery: Delivery) -> Outcome:
        try:
            message = campaign_mail(self.campaign, delivery, self.connection)
            message.message()
        except Exception as error:
            return Outcome(State.FAILED, f"This mail could not be written: {error}")
        return self._hand_over(message)

    def _hand_over(self, message: EmailMultiAlternatives) -> Outcome:
        try:
            self.connection.open()
        except Exception as error:
            self._disconnect()
            return of_error(error, message, is_out=False)
        try:
            if not self.connection.send_messages([message]):
                return in_doubt("The mail backend did not say what it did.")
            return of_success(message)
        except Exception as error:
            outcome = of_error(error, message, is_out=getattr(self.connection, "is_out", None))
            self._disconnect()
            return outcome

    def _disconnect(self) -> None:
        try:
            self.connection.close()
        except Exception as error:
            logger.info("The mail connection closed badly: %s", error)
