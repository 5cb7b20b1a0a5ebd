from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import F, Q

from newsletter.models.campaign import Campaign
from newsletter.states import State
from newsletter.times import CLOCKS_DIFFER_BY, LEASE

if TYPE_CHECKING:
    from newsletter.models.delivery import DeliveryQuerySet


class MarkQuerySet(models.QuerySet):
    def over(self, deliveries: DeliveryQuerySet) -> MarkQuerySet:
        """Those of the workers that hold any of them."""
        held = deliveries.filter(state=State.CLAIMED, claim_token__isnull=False).order_by()
        return self.filter(claim_token__in=held.values("claim_token"))

    def left_behind(self, now: datetime) -> MarkQuerySet:
        """Not moved for longer than a try may take, or by a clock that was put back since."""
        return self.filter(Q(at__lt=now - LEASE) | Q(at__gt=now + CLOCKS_DIFFER_BY))

    @transaction.atomic
    def write_out(self) -> None:
        """Say in the deliveries what the marks say, and take the marks away.

        The worker must ask for each further mail by its delivery.
        """
        for mark in self.order_by("claim_token").select_for_update():
            mark.write_down()
            mark.delete()


class Mark(models.Model):
    """Where the worker is that sends one claim's mails one by one, in the order of their ids.

    What was claimed with it and has a smaller id than `current_id` has been accepted, if it still
    stands as *claimed*. What has a larger one than `through_id` has not been tried. Between them
    one mail is on the wire: its `Step` says which. So one small row is all that changes for each
    mail; the deliveries learn of it by hundreds.

    Whoever changes deliveries that are *claimed* has the marks over them written out before (see
    `DeliveryQuerySet.held_back`), and locks in this order: campaign or person, mark, step,
    deliveries.
    """

    claim_token = models.UUIDField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="marks")
    first_id = models.BigIntegerField(help_text="The first that was claimed.")
    current_id = models.BigIntegerField(default=0)
    through_id = models.BigIntegerField(default=0, db_default=0)
    at = models.DateTimeField(help_text="When it was moved last.")

    objects = MarkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(current_id__lte=F("through_id")), name="a_mark_ends_after_it_begins"
            )
        ]

    def __str__(self) -> str:
        return f"At {self.current_id} since {self.at:%Y-%m-%d %H:%M:%S}"

    def write_down(self) -> None:
        """Say in the deliveries what this says. Only under the lock of this row."""
        step = Step.objects.filter(mark=self).select_for_update().first()
        first, last, at = self.current_id, self.through_id, self.at
        if step:
            first = last = step.current_id
            at = step.at
        mine = Campaign(pk=self.campaign_id).deliveries.filter(
            claim_token=self.claim_token, state=State.CLAIMED, pk__gte=self.first_id
        )
        mine.filter(pk__lt=first).update(
            state=State.ACCEPTED,
            reason="",
            submitted_at=at,
            settled_at=at,
            lease_until=None,
            batch=None,
            attempts=F("attempts") + 1,
        )
        mine.filter(pk__gte=first, pk__lte=last).update(
            state=State.SUBMITTING, submitted_at=at, lease_until=at + LEASE, batch=None
        )


class Step(models.Model):
    """Which mail it is within the stretch of a `Mark`.

    On PostgreSQL this table is not logged and its changes do not wait for the disk. If the database
    crashes it is empty afterwards: then all of the stretch is in doubt, unless the worker lives to
    say. A server that is stopped in order keeps it, and whatever happens to a worker is no harm.
    SQLite has no such table, and its marks no stretch.
    """

    mark = models.OneToOneField(
        Mark, on_delete=models.CASCADE, primary_key=True, db_constraint=False, related_name="step"
    )
    current_id = models.BigIntegerField(default=0)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"At {self.current_id} since {self.at:%Y-%m-%d %H:%M:%S}"
