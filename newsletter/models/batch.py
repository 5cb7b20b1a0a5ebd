from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from newsletter.models.campaign import Campaign


class BatchQuerySet(models.QuerySet):
    def unanswered(self) -> BatchQuerySet:
        return self.filter(answered_at__isnull=True)

    def to_repeat(self, now: datetime) -> BatchQuerySet:
        """Nobody knows what became of them, and the provider keeps their keys for long enough."""
        return self.unanswered().filter(repeat_at__lte=now, repeat_until__gt=now)


class Batch(models.Model):
    """One call to a provider with the mails of several people. Its id is the idempotency key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="batches")
    size = models.PositiveIntegerField(help_text="How many mails.")
    # Its deliveries are found between these two: they need no index for it.
    first_id = models.BigIntegerField(editable=False)
    last_id = models.BigIntegerField(editable=False)
    sent_at = models.DateTimeField(help_text="The links in its mails are of this moment.")
    fingerprint = models.CharField(
        max_length=64, blank=True, help_text="SHA-256 of what was sent: only the same is repeated."
    )
    answered_at = models.DateTimeField(null=True)
    http_status = models.PositiveSmallIntegerField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    error = models.CharField(max_length=300, blank=True)
    repeats = models.PositiveSmallIntegerField(default=0)
    repeat_at = models.DateTimeField(null=True)
    repeat_until = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "batches"
        ordering = ["-sent_at"]
        indexes = [
            models.Index(
                fields=["repeat_at"],
                condition=Q(answered_at__isnull=True, repeat_at__isnull=False),
                name="batch_to_repeat",
            )
        ]

    def __str__(self) -> str:
        return f"{self.size} mails of campaign {self.campaign_id}: {self.state}"

    @property
    def state(self) -> str:
        if self.answered_at is None:
            return "no answer yet"
        return "refused" if self.error else "accepted"
