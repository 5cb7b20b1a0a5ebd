from collections import Counter
from datetime import datetime

from django.db import models
from django.db.models import Max

from newsletter.models.newest import states_lately
from newsletter.states import JUDGED_STATES
from newsletter.wellbeing import trouble_in


class Pausing(models.Model):
    """The part of a campaign that knows when to stop, and whether staff have been told."""

    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=300, blank=True)
    pause_mail_due_at = models.DateTimeField(null=True, editable=False)
    judged_after = models.BigIntegerField(default=0, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True

    def pause(self, reason: str, now: datetime, *, tells_staff: bool = True) -> bool:
        """Send nothing more until somebody resumes it. False if it was not running."""
        paused = type(self).objects.running().filter(pk=self.pk)
        return bool(
            paused.update(
                paused_at=now,
                pause_reason=reason[:300],
                pause_mail_due_at=now if tells_staff else None,
            )
        )

    def resume(self) -> None:
        """Go on. What came back until now has been seen, and does not pause it again."""
        seen = self.deliveries.filter(state__in=JUDGED_STATES).aggregate(last=Max("pk"))["last"]
        type(self).objects.filter(pk=self.pk).update(
            paused_at=None,
            pause_reason="",
            pause_mail_due_at=None,
            rests_until=None,
            judged_after=seen or 0,
        )

    def pause_if_unwell(self, now: datetime) -> bool:
        """Pause when too much comes back or is reported as spam; True if that happened now."""
        trouble = trouble_in(self.lately())
        return bool(trouble) and self.pause(trouble, now)

    def lately(self) -> Counter[str]:
        """The states of the last mails that were tried for good, since somebody last resumed it."""
        return states_lately(type(self).objects.filter(pk=self.pk))[self.pk]

    def claim_pause_mail(self, now: datetime) -> bool:
        """True for the one worker that may tell staff, and only once."""
        due = type(self).objects.with_pause_mail_due(now).filter(pk=self.pk)
        return bool(due.update(pause_mail_due_at=None))

    def put_pause_mail_back(self, until: datetime) -> None:
        """It has certainly not gone out."""
        still = type(self).objects.filter(pk=self.pk, paused_at=self.paused_at)
        still.filter(paused_at__isnull=False).update(pause_mail_due_at=until)

    def rest(self, until: datetime) -> None:
        """Send nothing more before `until`; then the sweep goes on with it."""
        type(self).objects.filter(pk=self.pk).update(rests_until=until)
