from datetime import datetime

from django.db import models, transaction
from django.db.models import F

from newsletter.states import State


class Deciding(models.Model):
    """The part of a campaign that does what staff decide about mails whose fate is open."""

    class Meta:
        abstract = True

    def resend_doubtful(self, now: datetime) -> int:
        """Somebody decided: send again what is in doubt, though some may get it twice."""
        return self._reopen(State.IN_DOUBT, now, "Sent again, as staff decided.")

    def retry_failed(self, now: datetime) -> int:
        """Try what failed once more, from the first attempt on. Nobody has got any of it."""
        return self._reopen(State.FAILED, now, "Tried again, as staff decided.")

    @transaction.atomic
    def treat_doubtful_as_sent(self, now: datetime) -> int:
        """Somebody decided: what is in doubt has arrived, or does not matter."""
        return self.deliveries.filter(state=State.IN_DOUBT).update(
            state=State.ACCEPTED, reason="In doubt; staff treat it as sent.", settled_at=now
        )

    @transaction.atomic
    def _reopen(self, state: State, now: datetime, reason: str) -> int:
        """Back into the queue, under the campaign's lock: it is not finished any more."""
        this = type(self).objects.filter(pk=self.pk, cancelled_at__isnull=True)
        if not this.select_for_update(no_key=True).exists():
            return 0
        back = self.deliveries.filter(state=state).update(
            **{"state": State.QUEUED, "reason": reason, "claim_token": None, "lease_until": None},
            **{"not_before": None, "settled_at": None, "attempts": 0, "batch": None},
            provider_id="",
            sent_anew=F("sent_anew") + 1,
        )
        if back:
            self.deliveries.follow_people(now)
            this.update(finished_at=None)
        return back
