"""Who is in a campaign, a page at a time. Each page is a walk along an index, wherever it lies."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django.http import HttpRequest
from django.utils.http import urlencode

from newsletter.addresses import address_key
from newsletter.models import Campaign, Delivery, Tally
from newsletter.states import State

ON_A_PAGE = 50


@dataclass(frozen=True)
class Recipients:
    """What was asked for: one state or all, one address or all, after some row."""

    campaign: Campaign
    state: str
    address: str
    after: int

    @classmethod
    def asked_for(cls, request: HttpRequest, campaign: Campaign) -> "Recipients":
        """Whatever makes no sense counts as not said."""
        asked = request.GET
        after = asked.get("after", "")
        return cls(
            campaign,
            state=asked.get("state", "") if asked.get("state") in State.values else "",
            address=asked.get("q", "").strip().replace("\0", "")[:254],
            after=int(after) if after.isascii() and after.isdigit() and len(after) < 19 else 0,
        )

    @cached_property
    def found(self) -> list[Delivery]:
        """One more than fits, to know whether there are more."""
        chosen = Delivery.objects.filter(campaign=self.campaign, pk__gt=self._behind)
        if self.state:
            chosen = chosen.filter(state=self.state)
        if self.address:
            chosen = chosen.filter(address_key=address_key(self.address))
        return list(chosen.order_by("campaign_id", "pk")[: ON_A_PAGE + 1])

    @property
    def _behind(self) -> int:
        """Not from the first row of the table: PostgreSQL may walk along the ids, and would read
        the mails of all campaigns before this one."""
        kept = Tally.objects.filter(campaign=self.campaign).values_list("first_id", flat=True)
        return max(self.after, (kept.first() or 1) - 1)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self.found[:ON_A_PAGE])

    @property
    def label(self) -> str:
        return State(self.state).label if self.state else "all"

    @property
    def first_query(self) -> str:
        return self._query()

    @property
    def next_query(self) -> str:
        if len(self.found) <= ON_A_PAGE:
            return ""
        return self._query(after=self.found[ON_A_PAGE - 1].pk)

    def _query(self, **more: object) -> str:
        asked = {"state": self.state, "q": self.address, **more}
        return urlencode({name: value for name, value in asked.items() if value})

    @property
    def states(self) -> list[tuple[str, str]]:
        return State.choices
