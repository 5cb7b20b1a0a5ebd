from __future__ import annotations

from datetime import datetime

from django.db import models


class SenderRecordQuerySet(models.QuerySet):
    def note(self, domain: str, name: str, is_good: bool, words: str, now: datetime) -> None:
        """Keep what was seen just now in the place of what was seen before."""
        seen = {"is_good": is_good, "words": words[:300], "at": now}
        self.update_or_create(domain=domain, name=name, defaults=seen)

    def note_silence(self, domain: str, name: str, words: str, now: datetime) -> None:
        """Nothing could be seen; what was seen before stays."""
        seen = {"is_good": False, "words": words[:300], "at": now}
        self.get_or_create(domain=domain, name=name, defaults=seen)


class SenderRecord(models.Model):
    """What DNS said of the sender's domain when somebody last looked: SPF, DKIM or DMARC."""

    domain = models.CharField(max_length=253)
    name = models.CharField(max_length=10)
    is_good = models.BooleanField()
    words = models.CharField(max_length=300)
    at = models.DateTimeField()

    objects = SenderRecordQuerySet.as_manager()

    class Meta:
        ordering = ["domain", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["domain", "name"], name="one_sender_record_per_domain_and_name"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.domain}: {self.words}"
