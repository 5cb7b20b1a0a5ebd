from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import connection, models, transaction
from django.db.models import F, Func, JSONField, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from newsletter.models.campaign import Campaign
from newsletter.models.subscriber import Subscriber
from newsletter.outcomes import Outcome, nameless
from newsletter.states import State
from newsletter.times import LEASE

if TYPE_CHECKING:
    from newsletter.models.delivery import Delivery, DeliveryQuerySet

FIRST_REPEAT = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
# A key is not trusted to its last minute.
MARGIN = timedelta(minutes=1)
WAIT = timedelta(minutes=1)
NOT_THE_SAME = (
    "Nobody knows whether this call arrived. It is not made again by itself: somebody in it has "
    "left or was erased since, so it would be another call."
)


def told_by_id(identities: Mapping[Delivery, str]) -> Func:
    """For each row what stands under its id: no join, which PostgreSQL would plan badly here, since
    it cannot know that so many rows have the same claim."""
    told = Value(json.dumps({str(d.pk): name for d, name in identities.items()}), TextField())
    key = Cast(F("pk"), TextField())
    if connection.vendor == "postgresql":
        parts = (Cast(told, JSONField()), key)
        return Func(*parts, template="(%(expressions)s)", arg_joiner=" ->> ")
    path = Concat(Value('$."'), key, Value('"'))
    return Func(told, path, function="JSON_EXTRACT", output_field=TextField())


