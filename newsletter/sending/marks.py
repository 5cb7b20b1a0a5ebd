"""What the database is told while mails go out one by one: in few words, because it is told often.

The same as `Delivery.objects.claim` and `go` say, for the case that nearly always is. Every other
case is left to them. What a mark says, see `Mark`.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from operator import itemgetter
from typing import NamedTuple, Self

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from newsletter.models import Campaign, Delivery, Mark, Subscriber
from newsletter.outcomes import ACCEPTED, Outcome
from newsletter.sending.asking import ask, begin
from newsletter.states import State
from newsletter.times import LEASE

# In the place of what is not known yet.
SOME_ID = -987_654_321
SOME_TIME = datetime(1, 2, 3, tzinfo=UTC)
# So late a page may learn what has become of a mail.
WRITES_EVERY = timedelta(seconds=0.5)

CLAIM = """
    WITH due AS (
        SELECT id FROM newsletter_delivery
         WHERE campaign_id = %s AND state = 'queued' AND id > %s
           AND (not_before IS NULL OR not_before <= %s)
           AND EXISTS ({sendable})
         ORDER BY id LIMIT %s {lock}
    )
    UPDATE newsletter_delivery SET state = 'claimed', claim_token = %s, lease_until = %s
     WHERE id IN (SELECT id FROM due)
    RETURNING id, subscriber_id, address, attempts,
        (SELECT handle FROM newsletter_subscriber
          WHERE newsletter_subscriber.id = newsletter_delivery.subscriber_id)
"""
# Not while somebody changes the campaign: whoever cancels it must see the marks of all claims.
BEGIN = """
    INSERT INTO newsletter_mark (claim_token, campaign_id, first_id, current_id, at)
    SELECT %s, id, %s, 0, %s FROM newsletter_campaign WHERE id = %s {lock}
    RETURNING claim_token
"""
# One statement is one way there and back, and one commit. Who leaves at this moment holds the
# person's row: then it waits, and looks again.
MOVE = """
    WITH person AS {materialized} ({person} {lock})
    UPDATE newsletter_mark SET current_id = %s, at = %s
     WHERE claim_token = %s AND current_id < %s
       AND EXISTS (SELECT * FROM person) AND EXISTS ({sendable})
    RETURNING current_id
"""


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
    """The marks that one worker makes at one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.claimed_through = 0
        self.token: uuid.UUID | None = None
        self.written_at = timezone.now()
        # A plan that was right for a few mails is not kept for the next campaign's thousands.
        self.plan = f"-- campaign {campaign.pk}"

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
        if claimed:
            first, self.token, self.written_at = claimed[0], claimed[0].claim_token, now
            ask(begin_sql(), self.token, first.pk, now, self.campaign.pk)
        return claimed

    def settle_and_go(
        self, last: Settled | None, claimed: Claimed, now: datetime
    ) -> Callable[[], bool]:
        """Write down the outcome of the last mail, and mark the next.

        PostgreSQL sets about it at once. Both are done when the returned has been called: True if
        the next may go. They are committed by then, unless the caller is in a transaction.
        """
        if last and (last.outcome != ACCEPTED or now - self.written_at > WRITES_EVERY):
            self._write_down(last, now)
        step = self._step(claimed, now)
        return lambda: bool(step()) or self._slowly(last, claimed, now)

    def write_out(self) -> None:
        """What is said by the mark is said by the deliveries then."""
        Mark.objects.filter(pk=self.token).write_out()

    def unmark(self, claimed: Claimed) -> None:
        """Nothing of it was sent: it is only claimed."""
        mine = Delivery.objects.filter(pk=claimed.pk, claim_token=claimed.claim_token)
        mine.filter(state=State.SUBMITTING).update(state=State.CLAIMED, submitted_at=None)

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
        person = reachable_person().values(claimed.subscriber_id or 0, now)
        sendable = sendable_campaign().values(self.campaign.pk, now)
        values = (*person, claimed.pk, now, claimed.claim_token, claimed.pk, *sendable)
        if connection.features.has_select_for_update:
            return begin(move_sql() + self.plan, *values)
        return partial(ask, move_sql(), *values)

    @transaction.atomic
    def _slowly(self, last: Settled | None, claimed: Claimed, now: datetime) -> bool:
        """There is no mark any more, or it must not move: each delivery by itself from here on."""
        self.write_out()
        if last:
            last.record(now)
        return claimed.delivery().go(now)

    @transaction.atomic
    def _write_down(self, last: Settled, now: datetime) -> None:
        """The mark stays."""
        for mark in Mark.objects.filter(pk=self.token).select_for_update():
            mark.write_down()
        last.record(now)
        self.written_at = now


@cache
def claim_sql() -> str:
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    return CLAIM.format(sendable=sendable_campaign().sql, lock=lock)


@cache
def begin_sql() -> str:
    lock = "FOR SHARE SKIP LOCKED" if connection.features.has_select_for_update else ""
    return BEGIN.format(lock=lock)


@cache
def move_sql() -> str:
    locks = connection.features.has_select_for_update
    return MOVE.format(
        person=reachable_person().sql,
        sendable=sendable_campaign().sql,
        materialized="MATERIALIZED" if locks else "",
        lock="FOR SHARE" if locks else "",
    )


# --- What others say in Django's words --------------------------------------------------------


class Condition(NamedTuple):
    """Rows of a table as SQL, with gaps for an id and a time."""

    sql: str
    gaps: tuple[object, ...]

    @classmethod
    def of(cls, rows: QuerySet) -> Self:
        sql, values = rows.order_by().values("pk").query.sql_with_params()
        some_time = connection.ops.adapt_datetimefield_value(SOME_TIME)
        return cls(sql, tuple(SOME_TIME if value == some_time else value for value in values))

    def values(self, pk: int, now: datetime) -> list[object]:
        known = {SOME_ID: pk, SOME_TIME: now}
        return [known.get(gap, gap) for gap in self.gaps]


@cache
def sendable_campaign() -> Condition:
    return Condition.of(Campaign.objects.sendable(SOME_TIME).filter(pk=SOME_ID))


@cache
def reachable_person() -> Condition:
    return Condition.of(Subscriber.objects.reachable(SOME_TIME).filter(pk=SOME_ID))
