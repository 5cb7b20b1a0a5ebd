from datetime import datetime, timedelta

from django.db import models

from newsletter.models.subscriber import Subscriber

KEPT_FOR = timedelta(days=60)


class DigestShareQuerySet(models.QuerySet):
    def forget_old(self, now: datetime) -> int:
        """The deliveries say who got what; by then all are made."""
        return self.filter(digest__made_at__lt=now - KEPT_FOR).delete()[0]


class DigestShare(models.Model):
    """Which articles of a digest one person gets."""

    digest = models.ForeignKey("newsletter.Digest", on_delete=models.CASCADE, related_name="shares")
    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="digest_shares"
    )
    selection = models.BigIntegerField()

    objects = DigestShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["digest", "subscriber"], name="one_share_per_digest_and_subscriber"
            )
        ]
        indexes = [
            models.Index(fields=["digest", "selection", "subscriber"], name="digest_selection")
        ]

    def __str__(self) -> str:
        return f"Subscriber {self.subscriber_id} in {self.digest_id}"
