from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from blog.models import Topic
from newsletter.consent import Origin
from newsletter.models.subscriber import Frequency, Subscriber


@dataclass(frozen=True)
class Preferences:
    """How often somebody wants mails, and about what. No topics means all of them."""

    frequency: str
    topics: frozenset[int]

    @classmethod
    def of(cls, subscriber: Subscriber) -> Preferences:
        chosen = subscriber.topics.values_list("pk", flat=True)
        return cls(subscriber.frequency, frozenset(chosen))

    def __str__(self) -> str:
        names = Topic.objects.filter(pk__in=self.topics).values_list("name", flat=True)
        return f"{Frequency(self.frequency).label}; {', '.join(names) or 'all topics'}"

    @transaction.atomic
    def keep(self, subscriber: Subscriber, origin: Origin, now: datetime) -> bool:
        """Make them those of `subscriber`, under a lock. False if they are so already."""
        row = Subscriber.objects.filter(pk=subscriber.pk)
        locked = row.select_for_update(no_key=True).get()
        if Preferences.of(locked) == self:
            return False
        if locked.frequency != self.frequency:
            row.update(frequency=self.frequency, frequency_changed_at=now)
        locked.topics.set(self.topics)
        locked.note("chose", origin, now, str(self))
        subscriber.refresh_from_db()
        return True
