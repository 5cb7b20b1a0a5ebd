"""The marks that a worker makes while it sends one by one (see `Mark`)."""

import uuid
from bisect import bisect_left
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Mark, Subscriber
from newsletter.outcomes import ACCEPTED, Outcome
from newsletter.sending.asking import ask, begin
from newsletter.sending.statements import (
    begin_sql,
    claim_sql,
    has_steps,
    move_sql,
    reachable_person,
    sendable_campaign,
    step_sql,
)
from newsletter.states import State
from newsletter.times import LEASE

# So late a page may learn what has become of a mail.
WRITES_EVERY = timedelta(seconds=0.5)
# So many of a worker's mails are in doubt if the database crashes and the worker with it.
STRETCH = 25


class Claimed(NamedTuple):
    """A delivery that is ours for a while."""

    pk: int
    subscriber_id: int | None
    address: str
    attempts: int
    handle: str | None
    claim_token: uuid.UUID
    campaign: Campaign

    def delivery(self) -> Delivery:
        """For whoever wants more than these words."""
        person = self.subscriber_id and Subscriber(pk=self.subscriber_id, handle=self.handle)
        return Delivery(
            pk=self.pk,
            campaign=self.campaign,
            subscriber=person,
            address=self.address,
            attempts=self.attempts,
            claim_token=self.claim_token,
            state=State.CLAIMED,
        )


class Settled(NamedTuple):
    """A mail that was tried, and what became of it."""

    claimed: Claimed
    outcome: Outcome

    def record(self, now: datetime) -> None:
        self.claimed.delivery().record(self.outcome, now)


class Marks:
    """What one worker claims of one campaign, and its mark over that."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.claimed_through = 0
        # A plan that was right for a few mails is not kept for the next campaign's thousands.
        self.plan = f"-- campaign {campaign.pk}"
        self._begin_claim([], timezone.now())

    def claim(self, count: int, now: datetime) -> list[Claimed]:
        """Up to `count` that no other worker can take: those behind the last one, or the first."""
        claimed = self._claim(count, self.claimed_through, now)
        if not claimed and self.claimed_through:
            claimed = self._claim(count, 0, now)
        if claimed:
            self.claimed_through = claimed[-1].pk
        return claimed

    @transaction.atomic
    def claim_with_mark(self, count: int, now: datetime) -> list[Claimed]:
        """The same, to be sent in this order, one by one. Both are there for others, or neither."""
        claimed = self.claim(count, now)
        self._begin_claim(claimed, now)
        if claimed:
            values = (self.token, self.ids[0], now, self.campaign.pk)
            ask(begin_sql(), *values, *([now] if has_steps() else []))
        return claimed

    def settle_and_go(
        self, last: Settled | None, claimed: Claimed, now: datetime
    ) -> Callable[[], bool]:
        """Write down the outcome of the last mail, and mark the next.

        PostgreSQL sets about it at once. Both are done when the returned has been called: True if
        the next may go. They are committed by then, unless the caller is in a transaction.
        """
        is_late = now - self.written_at > WRITES_EVERY
        if last and (last.outcome != ACCEPTED or is_late):
            self._write_down(last, now)
        is_within = has_steps() and claimed.pk <= self.through_id and not is_late
        moved = self._step(claimed, now) if is_within else self._move(claimed, now)
        return partial(self._may_go, moved, last, claimed, now)

    @transaction.atomic
    def settle(self, last: Settled | None, now: datetime) -> None:
        """Write down all that is known; the mark is not needed any more.

        What a crash of the database has lost, its worker knows: what came before the last that
        might go was accepted, and nothing that comes after it was sent.
        """
        self._lock_campaign_for(last)
        Mark.objects.filter(pk=self.token).write_out()
        mine = Delivery.objects.filter(pk__in=self.ids, claim_token=self.token)
        mine = mine.filter(state=State.SUBMITTING)
        for delivery in mine.filter(pk__lt=self.gone_id).order_by("pk"):
            delivery.record(ACCEPTED, now)
        if last:
            last.record(now)
        mine.filter(pk__gt=self.gone_id).update(state=State.CLAIMED, submitted_at=None)

    def _begin_claim(self, claimed: list[Claimed], now: datetime) -> None:
        self.token = claimed[0].claim_token if claimed else None
        self.ids = [mail.pk for mail in claimed]
        self.through_id = self.gone_id = 0
        self.written_at = now

    def _claim(self, count: int, after: int, now: datetime) -> list[Claimed]:
        token = uuid.uuid4()
        rows = ask(
            claim_sql() + self.plan,
            self.campaign.pk,
            after,
            now,
            *sendable_campaign().values(self.campaign.pk, now),
            count,
            token,
            now + LEASE,
        )
        return [
            Claimed(*row, claim_token=token, campaign=self.campaign)
            for row in sorted(rows, key=itemgetter(0))
        ]

    def _step(self, claimed: Claimed, now: datetime) -> Callable[[], object]:
        """Within the stretch that the mark covers."""
        person, sendable = self._conditions(claimed, now)
        step = (claimed.pk, now, claimed.claim_token, claimed.pk)
        return begin(step_sql() + self.plan, *person, *step, *sendable)

    def _move(self, claimed: Claimed, now: datetime) -> Callable[[], object]:
        """To the next stretch. On SQLite each mail is one."""
        person, sendable = self._conditions(claimed, now)
        self.through_id = claimed.pk
        if has_steps():
            end = bisect_left(self.ids, claimed.pk) + STRETCH - 1
            self.through_id = self.ids[end] if end < len(self.ids) else self.ids[-1]
        mark = (claimed.pk, self.through_id, now, claimed.claim_token, claimed.pk)
        if not has_steps():
            return partial(ask, move_sql(), *mark, *person, *sendable)
        step = (claimed.pk, now, claimed.claim_token)
        return begin(move_sql() + self.plan, *person, *mark, *sendable, *step)

    def _conditions(self, claimed: Claimed, now: datetime) -> tuple[list[object], list[object]]:
        """What the last look asks of the person, and of the campaign."""
        return (
            reachable_person().values(claimed.subscriber_id or 0, now),
            sendable_campaign().values(self.campaign.pk, now),
        )

    def _may_go(
        self, moved: Callable[[], object], last: Settled | None, claimed: Claimed, now: datetime
    ) -> bool:
        if not moved() and not self._slowly(last, claimed, now):
            return False
        self.gone_id = claimed.pk
        return True

    def _slowly(self, last: Settled | None, claimed: Claimed, now: datetime) -> bool:
        """There is no mark any more, or it must not move: each delivery by itself from here on.

        Two commits: the second begins with the lock of the person (see `Mark` for their order).
        """
        self.settle(last, now)
        return claimed.delivery().go(now)

    def _lock_campaign_for(self, last: Settled | None) -> None:
        """Most of what is not a yes says something of the campaign, too."""
        if last and last.outcome.state != State.ACCEPTED:
            Campaign.objects.filter(pk=self.campaign.pk).select_for_update(no_key=True).exists()

    @transaction.atomic
    def _write_down(self, last: Settled, now: datetime) -> None:
        """The mark stays."""
        self._lock_campaign_for(last)
        for mark in Mark.objects.filter(pk=self.token).select_for_update():
            mark.write_down()
        last.record(now)
        self.written_at = now
