"""A worker's turn at a campaign: claim some mails, send them, stop in time, rest when told to.

How the mails get to the wire is the way's business (`one_each`, or in batches).
"""

import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import SQLITE_BUSY
from uuid import UUID

from django.db import Error, connection, transaction
from django.utils import timezone

from newsletter.models import Campaign, Delivery, SendingLimit
from newsletter.outcomes import Outcome, nameless
from newsletter.sending.way import Mail, Way
from newsletter.states import State

logger = logging.getLogger(__name__)

# So many refusals in a row are hardly about so many people.
PATIENCE = 10
WAITS_FOR_DATABASE_S = (0, 1, 2, 4, 8)
ROLLED_BACK = "40"  # PostgreSQL's class of errors for that (its appendix A)
REST = timedelta(minutes=1)
LONGEST_REST = timedelta(hours=2)


@dataclass
class Sender:
    """One worker's turn at one campaign."""

    campaign: Campaign
    way: Way
    tried: int = 0
    end: float = 0.0
    last: Outcome | None = None
    refused_in_a_row: int = 0
    is_stopped: bool = False
    is_limited: bool = False

    def run(self, budget_s: float) -> int:
        """Send until nothing is due, the wire says stop, or `budget_s` seconds are over.

        Returns how many mails were tried.
        """
        self.end = time.monotonic() + budget_s
        try:
            while not self.is_over() and (claimed := self._claim(timezone.now())):
                self._send(claimed)
        finally:
            self.way.close()
        return self.tried

    def is_over(self) -> bool:
        return self.is_stopped or time.monotonic() >= self.end

    def note(self, delivery_id: int, outcome: Outcome) -> None:
        """The way tells what became of a try."""
        self.tried += 1
        self.last = outcome
        if outcome.state == State.ACCEPTED:
            self.refused_in_a_row = 0
            return
        logger.warning(
            "Delivery %s of campaign %s: %s", delivery_id, self.campaign.pk, outcome.state
        )
        self.refused_in_a_row += 1
        self.is_stopped |= outcome.stops or self.refused_in_a_row >= PATIENCE

    def note_batch(self, batch_id: UUID, outcomes: Sequence[Outcome]) -> None:
        """The same for one call with several mails: one yes among them is a sign of life."""
        self.tried += len(outcomes)
        worst = next((outcome for outcome in outcomes if outcome.stops), outcomes[0])
        self.last, self.is_stopped = worst, self.is_stopped or worst.stops
        counted = Counter(outcome.state for outcome in outcomes)
        if counted[State.ACCEPTED] < len(outcomes):
            found = ", ".join(f"{number} {state}" for state, number in counted.items())
            logger.warning("Batch %s of campaign %s: %s", batch_id, self.campaign.pk, found)
        was_refused = self.refused_in_a_row + len(outcomes)
        self.refused_in_a_row = 0 if counted[State.ACCEPTED] else was_refused
        self.is_stopped |= self.refused_in_a_row >= PATIENCE

    def _claim(self, now: datetime) -> Sequence[Mail]:
        allowed = self._allowed(now)
        claimed = self.way.claim(allowed, timezone.now()) if allowed else []
        self._give_back(allowed - len(claimed))
        return claimed

    def _allowed(self, now: datetime) -> int:
        """How many mails may be taken now. Waits for the limit on the pace, if that is in time."""
        while True:
            allowance = SendingLimit.objects.allowance(self.way.claim_size, now)
            if allowance.count or not self._wait_until(allowance.again_at, now):
                self.is_limited |= allowance.is_taken
                return allowance.count
            now = timezone.now()

    def _wait_until(self, moment: datetime, now: datetime) -> bool:
        """False, at once, if this turn is over by then."""
        wait_s = (moment - now).total_seconds()
        if time.monotonic() + wait_s >= self.end:
            return False
        time.sleep(wait_s)
        return True

    def _give_back(self, count: int) -> None:
        if self.is_limited:
            SendingLimit.objects.give_back(count)

    def _send(self, claimed: Sequence[Mail]) -> None:
        try:
            self.way.send(claimed, self)
        finally:
            self._settle_surely(claimed)

    def _settle_surely(self, claimed: Sequence[Mail]) -> None:
        """Neither a database that is started anew costs knowledge of what was sent, nor an
        interruption while it is asked."""
        for pause_s in WAITS_FOR_DATABASE_S:
            session = connection.connection
            try:
                return self._settle(claimed)
            except Error as error:
                was_cut = was_lost(session)
                if connection.in_atomic_block or not (was_cut or stood_in_the_way(error)):
                    raise
                if was_cut:
                    connection.close()
                time.sleep(pause_s)
        return self._settle(claimed)

    @transaction.atomic
    def _settle(self, claimed: Sequence[Mail]) -> None:
        now = timezone.now()
        self.way.settle(now)
        if self.is_stopped:
            self._halt(self.last, now)
        self._give_back(Delivery.objects.release(claimed))

    def _halt(self, outcome: Outcome, now: datetime) -> None:
        """It is not about one mail: all who send this campaign wait, for a while or a person."""
        if outcome.slows:
            SendingLimit.objects.slow_down(self.campaign, now, outcome.retry_after)
        if not (outcome.pauses or outcome.state in (State.FAILED, State.REJECTED)):
            self.campaign.rest(now + (outcome.retry_after or self._rest()))
            return
        reason = outcome.reason
        if not outcome.pauses:
            reason = f"{PATIENCE} mails in a row were refused, the last one so: {reason}"
        if self.campaign.pause(nameless(reason), now):  # it stays when a person is erased
            logger.error("Campaign %s is paused; its page says why.", self.campaign.pk)

    def _rest(self) -> timedelta:
        """Each further doubt costs somebody a mail, so the wait doubles."""
        doublings = max(0, self.campaign.doubts_in_a_row() - 1)
        return min(REST * 2 ** min(doublings, 10), LONGEST_REST)


def stood_in_the_way(error: Error) -> bool:
    """Of others, who were let through: a deadlock, or a long queue. All is as it was before."""
    cause = error.__cause__
    is_busy = getattr(cause, "sqlite_errorcode", None) == SQLITE_BUSY
    return is_busy or str(getattr(cause, "sqlstate", "")).startswith(ROLLED_BACK)


def was_lost(session: object) -> bool:
    """Was the connection that failed lost? At the end of a transaction that broke with it, Django
    has opened another already, and that one is sound."""
    return connection.connection is not session or not connection.is_usable()
