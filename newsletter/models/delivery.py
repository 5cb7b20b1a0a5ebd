import random
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q

from newsletter.addresses import MAX_LENGTH
from newsletter.models.batch import Batch
from newsletter.models.campaign import Campaign
from newsletter.models.mark import Mark
from newsletter.models.subscriber import Subscriber
from newsletter.outcomes import Outcome
from newsletter.states import OPEN_STATES, WAITING_STATES, State
from newsletter.times import CLOCKS_DIFFER_BY, LEASE

MAX_ATTEMPTS = 6
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=2)


class DeliveryQuerySet(models.QuerySet):
    def waiting(self) -> "DeliveryQuerySet":
        """Not on the wire yet: may still be taken back."""
        return self.filter(state__in=WAITING_STATES)

    def open(self) -> "DeliveryQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def claimable(self, now: datetime) -> "DeliveryQuerySet":
        due = Q(not_before__isnull=True) | Q(not_before__lte=now)
        return self.filter(due, state=State.QUEUED)

    def skip(self, reason: str, now: datetime) -> int:
        return self.update(
            state=State.SKIPPED, reason=reason, claim_token=None, lease_until=None, settled_at=now
        )

    @transaction.atomic
    def held_back(self) -> "DeliveryQuerySet":
        """Those that are not on the wire yet, locked: no worker hands them over any more without
        asking for each."""
        ids = [delivery.pk for delivery in self.waiting().locked()]
        return Delivery.objects.filter(pk__in=ids).waiting()

    def locked(self) -> "list[Delivery]":
        """These, locked in the order of their ids, and with no mark over them."""
        while True:
            Mark.objects.over(self).write_out()
            with transaction.atomic():
                found = list(self.order_by("pk").select_for_update(no_key=True))
                mine = Delivery.objects.filter(pk__in=[delivery.pk for delivery in found])
                if not Mark.objects.over(mine).exists():
                    return found
                transaction.set_rollback(True)  # claimed meanwhile: once more

    def follow_people(self, now: datetime) -> None:
        """What is back from the wire goes to the address that its person has by now."""
        moved = self.waiting().exclude(address_key=F("subscriber__address_key"))
        for delivery in moved.filter(subscriber__isnull=False).select_related("subscriber"):
            person = delivery.subscriber
            person.move_waiting_mails(person.address, person.address_key, now)

    @transaction.atomic
    def claim(self, campaign: Campaign, count: int, now: datetime) -> "list[Delivery]":
        """Take up to `count` deliveries that no other worker can take.

        PostgreSQL skips rows that another worker holds; SQLite lets one writer in at a time.
        """
        if not Campaign.objects.sendable(now).filter(pk=campaign.pk).exists():
            return []
        due = self.claimable(now).filter(campaign=campaign).order_by("pk")
        chosen = list(due.select_for_update(skip_locked=True).values_list("pk", flat=True)[:count])
        token = uuid.uuid4()
        self.filter(pk__in=chosen, state=State.QUEUED).update(
            state=State.CLAIMED, claim_token=token, lease_until=now + LEASE
        )
        mine = self.filter(pk__in=chosen, claim_token=token)
        return list(mine.select_related("subscriber").order_by("pk"))

    @transaction.atomic
    def go(
        self, claimed: "Sequence[Delivery]", now: datetime, batch: Batch | None = None
    ) -> "list[Delivery]":
        """The last look before the wire: marks *submitting* and returns what may be handed over.

        Locks each person's row, so that whoever left, was suppressed, erased or asked for a rest
        before this commit gets nothing. Commit before you send.
        """
        mine = self._held(claimed)
        people = Subscriber.objects.reachable(now).select_for_update(no_key=True).order_by("pk")
        wanted = set(
            people.filter(pk__in=[delivery.subscriber_id for delivery in claimed]).values_list(
                "pk", flat=True
            )
        )
        gone = [delivery.pk for delivery in claimed if delivery.subscriber_id not in wanted]
        if gone:
            unwanted = mine.filter(pk__in=gone)
            unwanted.filter(subscriber__in=Subscriber.objects.mailable()).skip("paused", now)
            unwanted.skip("left or was taken off the list in the meantime", now)
        # No join: PostgreSQL, after waiting for a row, looks again at that row's own columns only.
        free = mine.filter(campaign__in=Campaign.objects.sendable(now)).order_by("pk")
        going = set(free.select_for_update(no_key=True).values_list("pk", flat=True))
        self.filter(pk__in=going).update(
            state=State.SUBMITTING, submitted_at=now, lease_until=now + LEASE, batch=batch
        )
        return [delivery for delivery in claimed if delivery.pk in going]

    def _held(self, claimed: "Sequence[Delivery]") -> "DeliveryQuerySet":
        """What was claimed together and is still ours, untried."""
        ids = [delivery.pk for delivery in claimed]
        return self.filter(pk__in=ids, claim_token=claimed[0].claim_token, state=State.CLAIMED)

    @transaction.atomic
    def release(self, claimed: "list[Delivery]") -> int:
        """Give back what was claimed together and not tried."""
        untried = [delivery.pk for delivery in self._held(claimed).locked()]
        return self.filter(pk__in=untried).update(
            state=State.QUEUED, claim_token=None, lease_until=None
        )

    def touched_since(self, moment: datetime) -> "DeliveryQuerySet":
        """In the hands of a worker that has given a sign of life since `moment`."""
        return self.filter(lease_until__gt=moment + LEASE)

    @transaction.atomic
    def expire_leases(self, now: datetime) -> tuple[int, int]:
        """Settle what a dead worker left: (back in the queue, in doubt).

        What was claimed has not been tried. What was being submitted may have arrived: we do not
        send it again by guess.
        """
        Mark.objects.left_behind(now).write_out()
        # No lease is longer than LEASE: a clock was put back since it was taken.
        is_over = Q(lease_until__lt=now) | Q(lease_until__gt=now + LEASE + CLOCKS_DIFFER_BY)
        expired = self.filter(is_over)
        back = (
            expired.filter(state=State.CLAIMED)
            .held_back()
            .update(state=State.QUEUED, claim_token=None, lease_until=None)
        )
        unheard = [delivery.pk for delivery in expired.filter(state=State.SUBMITTING).locked()]
        doubtful = self.filter(pk__in=unheard).update(
            state=State.IN_DOUBT,
            reason="The worker stopped while handing this mail over.",
            lease_until=None,
            settled_at=now,
        )
        return back, doubtful


