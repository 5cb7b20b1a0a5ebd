from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from blog.models import Topic
from newsletter.consent import Origin
from newsletter.models.subscriber import Frequency, Subscriber


@dataclass(frozen=True)
class Preferences:
    """How often somebody wants mails, and about what.

    Topics are ids. None: all there are and will be. An empty set: those chosen were deleted.
    """

    frequency: str
    topics: frozenset[int] | None = None

    @classmethod
    def of(cls, subscriber: Subscriber) -> Preferences:
        chosen = subscriber.topics.values_list("pk", flat=True)
        topics = frozenset(chosen) if subscriber.chooses_topics else None
        return cls(subscriber.frequency, topics)

    def __str__(self) -> str:
        return f"{Frequency(self.frequency).label}; {self.topic_names}"

    @property
    def topic_names(self) -> str:
        if self.topics is None:
            return "all topics"
        names = Topic.objects.filter(pk__in=self.topics).values_list("name", flat=True)
        return ", ".join(names) or "none of the topics that are left"

    @transaction.atomic
    def keep(self, subscriber: Subscriber, origin: Origin, now: datetime) -> bool:
        """Make them those of `subscriber`, under a lock. False if they are so already."""
        row = Subscriber.objects.filter(pk=subscriber.pk)
        locked = row.select_for_update(no_key=True).get()
        if Preferences.of(locked) == self:
            return False
        if locked.frequency != self.frequency:
            row.update(frequency=self.frequency, frequency_changed_at=now)
        row.update(chooses_topics=self.topics is not None, topics_gone_at=None)
        locked.topics.set(self.topics or ())
        locked.note("chose", origin, now, str(self))
        subscriber.refresh_from_db()
        return True
