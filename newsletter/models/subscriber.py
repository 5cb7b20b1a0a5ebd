import secrets
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q

from blog.models import Topic
from newsletter.addresses import MAX_LENGTH, address_key
from newsletter.consent import WORDING, Origin
from newsletter.models.subscriber_list import SubscriberQuerySet
from newsletter.states import State
from newsletter.tokens import Purpose, Token, issue

PAUSE_BETWEEN_CONFIRMATIONS = timedelta(hours=1)
CONFIRMATIONS_A_DAY = 3
CONFIRMATION_LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=6)


class Frequency(models.TextChoices):
    EVERY = "every", "each new article"
    WEEKLY = "weekly", "one mail a week"


def new_handle() -> str:
    return secrets.token_hex(16)


class Subscriber(models.Model):
    """Somebody who asked for our mails. Facts with their times; the state follows from them."""

    address = models.CharField(max_length=MAX_LENGTH)
    address_key = models.CharField(max_length=MAX_LENGTH, editable=False)
    handle = models.CharField(max_length=32, default=new_handle, unique=True, editable=False)
    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    suppressed_at = models.DateTimeField(null=True, blank=True)
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.EVERY)
    # Who chose topics that were all deleted since has none, and yet does not want all there are.
    chooses_topics = models.BooleanField(default=False, db_default=False)
    topics = models.ManyToManyField(Topic, blank=True, related_name="subscribers")
    topics_gone_at = models.DateTimeField(null=True, blank=True, editable=False)
    frequency_changed_at = models.DateTimeField(null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(null=True, blank=True)
    confirmation_due_at = models.DateTimeField(null=True, blank=True)
    confirmation_lease_until = models.DateTimeField(null=True, blank=True)
    confirmation_attempts = models.PositiveSmallIntegerField(default=0)
    confirmation_sent_at = models.DateTimeField(null=True, blank=True)

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("import_subscriber", "Can import subscribers"),
            ("export_subscriber", "Can download the list of subscribers"),
            ("export_person", "Can download all that is kept of a person"),
            ("erase_person", "Can erase all that is kept of a person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["address_key"], name="one_subscriber_per_address"),
            models.CheckConstraint(
                condition=Q(frequency__in=Frequency.values), name="a_frequency_is_one_we_offer"
            ),
            models.CheckConstraint(
                condition=Q(topics_gone_at__isnull=True) | Q(chooses_topics=True),
                name="topics_are_gone_only_of_who_chose_some",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(confirmation_due_at__isnull=False),
                name="confirmation_due",
            ),
            models.Index(
                fields=["id"],
                condition=Q(chooses_topics=True, topics_gone_at__isnull=True),
                name="chooses_topics",
            ),
        ]

    def __str__(self) -> str:
        return self.address

    def save(self, *args: object, **kwargs: object) -> None:
        self.address_key = address_key(self.address)
        super().save(*args, **kwargs)

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None and self.unsubscribed_at is None

    @property
    def is_on_the_list(self) -> bool:
        return self.is_confirmed and self.suppressed_at is None

    @property
    def may_return(self) -> bool:
        """By a press on the page after leaving."""
        return self.confirmed_at is not None and self.suppressed_at is None

    @property
    def has_no_topic_left(self) -> bool:
        """Of those chosen: they were all deleted."""
        return self.chooses_topics and not self.topics.exists()

    @property
    def status(self) -> str:
        if self.suppressed_at:
            return "suppressed"
        if self.unsubscribed_at:
            return "left"
        return "confirmed" if self.confirmed_at else "waiting for confirmation"

    def token(self, purpose: Purpose, now: datetime) -> str:
        return issue(purpose, self.handle, now)

    def is_resting(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def note(self, kind: str, origin: Origin, now: datetime, detail: str = "") -> None:
        """Add a line to what this person agreed to."""
        self.consent_events.create(
            kind=kind,
            at=now,
            detail=detail[:300],
            source=origin.source,
            wording=WORDING if kind == "asked" else "",
            network_hash=origin.network_hash,
            actor=origin.actor,
        )

    # --- Asking ---------------------------------------------------------------------------

    def request_confirmation(self, now: datetime) -> bool:
        """Make a confirmation mail due, unless one is already, or too many were sent."""
        day_ago = now - timedelta(days=1)
        sent_today = self.consent_events.filter(kind="confirmation_sent", at__gt=day_ago).count()
        if sent_today >= CONFIRMATIONS_A_DAY:
            return False
        earlier = now - PAUSE_BETWEEN_CONFIRMATIONS
        rested = Q(confirmation_sent_at__isnull=True) | Q(confirmation_sent_at__lte=earlier)
        return bool(
            Subscriber.objects.filter(rested, pk=self.pk, confirmation_due_at__isnull=True).update(
                confirmation_due_at=now, confirmation_attempts=0, confirmation_lease_until=None
            )
        )

    def claim_confirmation(self, now: datetime) -> bool:
        """True for the one worker that may send the mail now. The wait doubles with each try."""
        doublings = min(self.confirmation_attempts, 10)
        wait = min(CONFIRMATION_LEASE * 2**doublings, LONGEST_WAIT)
        return bool(
            Subscriber.objects.with_confirmation_due(now)
            .filter(pk=self.pk)
            .update(
                confirmation_lease_until=now + wait,
                confirmation_attempts=F("confirmation_attempts") + 1,
            )
        )

    @transaction.atomic
    def confirmation_was_sent(self, now: datetime) -> None:
        Subscriber.objects.filter(pk=self.pk).update(
            confirmation_due_at=None, confirmation_lease_until=None, confirmation_sent_at=now
        )
        self.note("confirmation_sent", Origin(), now)

    # --- Joining and leaving ----------------------------------------------------------------

    def may_join_by(self, token: Token) -> bool:
        """False for a link from before the person left, and for whom we must not write to."""
        has_left_since = self.unsubscribed_at and token.issued_at <= self.unsubscribed_at
        return self.suppressed_at is None and not has_left_since

    @transaction.atomic
    def confirm(self, origin: Origin, now: datetime) -> bool:
        """Join. False if this changes nothing (a second press)."""
        not_in = Q(confirmed_at__isnull=True) | Q(unsubscribed_at__isnull=False)
        joined = Subscriber.objects.filter(not_in, pk=self.pk, suppressed_at__isnull=True).update(
            confirmed_at=now, unsubscribed_at=None, confirmation_due_at=None, topics_gone_at=None
        )
        if joined:
            self.note("confirmed", origin, now)
        self.refresh_from_db()
        return bool(joined)

    @transaction.atomic
    def unsubscribe(self, origin: Origin, now: datetime) -> bool:
        """Leave, and drop every mail still waiting. A repetition keeps the first time."""
        left = Subscriber.objects.filter(pk=self.pk, unsubscribed_at__isnull=True).update(
            unsubscribed_at=now, confirmation_due_at=None
        )
        if left:
            self.deliveries.held_back().skip("unsubscribed", now)
            self.note("unsubscribed", origin, now)
        self.refresh_from_db()
        return bool(left)

    @transaction.atomic
    def disown(self, origin: Origin, now: datetime) -> bool:
        """“It was not me.” Nothing more goes to this row; `Suppression` remembers the address."""
        disowned = Subscriber.objects.filter(pk=self.pk, suppressed_at__isnull=True).update(
            suppressed_at=now, confirmation_due_at=None
        )
        if disowned:
            self.note("not_me", origin, now)
        self.refresh_from_db()
        return bool(disowned)

    @transaction.atomic
    def resubscribe(self, origin: Origin, now: datetime) -> bool:
        """Come back by a button of one's own mail. Only for somebody who had once confirmed."""
        back = Subscriber.objects.filter(
            pk=self.pk,
            confirmed_at__isnull=False,
            unsubscribed_at__isnull=False,
            suppressed_at__isnull=True,
        ).update(unsubscribed_at=None, confirmed_at=now, topics_gone_at=None)
        if back:
            self.note("resubscribed", origin, now)
        self.refresh_from_db()
        return bool(back)

    def move_waiting_mails(self, address: str, key: str, now: datetime) -> None:
        """To another address; a worker that holds one already must take it anew.

        No campaign and no letter mails an address twice, whoever it belonged to before.
        """
        waiting = self.deliveries.held_back()
        by_campaign = Q(campaign__deliveries__address_key=key)
        by_letter = Q(letter__campaigns__deliveries__address_key=key)
        waiting.filter(by_campaign | by_letter).skip(
            "this campaign went to the new address already", now
        )
        back = {"state": State.QUEUED, "claim_token": None, "lease_until": None}
        waiting.update(address=address, address_key=key, **back)

    # --- Taking a rest ----------------------------------------------------------------------

    @transaction.atomic
    def pause(self, until: datetime, origin: Origin, now: datetime) -> bool:
        """No mails before `until`; those waiting now are dropped. False if that is so already."""
        others = Subscriber.objects.filter(pk=self.pk).exclude(paused_until=until)
        paused = others.update(paused_until=until)
        if paused:
            self.deliveries.held_back().skip("paused", now)
            self.note("paused", origin, now, f"until {until:%Y-%m-%d %H:%M} UTC")
        self.refresh_from_db()
        return bool(paused)

    @transaction.atomic
    def end_pause(self, origin: Origin, now: datetime) -> bool:
        """Mails again from now on."""
        ended = Subscriber.objects.filter(pk=self.pk, paused_until__gt=now).update(
            paused_until=None
        )
        if ended:
            self.note("unpaused", origin, now)
        self.refresh_from_db()
        return bool(ended)
