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

    `current_id` may be on the wire. What was claimed with it and has a smaller id has been
    accepted, if it still stands as *claimed*; what has a larger one has not been tried. To move one
    small row is all that a mail costs; the deliveries learn of it by hundreds.

    Whoever changes deliveries that are *claimed* has the marks over them written out before (see
    `DeliveryQuerySet.held_back`), and locks in this order: campaign or person, mark, deliveries.
    """

    claim_token = models.UUIDField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="marks")
    first_id = models.BigIntegerField(help_text="The first that was claimed.")
    current_id = models.BigIntegerField(default=0, help_text="0 before the first one.")
    at = models.DateTimeField(help_text="When it was moved last.")

    objects = MarkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"At {self.current_id} since {self.at:%Y-%m-%d %H:%M:%S}"

    def write_down(self) -> None:
        """Say in the deliveries what this says. Only under the lock of this row."""
        mine = Campaign(pk=self.campaign_id).deliveries.filter(
            claim_token=self.claim_token, state=State.CLAIMED, pk__gte=self.first_id
        )
        mine.filter(pk__lt=self.current_id).update(
            state=State.ACCEPTED,
            reason="",
            submitted_at=self.at,
            settled_at=self.at,
            lease_until=None,
            batch=None,
            attempts=F("attempts") + 1,
        )
        mine.filter(pk=self.current_id).update(
            state=State.SUBMITTING, submitted_at=self.at, lease_until=self.at + LEASE, batch=None
        )
