from django.core.exceptions import ValidationError
from django.db import models

from newsletter.consent import WORDINGS
from newsletter.models.subscriber import Subscriber


class ConsentEvent(models.Model):
    """What a person agreed to or took back: when, where, under which words. Only ever added."""

    class Kind(models.TextChoices):
        ASKED = "asked", "asked to join"
        CONFIRMATION_SENT = "confirmation_sent", "was sent the link to confirm"
        CONFIRMED = "confirmed", "confirmed"
        UNSUBSCRIBED = "unsubscribed", "left"
        RESUBSCRIBED = "resubscribed", "came back"
        NOT_ME = "not_me", "said that it was somebody else"
        IMPORTED = "imported", "was imported"
        CHOSE = "chose", "chose what to get"
        PAUSED = "paused", "asked for a rest"
        UNPAUSED = "unpaused", "ended the rest"
        ADDRESS_ASKED = "address_asked", "asked for mails at another address"
        ADDRESS_CHANGED = "address_changed", "changed the address"
        TOPICS_GONE = "topics_gone", "lost the chosen topics, which were deleted"

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="consent_events"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    source = models.CharField(max_length=200, blank=True, help_text="The page of the form.")
    wording = models.CharField(max_length=20, blank=True, help_text="Version of the words shown.")
    detail = models.CharField(max_length=300, blank=True, help_text="What exactly.")
    network_hash = models.CharField(max_length=43, blank=True)
    actor = models.CharField(max_length=80, blank=True, help_text="Who, if not the person.")

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["subscriber", "kind", "at"], name="consent_lookup"),
            models.Index(fields=["at"], name="consent_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk:
            raise ValidationError("Consent is written down once and never changed.")
        super().save(*args, **kwargs)

    @property
    def words(self) -> str:
        """Those that were shown, if some were."""
        return WORDINGS.get(self.wording, self.wording)
