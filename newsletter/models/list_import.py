from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from newsletter.models.subscriber import Subscriber

# Of one step, which takes a second at the most.
LEASE = timedelta(minutes=2)
KEPT_FOR = timedelta(days=1)


class Phase(models.TextChoices):
    TRYING = "trying", "is being tried"
    TRIED = "tried", "waits for a decision"
    IMPORTING = "importing", "is being imported"
    DONE = "done", "is imported"
    FAILED = "failed", "cannot be imported"


class ListImportQuerySet(models.QuerySet):
    def at_work(self) -> ListImportQuerySet:
        return self.filter(phase__in=(Phase.TRYING, Phase.IMPORTING))

    def due(self, now: datetime) -> ListImportQuerySet:
        """With work to do that no worker is at. No lease is longer than `LEASE`."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return self.at_work().filter(free | Q(lease_until__gt=now + LEASE))

    def forget_old(self, now: datetime) -> int:
        return self.filter(made_at__lt=now - KEPT_FOR).delete()[0]


class ListImport(models.Model):
    """A long file of people who agreed elsewhere, which a worker tries and imports in steps.

    It is forgotten with its file after a day. What was agreed to is written down beside each
    person, and who imported them in the history of staff.
    """

    file = models.CharField(max_length=22, unique=True)
    size = models.PositiveBigIntegerField()
    source = models.CharField(max_length=200)
    agreed_on = models.DateField(null=True)
    actor = models.CharField(max_length=80)
    made_at = models.DateTimeField()
    begun_at = models.DateTimeField()
    phase = models.CharField(max_length=10, choices=Phase, default=Phase.TRYING)
    rows_done = models.PositiveBigIntegerField(default=0)
    rows_in_all = models.PositiveBigIntegerField(default=0)
    outcome = models.JSONField(default=dict)
    wrong = models.JSONField(default=list)
    why_not = models.CharField(max_length=300, blank=True)
    lease_until = models.DateTimeField(null=True)

    objects = ListImportQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.source}: {self.get_phase_display()}"

    @property
    def is_trial(self) -> bool:
        return self.phase == Phase.TRYING

    @property
    def is_at_work(self) -> bool:
        return self.phase in (Phase.TRYING, Phase.IMPORTING)

    def claim(self, now: datetime) -> bool:
        """True for the one worker that may go on with it."""
        due = ListImport.objects.due(now).filter(pk=self.pk)
        return bool(due.update(lease_until=now + LEASE))

    def begin(self, now: datetime) -> bool:
        """Somebody has seen the trial and said yes. False for a second press."""
        tried = ListImport.objects.filter(pk=self.pk, phase=Phase.TRIED)
        return bool(
            tried.update(
                phase=Phase.IMPORTING, begun_at=now, rows_done=0, outcome={}, lease_until=None
            )
        )

    def call_off(self) -> bool:
        """Not what is being imported: it is over in a moment, and half a list helps nobody."""
        mine = ListImport.objects.filter(pk=self.pk).exclude(phase=Phase.IMPORTING)
        return bool(mine.delete()[0])

    def note_step(self, rows: int, outcome: dict[str, int], now: datetime) -> bool:
        """Write down that it has come so far. False if another worker has, or it is gone."""
        mine = ListImport.objects.filter(pk=self.pk, phase=self.phase, rows_done=self.rows_done)
        noted = mine.update(
            rows_done=rows, outcome=outcome, wrong=self.wrong, lease_until=now + LEASE
        )
        self.rows_done, self.outcome = rows, outcome
        return bool(noted)

    def start_over(self, size: int) -> None:
        """Somebody was cut out of its file. Whoever came already is met again, and stays."""
        self.size, self.rows_done, self.outcome = size, 0, {} if self.is_trial else self._came()
        mine = ListImport.objects.filter(pk=self.pk)
        mine.update(size=size, rows_done=0, outcome=self.outcome)
        self.wrong = [] if self.is_trial else self.wrong

    def _came(self) -> dict[str, int]:
        """As an outcome: they came once, and are no news when they are met again."""
        came = Subscriber.objects.mailable().filter(confirmed_at=self.begun_at)
        added = came.filter(created_at=self.begun_at).count()
        confirmed = came.count() - added
        return {"added": added, "twice": -added, "confirmed": confirmed, "here": -confirmed}

    def put_down(self) -> None:
        """For the next turn, of whichever worker."""
        ListImport.objects.filter(pk=self.pk).update(lease_until=None)

    def end(self) -> None:
        phase = Phase.TRIED if self.is_trial else Phase.DONE
        mine = ListImport.objects.filter(pk=self.pk, phase=self.phase)
        mine.update(phase=phase, rows_in_all=self.rows_done, lease_until=None)

    def fail(self, why: str) -> None:
        mine = ListImport.objects.at_work().filter(pk=self.pk)
        mine.update(phase=Phase.FAILED, why_not=why[:300], lease_until=None)
