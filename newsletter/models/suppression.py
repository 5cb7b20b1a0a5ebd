from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from blog.visitors import keyed_hash
from newsletter.addresses import address_key
from newsletter.models.subscriber import Subscriber

PURPOSE = "suppression"


class SuppressionQuerySet(models.QuerySet):
    def add(self, address: str, reason: str, now: datetime | None = None) -> "Suppression":
        """Never send to `address` again, even if its row is erased and typed in anew."""
        now = now or timezone.now()
        key = address_key(address)
        found, _ = self.get_or_create(
            address_hash=keyed_hash(key, PURPOSE), defaults={"reason": reason, "at": now}
        )
        Subscriber.objects.filter(address_key=key, suppressed_at__isnull=True).update(
            suppressed_at=now, confirmation_due_at=None
        )
        return found

    def covers(self, address: str) -> bool:
        keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        hashes = [keyed_hash(address_key(address), PURPOSE, secret) for secret in keys]
        return self.filter(address_hash__in=hashes).exists()


class Suppression(models.Model):
    """An address that must not get mail. Only its keyed hash is kept, so that it may be erased."""

    class Reason(models.TextChoices):
        NOT_ME = "not_me", "said that somebody else typed the address"
        BOUNCED = "bounced", "does not exist"
        COMPLAINED = "complained", "reported a mail as spam"
        ERASED = "erased", "asked to be erased"
        STAFF = "staff", "entered by staff"

    address_hash = models.CharField(max_length=43, unique=True)
    reason = models.CharField(max_length=20, choices=Reason)
    at = models.DateTimeField()

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"An address that {self.get_reason_display()}"
