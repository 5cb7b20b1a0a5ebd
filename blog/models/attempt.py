from datetime import datetime, timedelta

from django.db import models

KEPT_FOR = timedelta(hours=48)


class AttemptQuerySet(models.QuerySet):
    def count_since(self, scope: str, key: str, since: datetime) -> int:
        return self.filter(scope=scope, key=key, at__gte=since).count()

    def forget_old(self, now: datetime) -> int:
        return self.filter(at__lt=now - KEPT_FOR).delete()[0]


class Attempt(models.Model):
    """One use of a public form, kept for two days so that nobody can flood it.

    `key` is a keyed hash of a network or an address: nobody can be read from it.
    """

    scope = models.CharField(max_length=30)
    key = models.CharField(max_length=43)
    at = models.DateTimeField()

    objects = AttemptQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["scope", "key", "at"], name="attempt_lookup"),
            models.Index(fields=["at"], name="attempt_age"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} at {self.at:%Y-%m-%d %H:%M}"