class Delivery(models.Model):
    """One mail of a campaign to one person, and what became of it."""

    # Three indexes below begin with it, so it needs none of its own.
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    letter = models.ForeignKey(
        "newsletter.Letter",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        help_text="That of its campaign: nobody gets two campaigns of one letter.",
    )
    # The first constraint below begins with it. Each index is written three times for each mail.
    subscriber = models.ForeignKey(
        Subscriber,
        null=True,
        on_delete=models.SET_NULL,
        related_name="deliveries",
        db_index=False,
    )
    address = models.CharField(max_length=MAX_LENGTH)
    address_key = models.CharField(max_length=MAX_LENGTH)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=300, blank=True, default="")
    claim_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    not_before = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_anew = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often staff had it sent once more."
    )
    provider_id = models.CharField(max_length=200, blank=True, default="")
    # A mark, no more: a batch knows between which ids its deliveries are.
    batch = models.ForeignKey(
        Batch,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="deliveries",
    )
    queued_at = models.DateTimeField()
    submitted_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscriber", "campaign"], name="one_delivery_per_campaign_and_subscriber"
            ),
            models.UniqueConstraint(
                fields=["campaign", "address_key"], name="one_delivery_per_campaign_and_address"
            ),
            models.UniqueConstraint(
                fields=["letter", "subscriber"],
                condition=Q(letter__isnull=False),
                name="one_delivery_per_letter_and_subscriber",
            ),
            models.UniqueConstraint(
                fields=["letter", "address_key"],
                condition=Q(letter__isnull=False),
                name="one_delivery_per_letter_and_address",
            ),
        ]
        indexes = [
            models.Index(
                fields=["campaign", "id"], condition=Q(state="queued"), name="delivery_queued"
            ),
            models.Index(
                fields=["lease_until"],
                condition=Q(lease_until__isnull=False),
                name="delivery_leased",
            ),
            models.Index(fields=["campaign", "state", "id"], name="delivery_by_state"),
            models.Index(fields=["campaign", "id"], name="delivery_in_order"),
            models.Index(
                fields=["provider_id"],
                condition=~Q(provider_id=""),
                name="delivery_by_provider_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.address}: {self.get_state_display()}"

    @property
    def was_tried_before(self) -> bool:
        """Before the try that it is at, or that settled it."""
        this_one = 0 if self.state in OPEN_STATES else 1
        return self.sent_anew > 0 or self.attempts > this_one

    def go(self, now: datetime) -> bool:
        """The last look, for this mail alone. True if it may be handed over now."""
        return bool(Delivery.objects.go([self], now))

    def record(self, outcome: Outcome, now: datetime) -> None:
        """Write down what became of the try. A late answer also settles a doubt."""
        mine = Delivery.objects.filter(
            pk=self.pk,
            claim_token=self.claim_token,
            state__in=(State.SUBMITTING, State.IN_DOUBT),
        )
        if outcome.state == State.QUEUED:
            self._put_back(mine, outcome, now)
        else:
            mine.update(
                state=outcome.state,
                reason=outcome.reason[:300],
                provider_id=outcome.provider_id[:200],
                lease_until=None,
                settled_at=now,
                attempts=F("attempts") + 1,
            )

    @transaction.atomic
    def _put_back(self, mine: DeliveryQuerySet, outcome: Outcome, now: datetime) -> None:
        """While it was in doubt, its campaign may have been taken for finished."""
        campaign = Campaign.objects.filter(pk=self.campaign_id)
        campaign.select_for_update(no_key=True).exists()
        if mine.update(**self._next_try(outcome, now)):
            Delivery.objects.filter(pk=self.pk).follow_people(now)
            campaign.filter(finished_at__isnull=False).update(finished_at=None)

    def _next_try(self, outcome: Outcome, now: datetime) -> dict[str, object]:
        """Later, with a growing and scattered wait; after the last try it is a failure."""
        back = {"claim_token": None, "lease_until": None, "reason": outcome.reason[:300]}
        if outcome.is_counted and self.attempts + 1 >= MAX_ATTEMPTS:
            return {**back, "state": State.FAILED, "settled_at": now, "attempts": MAX_ATTEMPTS}
        wait = min(FIRST_WAIT * 2**self.attempts, LONGEST_WAIT) * random.uniform(0.8, 1.2)  # noqa: S311
        return {
            **back,
            "state": State.QUEUED,
            "not_before": now + (outcome.retry_after or wait),
            "attempts": self.attempts + (1 if outcome.is_counted else 0),
        }
