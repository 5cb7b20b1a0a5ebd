"""Who a mailing is for: decided in one place, for the number staff see and for the sending."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from newsletter.models.subscriber import Frequency, Subscriber, SubscriberQuerySet

if TYPE_CHECKING:
    from blog.models import Article


@dataclass(frozen=True)
class Audience:
    """Frequency "" and topics None ask nothing of anybody.

    Topics are ids: those who chose one of them, and those who chose none, because they want all.
    """

    frequency: str = ""
    topics: frozenset[int] | None = None

    @classmethod
    def of_notice(cls, article: Article) -> Audience:
        """Those who want each article, if it is about what they chose."""
        return cls(Frequency.EVERY, frozenset(article.topics.values_list("pk", flat=True)))

    @classmethod
    def read(cls, stored: dict[str, object]) -> Audience:
        topics = stored.get("topics")
        chosen = None if topics is None else frozenset(topics)
        return cls(stored.get("frequency") or "", chosen)

    def stored(self) -> dict[str, object]:
        """As a campaign keeps it; `read` gives it back."""
        topics = None if self.topics is None else sorted(self.topics)
        return {"frequency": str(self.frequency), "topics": topics}

    def people(self, now: datetime, confirmed_by: datetime | None = None) -> SubscriberQuerySet:
        """Who may be mailed at `now`, of those who had confirmed by then."""
        found = Subscriber.objects.reachable(now).filter(confirmed_at__lte=confirmed_by or now)
        if self.frequency:
            found = found.filter(frequency=self.frequency)
        return found if self.topics is None else found.filter(wants_one_of(self.topics))


def wants_one_of(topics: frozenset[int]) -> Q:
    """Whoever chose none wants all."""
    chosen = Subscriber.topics.through.objects.filter(subscriber=OuterRef("pk"))
    return Q(~Exists(chosen)) | Q(Exists(chosen.filter(topic__in=sorted(topics))))
