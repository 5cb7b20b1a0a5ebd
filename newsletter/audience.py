"""Who a mailing is for: decided in one place, for the number staff see and for the sending."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q

from newsletter.models.subscriber import Frequency, Subscriber
from newsletter.models.subscriber_list import SubscriberQuerySet
from newsletter.times import CLOCKS_DIFFER_BY

if TYPE_CHECKING:
    from blog.models import Article


# Both without a factor in common with 100: so each hundred ids fill all hundred parts.
SCATTER, SCATTER_SEEDS = 37, 61


@dataclass(frozen=True)
class Audience:
    """Frequency "" and topics None ask nothing of anybody.

    Topics are ids: those who chose one of them, and those who want all.
    """

    frequency: str = ""
    topics: frozenset[int] | None = None
    # Of a hundred parts that people are in by their ids, scattered by a seed: from, and below.
    share: tuple[int, int] = (0, 100)
    seed: int = 0
    # Those who get this selection of the articles of this digest: it was decided once.
    digest: tuple[int, int] | None = None

    @classmethod
    def of_notice(cls, article: Article) -> Audience:
        """Those who want each article, if it is about what they chose."""
        return cls(Frequency.EVERY, frozenset(article.topics.values_list("pk", flat=True)))

    @classmethod
    def read(cls, stored: dict[str, object]) -> Audience:
        topics = stored.get("topics")
        chosen = None if topics is None else frozenset(topics)
        share = tuple(stored.get("share") or (0, 100))
        digest = tuple(stored["digest"]) if stored.get("digest") else None
        return cls(stored.get("frequency") or "", chosen, share, stored.get("seed") or 0, digest)

    def stored(self) -> dict[str, object]:
        """As a campaign keeps it; `read` gives it back."""
        topics = None if self.topics is None else sorted(self.topics)
        who = {"frequency": str(self.frequency), "topics": topics}
        digest = self.digest and list(self.digest)
        return {**who, "share": list(self.share), "seed": self.seed, "digest": digest}

    def part(self, start: int, end: int, seed: int) -> Audience:
        """Those of it who are in the parts `start` to `end` of a hundred."""
        return replace(self, share=(start, end), seed=seed)

    def people(self, now: datetime, confirmed_by: datetime | None = None) -> SubscriberQuerySet:
        """Who may be mailed at `now`, of those who had confirmed by then."""
        found = Subscriber.objects.reachable(now).filter(had_confirmed(confirmed_by or now, now))
        if self.frequency:
            found = found.filter(frequency=self.frequency)
        if self.digest:
            digest_id, selection = self.digest
            mine = {"digest_shares__digest": digest_id, "digest_shares__selection": selection}
            found = found.filter(**mine)
        if self.share != (0, 100):
            start, end = self.share
            place = (F("pk") * SCATTER + self.seed * SCATTER_SEEDS) % 100
            found = found.alias(place=place).filter(place__gte=start, place__lt=end)
        return found if self.topics is None else found.filter(wants_one_of(self.topics))


def had_confirmed(by: datetime, now: datetime) -> Q:
    """Nobody has joined in the future: so says a clock that was far ahead then."""
    return Q(confirmed_at__lte=by) | Q(confirmed_at__gt=now + CLOCKS_DIFFER_BY)


def wants_one_of(topics: frozenset[int]) -> Q:
    """Or all there are. Whose topics were all deleted wants none of the others."""
    chosen = Subscriber.topics.through.objects.filter(subscriber=OuterRef("pk"))
    return Q(chooses_topics=False) | Q(Exists(chosen.filter(topic__in=sorted(topics))))
