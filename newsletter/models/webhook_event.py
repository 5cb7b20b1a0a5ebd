import json
import re
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

from anymail.signals import AnymailTrackingEvent
from django.db import models
from django.db.models import Q
from django.utils import timezone

from blog.visitors import keyed_hash
from newsletter.addresses import MAX_LENGTH
from newsletter.models.delivery import Delivery
from newsletter.reports import Report, reject_reason_of, report_of
from newsletter.tags import TAG_LENGTH, delivery_id_of

# Providers repeat a report for a few days at most.
KEPT = timedelta(days=30)
REASON_LENGTH = 300
LONGEST_SAID = 2000
ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"']{1,64}@[\w.-]{1,255}")


class WebhookEventQuerySet(models.QuerySet):
    def keep(self, esp: str, events: Iterable[AnymailTrackingEvent], now: datetime) -> int:
        """Store what concerns us of one call, in few statements. A repetition adds nothing.

        Returns how many of the events concern us.
        """
        rows = [row for event in events if (row := WebhookEvent.read(esp, event, now))]
        self.bulk_create(rows, ignore_conflicts=True)
        return len(rows)

    def note_unread(self, esp: str, length: int, now: datetime) -> None:
        """A call that was too long: nobody will ever know what it reported."""
        self.create(
            esp=esp,
            dedupe_key=secrets.token_urlsafe(32),
            kind=Report.UNREAD,
            reason=f"A call of {length / 1_000_000:.1f} MB was not read: its reports are lost.",
            effect=WebhookEvent.Effect.NOBODY,
            **dict.fromkeys(("at", "received_at", "processed_at"), now),
        )

    def unread_since(self, moment: datetime) -> Self:
        return self.filter(kind=Report.UNREAD, received_at__gt=moment)

    def unsettled(self, now: datetime) -> Self:
        free = Q(look_again_at__isnull=True) | Q(look_again_at__lte=now)
        return self.filter(free, processed_at__isnull=True).order_by("pk")

    def forget_old(self, now: datetime) -> int:
        old = self.filter(processed_at__isnull=False, received_at__lt=now - KEPT)
        return old.delete()[0]


class WebhookEvent(models.Model):
    """What a mail provider reported of one mail. Stored before anything else is done with it.

    `recipient` is needed until the report has been settled, and emptied then.
    """

    class Effect(models.TextChoices):
        WAITING = "", "not looked at yet"
        COUNTED = "counted", "counted"
        NOBODY = "nobody", "about nobody we know"

    esp = models.CharField("provider", max_length=30)
    dedupe_key = models.CharField(max_length=43, editable=False)
    kind = models.CharField(max_length=12, choices=Report)
    tag = models.CharField(max_length=TAG_LENGTH, blank=True, default="")
    message_id = models.CharField(max_length=200, blank=True, default="")
    recipient = models.CharField(max_length=MAX_LENGTH, blank=True, default="")
    reject_reason = models.CharField(max_length=20, blank=True, default="")
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, default="")
    at = models.DateTimeField("happened")
    received_at = models.DateTimeField("received")
    delivery = models.ForeignKey(
        Delivery, null=True, on_delete=models.CASCADE, related_name="reports"
    )
    effect = models.CharField(max_length=8, choices=Effect, blank=True, default=Effect.WAITING)
    look_again_at = models.DateTimeField(null=True, editable=False)
    processed_at = models.DateTimeField("settled", null=True)

    objects = WebhookEventQuerySet.as_manager()

    class Meta:
        verbose_name = "provider’s report"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["dedupe_key"], name="each_report_is_kept_once"),
            models.CheckConstraint(
                condition=Q(processed_at__isnull=True) | Q(recipient=""),
                name="a_settled_report_names_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=Q(processed_at__isnull=True), name="report_to_settle"
            ),
            models.Index(fields=["received_at"], name="report_received"),
            models.Index(fields=["received_at"], condition=Q(kind="unread"), name="report_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.esp}: {self.get_kind_display()}"

    @classmethod
    def read(cls, esp: str, event: AnymailTrackingEvent, now: datetime) -> Self | None:
        """The row for `event`, not saved; None for what does not concern us."""
        kind = report_of(esp, event)
        if kind is None:
            return None
        row = cls(
            esp=esp,
            kind=kind,
            tag=_tag_in(event),
            message_id=_plain(event.message_id, 200),
            recipient=_plain(event.recipient, MAX_LENGTH),
            reject_reason=_plain(reject_reason_of(esp, event), 20),
            reason=_nameless(event.mta_response or event.description),
            at=_aware(event.timestamp) or now,
            received_at=now,
        )
        row.dedupe_key = row._key(event)
        return row

    def _key(self, event: AnymailTrackingEvent) -> str:
        """The same for each repetition, whatever the provider gives us to tell by."""
        told_apart_by = event.event_id or str(event.timestamp)
        said = (event.event_type, self.tag, self.message_id, self.recipient)
        return keyed_hash(json.dumps([self.esp, told_apart_by, *said], default=str), "report")


def _tag_in(event: AnymailTrackingEvent) -> str:
    """What we told the provider of the delivery, wherever it gives it back."""
    told = [*(event.metadata or {}).values(), *(event.tags or [])]
    written = (str(value) for value in told)
    return next((tag for tag in written if delivery_id_of(tag) is not None), "")


def _nameless(words: object) -> str:
    """Mail servers like to repeat whom they refuse."""
    return ADDRESS.sub("(address)", _plain(words, LONGEST_SAID))[:REASON_LENGTH]


def _plain(value: object, length: int) -> str:
    """Foreign text as a database takes it: no control characters, no halves of a character."""
    text = "" if value is None else str(value)
    printable = "".join(
        " " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text[:LONGEST_SAID]
    )
    return printable.strip()[:length]


def _aware(moment: datetime | None) -> datetime | None:
    if moment is not None and timezone.is_naive(moment):
        return timezone.make_aware(moment)
    return moment
