"""The newest mails of campaigns by their state, in few queries, however long the campaigns are."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db.models import DateTimeField, F, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.sql.compiler import SQLCompiler

from newsletter.states import JUDGED_STATES, TAKEN_STATES, State
from newsletter.wellbeing import WINDOW

# Of ten large campaigns a statement would read 60,000 rows of an index.
AT_ONCE = 3
ON_THE_WIRE = (State.SUBMITTING, State.IN_DOUBT, *TAKEN_STATES)
FEW = 100


class Gathered(Subquery):
    """One value, made of what a subquery calls `found` in each of its rows."""

    template = "(SELECT %(function)s(found) FROM (%(subquery)s) AS several)"


class Listed(Gathered):
    """All of them; None where there is none."""

    output_field = JSONField()

    def as_sqlite(self, compiler: SQLCompiler, connection: object) -> tuple:
        return self.as_sql(compiler, connection, function="json_group_array")

    def as_postgresql(self, compiler: SQLCompiler, connection: object) -> tuple:
        return self.as_sql(compiler, connection, function="jsonb_agg")


def in_state(mails: QuerySet, state: State) -> QuerySet:
    """Those of one campaign, the newest first, along the index of campaign, state and id.

    The state as a range: were it equal to something, PostgreSQL might leave it out of the order
    and walk along the ids instead, through the mails of all later campaigns.
    """
    return mails.filter(state__range=(state, state)).order_by("-state", "-pk")


def states_lately(campaigns: QuerySet) -> dict[int, Counter[str]]:
    """By campaign: the states of the last mails that were tried for good, since somebody last
    resumed it."""
    pks, found = list(campaigns.values_list("pk", flat=True)), {}
    for start in range(0, len(pks), AT_ONCE):
        some = campaigns.model.objects.filter(pk__in=pks[start : start + AT_ONCE])
        ids = {f"ids_{state}": Listed(_judged_ids(some, state)) for state in JUDGED_STATES}
        for pk, *by_state in some.annotate(**ids).values_list("pk", *ids):
            found[pk] = _last_of(by_state)
    return found


def _judged_ids(campaigns: QuerySet, state: State) -> QuerySet:
    mails = _mails_of(campaigns).filter(pk__gt=OuterRef("judged_after"))
    return in_state(mails, state).values(found=F("pk"))[:WINDOW]


def _last_of(ids_by_state: Sequence[list[int] | None]) -> Counter[str]:
    pairs = zip(JUDGED_STATES, ids_by_state, strict=True)
    found = [(pk, state.value) for state, ids in pairs for pk in ids or ()]
    return Counter(state for _, state in sorted(found, reverse=True)[:WINDOW])


def last_handed_over(campaigns: QuerySet) -> datetime | None:
    """When the last mail of all these went out, judged by the newest of each state."""
    last = {
        f"last_{state}": Gathered(
            in_state(_mails_of(campaigns), state).values(found=F("submitted_at"))[:FEW],
            output_field=DateTimeField(),
            function="MAX",
        )
        for state in ON_THE_WIRE
    }
    rows = campaigns.annotate(**last).values_list(*last)
    return max((at for row in rows for at in row if at), default=None)


def _mails_of(campaigns: QuerySet) -> QuerySet:
    """For a subquery that stands beside each campaign."""
    mails = campaigns.model.deliveries.rel.related_model
    return mails.objects.filter(campaign=OuterRef("pk"))
