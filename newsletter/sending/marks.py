"""What the database is told while mails go out one by one: in few words, because it is told often.

The same as `Delivery.objects.claim`, `go` and `record` say, for the case that nearly always is.
Every other case is left to them.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from operator import itemgetter
from typing import NamedTuple, Self

from django.db import connection, transaction
from django.db.models import QuerySet

from newsletter.models import Campaign, Delivery, Subscriber
from newsletter.models.delivery import LEASE
from newsletter.outcomes import Outcome
from newsletter.sending.asking import ask, begin
from newsletter.states import State

# In the place of what is not known yet.
SOME_ID = -987_654_321
SOME_TIME = datetime(1, 2, 3, tzinfo=UTC)

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
SETTLE = """
    UPDATE newsletter_delivery
       SET state = 'accepted', reason = '', provider_id = %s, lease_until = NULL,
           settled_at = %s, attempts = attempts + 1
     WHERE id = %s AND claim_token = %s AND state IN ('submitting', 'in_doubt')
"""
GO = """
    UPDATE newsletter_delivery
       SET state = 'submitting', submitted_at = %s, lease_until = %s, batch_id = NULL
     WHERE id = %s AND claim_token = %s AND state = 'claimed'
       AND EXISTS ({person}) AND EXISTS ({sendable})
    RETURNING id
"""
# One statement is one way there and back, and one commit. Who leaves at this moment holds the
# row: then it waits, and looks again.
SETTLE_AND_GO = f"""
    WITH settled AS ({SETTLE}), person AS MATERIALIZED ({{person}} FOR SHARE)
    {GO.replace("{person}", "SELECT FROM person")}
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

    def settle_and_go(
        self, last: Settled | None, claimed: Claimed, now: datetime
    ) -> Callable[[], bool]:
        """Write down the outcome of the last mail, and mark the next.

        PostgreSQL sets about it at once. Both are done when the returned has been called: True if
        the next may go. They are committed by then, unless the caller is in a transaction.
        """
        if last and last.outcome.state != State.ACCEPTED:
            return partial(self._slowly, last, claimed, now)
        step = self._step(last, claimed, now)
        return lambda: bool(step()) or claimed.delivery().go(now)

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

    def _slowly(self, last: Settled, claimed: Claimed, now: datetime) -> bool:
        with transaction.atomic():
            last.record(now)
            return claimed.delivery().go(now)

    def _step(self, last: Settled | None, claimed: Claimed, now: datetime) -> Callable[[], object]:
        settle = settling(last, now)
        mark = (now, now + LEASE, claimed.pk, claimed.claim_token)
        person = reachable_person().values(claimed.subscriber_id or 0, now)
        sendable = sendable_campaign().values(self.campaign.pk, now)
        if connection.features.has_select_for_update:
            return begin(settle_and_go_sql() + self.plan, *settle, *person, *mark, *sendable)
        return partial(one_after_the_other, last and settle, (*mark, *person, *sendable))


@transaction.atomic  # nobody else writes meanwhile
def one_after_the_other(settle: tuple[object, ...] | None, go: tuple[object, ...]) -> object:
    if settle:
        ask(SETTLE, *settle)
    return ask(go_sql(), *go)


def settling(last: Settled | None, now: datetime) -> tuple[object, ...]:
    if last is None:
        return ("", now, 0, None)
    provider_id = last.outcome.provider_id[:200]
    return (provider_id, now, last.claimed.pk, last.claimed.claim_token)


@cache
def claim_sql() -> str:
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    return CLAIM.format(sendable=sendable_campaign().sql, lock=lock)


@cache
def go_sql() -> str:
    return GO.format(person=reachable_person().sql, sendable=sendable_campaign().sql)


@cache
def settle_and_go_sql() -> str:
    return SETTLE_AND_GO.format(person=reachable_person().sql, sendable=sendable_campaign().sql)


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