class BatchQuerySet(models.QuerySet):
    @transaction.atomic
    def begin(
        self,
        campaign: Campaign,
        claimed: Sequence[Delivery],
        now: datetime,
        repeats_within: timedelta | None = None,
    ) -> tuple[Batch, list[Delivery]]:
        """The last look before the wire: the batch, and whose mails may be in it. Maybe nobody's:
        then there is no call to make. Commit before you send.
        """
        batch = self.model(campaign=campaign, sent_at=now)
        going = type(claimed[0]).objects.go(claimed, now, batch)
        if not going:
            return batch, []
        batch.size, batch.first_id, batch.last_id = len(going), going[0].pk, going[-1].pk
        if repeats_within:
            batch.repeat_at, batch.repeat_until = now + LEASE, now + repeats_within - MARGIN
        batch.save(force_insert=True)
        return batch, going

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
        verbose_name = "call to the provider"
        verbose_name_plural = "calls to the provider"
        ordering = ["-sent_at"]
        indexes = [
            models.Index(
                fields=["repeat_at"],
                condition=Q(answered_at__isnull=True, repeat_at__isnull=False),
                name="batch_to_repeat",
            )
        ]

    def __str__(self) -> str:
        return f"{self.size} mails in one call, {self.sent_at:%Y-%m-%d %H:%M:%S}"

    @property
    def state(self) -> str:
        if self.answered_at is None:
            return "no answer yet"
        return "refused" if self.error else "answered"

    def members(self) -> DeliveryQuerySet:
        return self.deliveries.filter(pk__gte=self.first_id, pk__lte=self.last_id).order_by("pk")

    def says(self, fingerprint: str) -> bool:
        """Note what it says, before it is sent; true if that is what it said before, too."""
        if not self.fingerprint:
            self.fingerprint = fingerprint
            self.save(update_fields=["fingerprint"])
        return self.fingerprint == fingerprint

    # --- Once it has been sent --------------------------------------------------------------

    @transaction.atomic
    def record(
        self, outcomes: Mapping[Delivery, Outcome], http_status: int | None, now: datetime
    ) -> None:
        """Write down what became of each mail, in a few statements for all of them."""
        alike, accepted = defaultdict(list), {}
        for delivery, outcome in outcomes.items():
            if outcome.state == State.ACCEPTED:
                accepted[delivery] = outcome.provider_id[:200]
            elif outcome.state == State.QUEUED and outcome.is_counted:
                delivery.record(outcome, now)  # each waits for as long as its tries ask for
            else:
                alike[outcome].append(delivery)
        if accepted:
            self._accept(accepted, now)
        for outcome, deliveries in alike.items():
            self._settle(deliveries, outcome, now)
        self._note(list(outcomes.values()), http_status, now)

    @transaction.atomic
    def refuse(
        self, held: Sequence[Delivery], error: str, http_status: int | None, now: datetime
    ) -> None:
        """The call was refused as a whole: nobody got anything. Its mails are as before it."""
        as_before = {"state": State.CLAIMED, "lease_until": now + LEASE}
        self._take_back(held, now, **as_before, submitted_at=None, settled_at=None)
        self.answered_at, self.http_status, self.error = now, http_status, nameless(error)[:300]
        self.save(update_fields=["answered_at", "http_status", "error"])

    def _held(self, deliveries: Sequence[Delivery]) -> DeliveryQuerySet:
        """Nobody has said anything of them since. They were claimed together; what a report has
        settled has no token any more."""
        token = next((d.claim_token for d in deliveries if d.claim_token), None)
        mine = self.members().filter(claim_token=token)
        open_states = (State.SUBMITTING, State.IN_DOUBT)
        return mine.filter(pk__in=[d.pk for d in deliveries], state__in=open_states)

    def _accept(self, identities: Mapping[Delivery, str], now: datetime) -> None:
        accepted, names = Outcome(State.ACCEPTED), set(identities.values())
        name = names.pop() if len(names) == 1 else told_by_id(identities)
        self._write(list(identities), accepted, now, name)

    def _settle(self, deliveries: list[Delivery], outcome: Outcome, now: datetime) -> None:
        if outcome.state == State.QUEUED:
            self._put_back(deliveries, outcome, now)
            return
        self._write(deliveries, outcome, now, outcome.provider_id[:200])

    def _write(
        self, deliveries: list[Delivery], outcome: Outcome, now: datetime, provider_id: str | Func
    ) -> None:
        self._held(deliveries).update(
            state=outcome.state,
            reason=outcome.reason[:300],
            provider_id=provider_id,
            lease_until=None,
            settled_at=now,
            attempts=F("attempts") + 1,
        )

    def _put_back(self, deliveries: list[Delivery], outcome: Outcome, now: datetime) -> None:
        """Nothing was sent and nothing is wrong with them."""
        self._take_back(
            deliveries,
            now,
            state=State.QUEUED,
            claim_token=None,
            lease_until=None,
            submitted_at=None,
            reason=outcome.reason[:300],
            not_before=now + (outcome.retry_after or WAIT),
        )

    def _take_back(self, deliveries: Sequence[Delivery], now: datetime, **fields: object) -> None:
        """Out of this batch. See `Delivery.record` for the lock."""
        campaign = Campaign.objects.filter(pk=self.campaign_id)
        campaign.select_for_update(no_key=True).exists()
        if self._held(deliveries).update(batch=None, **fields):
            ids = [delivery.pk for delivery in deliveries]
            type(deliveries[0]).objects.filter(pk__in=ids).follow_people(now)
            campaign.filter(finished_at__isnull=False).update(finished_at=None)

    def _note(self, outcomes: list[Outcome], http_status: int | None, now: datetime) -> None:
        doubtful = [o for o in outcomes if o.state == State.IN_DOUBT]
        accepted = next((o for o in outcomes if o.state == State.ACCEPTED), None)
        self.http_status = http_status
        self.provider_id = accepted.provider_id[:200] if accepted else ""
        self.error = "" if accepted else nameless(outcomes[0].reason)[:300]
        if not doubtful:
            self.answered_at = now
        elif self.repeat_until:
            self.repeat_at = now + min(FIRST_REPEAT * 2 ** min(self.repeats, 10), LONGEST_PAUSE)
        self.save()

    # --- With a key, once more --------------------------------------------------------------

    @transaction.atomic
    def go_again(self, now: datetime) -> list[Delivery]:
        """Take the right to repeat it, and its mails back to *submitting*; none if it may not be.

        The call may be no other than the first one, so everybody in it must still want mail, and
        nobody may have decided otherwise about one of them. Commit before you send.
        """
        mine = Batch.objects.to_repeat(now).filter(pk=self.pk)
        if not mine.update(repeat_at=now + LEASE, repeats=F("repeats") + 1):
            return []
        self.refresh_from_db()
        campaign = Campaign.objects.filter(pk=self.campaign_id)
        campaign.select_for_update(no_key=True).exists()
        if self.campaign.paused_at:
            return []
        members = list(self.members().select_related("subscriber"))
        doubtful = self.members().filter(state=State.IN_DOUBT)
        if not self._all_want_it(members, now):
            doubtful.update(reason=NOT_THE_SAME)
        elif not self.campaign.cancelled_at:
            return self._take_again(doubtful, members, now)
        mine.update(repeat_at=None)
        return []

    def _take_again(
        self, doubtful: DeliveryQuerySet, members: list[Delivery], now: datetime
    ) -> list[Delivery]:
        if not doubtful.update(state=State.SUBMITTING, lease_until=now + LEASE, settled_at=None):
            return []
        Campaign.objects.filter(pk=self.campaign_id).update(finished_at=None)
        return members

    def _all_want_it(self, members: list[Delivery], now: datetime) -> bool:
        ids = [delivery.subscriber_id for delivery in members]
        people = Subscriber.objects.reachable(now).filter(pk__in=ids).order_by("pk")
        locked = people.select_for_update(no_key=True).values_list("pk", flat=True)
        return len(members) == self.size == len(set(locked))
