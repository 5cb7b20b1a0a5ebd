"""What the database is told while mails go out one by one: in few words, because it is told often.

The same as `Delivery.objects.claim` and `go` say, for the case that nearly always is. What is meant
by a mark, says `Mark`.
"""

from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple, Self

from django.db import connection
from django.db.models import QuerySet

from newsletter.models import Campaign, Subscriber

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
# Not while somebody changes the campaign: whoever cancels it must see the marks of all claims.
BEGIN = """
    INSERT INTO newsletter_mark (claim_token, campaign_id, first_id, current_id, through_id, at)
    SELECT %s, id, %s, 0, 0, %s FROM newsletter_campaign WHERE id = %s {lock}
    RETURNING claim_token
"""
BEGIN_WITH_STEP = f"""
    WITH mark AS ({BEGIN.format(lock="FOR SHARE SKIP LOCKED")})
    INSERT INTO newsletter_step (mark_id, current_id, at) SELECT claim_token, 0, %s FROM mark
    RETURNING mark_id
"""  # noqa: S608
# One statement is one way there and back, and one commit. Who leaves at this moment holds the
# person's row: then it waits, and looks again.
MOVE = """
    UPDATE newsletter_mark SET current_id = %s, through_id = %s, at = %s
     WHERE claim_token = %s AND current_id < %s AND EXISTS ({person}) AND EXISTS ({sendable})
    RETURNING claim_token
"""
MOVE_WITH_STEP = f"""
    WITH person AS MATERIALIZED ({{person}} FOR SHARE),
         mark AS ({MOVE.replace("{person}", "SELECT FROM person")})
    UPDATE newsletter_step SET current_id = %s, at = %s
     WHERE mark_id = %s AND EXISTS (SELECT FROM mark)
    RETURNING mark_id
"""  # noqa: S608
# This commit does not wait for the disk. What the disk loses of it, the mark covers.
STEP = """
    WITH person AS MATERIALIZED ({person} FOR SHARE)
    UPDATE newsletter_step SET current_id = %s, at = %s
     WHERE mark_id = %s AND current_id < %s
       AND EXISTS (SELECT FROM person) AND EXISTS ({sendable})
       AND (SELECT set_config('synchronous_commit', 'off', true)) = 'off'
    RETURNING mark_id
"""


def has_steps() -> bool:
    """Can a change be there for all and yet not wait for the disk?"""
    return connection.vendor == "postgresql"


@cache
def claim_sql() -> str:
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update else ""
    return CLAIM.format(sendable=sendable_campaign().sql, lock=lock)


@cache
def begin_sql() -> str:
    return BEGIN_WITH_STEP if has_steps() else BEGIN.format(lock="")


@cache
def move_sql() -> str:
    sql = MOVE_WITH_STEP if has_steps() else MOVE
    return sql.format(person=reachable_person().sql, sendable=sendable_campaign().sql)


@cache
def step_sql() -> str:
    return STEP.format(person=reachable_person().sql, sendable=sendable_campaign().sql)


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
