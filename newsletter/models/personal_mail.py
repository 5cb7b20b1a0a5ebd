from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q

from blog.nudges import nudge
from newsletter.addresses import MAX_LENGTH
from newsletter.models.routine import Routine
from newsletter.models.subscriber import Subscriber

if TYPE_CHECKING:
    from newsletter.models.address_change import AddressChange

LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)
# Whoever asked has given up by then, and may ask again.
GIVEN_UP_AFTER = timedelta(days=1)
UNASKED_GIVEN_UP_AFTER = timedelta(days=7)
KEPT_FOR = timedelta(days=7)
SETTLED_AFTER = timedelta(days=14)
A_DAY = 3


class PersonalMailQuerySet(models.QuerySet):
    def due(self, now: datetime) -> PersonalMailQuerySet:
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        is_wanted = Q(due_at__gt=now - GIVEN_UP_AFTER)
        unasked = {"kind__in": PersonalMail.UNASKED, "due_at__gt": now - UNASKED_GIVEN_UP_AFTER}
        is_wanted |= Q(**unasked)
        return self.filter(free, is_wanted, sent_at__isnull=True)

    def make_due(
        self,
        kind: PersonalMail.Kind,
        subscriber: Subscriber,
        now: datetime,
        *,
        address: str = "",
        change: AddressChange | None = None,
    ) -> bool:
        """Write down that this mail is wanted, and wake a worker once that is committed.

        False if one is waiting already, or too many were asked for today. The database refuses
        a second welcome.
        """
        same = self.filter(subscriber=subscriber, kind=kind)
        if same.filter(due_at__gt=now - timedelta(days=1)).count() >= A_DAY:
            return False
        if kind != PersonalMail.Kind.WELCOME:
            same.filter(sent_at__isnull=True, due_at__lte=now - GIVEN_UP_AFTER).delete()
        waiting = {"sent_at": None} if kind != PersonalMail.Kind.WELCOME else {}
        facts = {"due_at": now, "address": address}
        mail, is_new = self.get_or_create(
            subscriber=subscriber, kind=kind, change=change, **waiting, defaults=facts
        )
        if is_new:
            nudge("newsletter.tasks.send_personal_mail", mail.pk)
        return is_new

    def welcome(self, subscriber: Subscriber, now: datetime) -> bool:
        """For somebody who has just confirmed for the first time, if staff want it."""
        kind = PersonalMail.Kind.WELCOME
        return Routine.current().welcomes and self.make_due(kind, subscriber, now)

    def link_to_data(self, subscriber: Subscriber, now: datetime) -> bool:
        """False for a while after a change of address: whoever got hold of a forwarded mail may
        have moved it, and the former address has been told and can move it back."""
        moved = subscriber.address_changes.filter(made_at__gt=now - SETTLED_AFTER)
        kind = PersonalMail.Kind.YOUR_DATA_LINK
        return not moved.exists() and self.make_due(kind, subscriber, now)

    def forget_old(self, now: datetime) -> int:
        """All but the welcome: its row says that there has been one."""
        old = self.filter(due_at__lt=now - KEPT_FOR).exclude(kind=PersonalMail.Kind.WELCOME)
        return old.delete()[0]


class PersonalMail(models.Model):
    """A mail that answers what one person did: due from that moment until it is sent."""

    class Kind(models.TextChoices):
        WELCOME = "welcome", "welcome"
        PREFERENCES_LINK = "preferences_link", "link to one’s choices"
        YOUR_DATA_LINK = "your_data_link", "link to one’s data"
        ADDRESS_CHANGE = "address_change", "question to a new address"
        ADDRESS_CHANGED = "address_changed", "word to the former address"
        TOPICS_GONE = "topics_gone", "word that the chosen topics are gone"

    UNASKED = (Kind.WELCOME, Kind.TOPICS_GONE)

    subscriber = models.ForeignKey(
        Subscriber, on_delete=models.CASCADE, related_name="personal_mails"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    change = models.ForeignKey(
        "newsletter.AddressChange", null=True, on_delete=models.CASCADE, related_name="mails"
    )
    address = models.CharField(
        max_length=MAX_LENGTH, blank=True, help_text="If not the person’s address of the day."
    )
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)

    objects = PersonalMailQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber"],
                condition=Q(kind="welcome"),
                name="one_welcome_per_subscriber",
            ),
            models.UniqueConstraint(
                fields=["subscriber", "kind"],
                condition=Q(sent_at__isnull=True, change__isnull=True),
                name="one_personal_mail_of_a_kind_waits",
            ),
            models.UniqueConstraint(
                fields=["change", "kind"], name="one_personal_mail_per_change_and_kind"
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(sent_at__isnull=True), name="personal_mail_due"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for subscriber {self.subscriber_id}"

    def claim(self, now: datetime) -> bool:
        """True for the one worker that may send it now. The wait doubles with each try."""
        wait = min(LEASE * 2 ** min(self.attempts, 10), LONGEST_WAIT)
        mine = PersonalMail.objects.due(now).filter(pk=self.pk)
        return bool(mine.update(lease_until=now + wait, attempts=F("attempts") + 1))

    def was_sent(self, now: datetime) -> None:
        PersonalMail.objects.filter(pk=self.pk).update(sent_at=now, lease_until=None)

    def is_off(self, now: datetime) -> bool:
        """Whoever must get no mail at all gets none of these either, and whoever has left or
        rests gets none that they did not ask for. Nobody is asked whether somebody may have
        their address."""
        if self.kind == PersonalMail.Kind.TOPICS_GONE and not self.subscriber.topics_gone_at:
            return True  # they have chosen anew
        if self.kind in PersonalMail.UNASKED:
            return not self.subscriber.is_on_the_list or self.subscriber.is_resting(now)
        is_vain = self.kind == PersonalMail.Kind.ADDRESS_CHANGE and self.change.is_barred
        return is_vain or self.subscriber.suppressed_at is not None
