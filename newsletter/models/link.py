from __future__ import annotations

import hmac
from datetime import date

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Sum
from django.urls import reverse

from blog.site_address import absolute
from blog.visitors import keyed_hash
from newsletter.models.campaign import Campaign

PURPOSE = "a link in a mail"
MARK_LENGTH = 24


class LinkQuerySet(models.QuerySet):
    def by_key(self, key: str) -> Link | None:
        """The link that `key` was made for, or None: only we can make one."""
        number, _, mark = key.partition("-")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            return None
        secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        marks = [mark_of(int(number), secret) for secret in secrets]
        is_ours = [hmac.compare_digest(mark.encode(), made.encode()) for made in marks]
        return self.filter(pk=int(number)).first() if any(is_ours) else None

    def with_presses(self) -> LinkQuerySet:
        return self.annotate(presses=Sum("days__count", default=0)).order_by("-presses", "pk")


class Link(models.Model):
    """An address in a campaign, whose presses are counted. It leads there and nowhere else."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    url = models.TextField()

    objects = LinkQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.url

    @property
    def counted_url(self) -> str:
        key = f"{self.pk}-{mark_of(self.pk, settings.SECRET_KEY)}"
        return absolute(reverse("newsletter_go", args=[key]))


class LinkDayQuerySet(models.QuerySet):
    @transaction.atomic
    def add(self, presses: dict[tuple[int, date], int]) -> None:
        """Add these to the sums of their days, in the same order everywhere."""
        known = set(
            Link.objects.filter(pk__in={pk for pk, _ in presses}).values_list("pk", flat=True)
        )
        for (link_id, day), count in sorted(presses.items()):
            if link_id in known:
                row, _ = self.get_or_create(link_id=link_id, day=day, defaults={"count": 0})
                self.filter(pk=row.pk).update(count=F("count") + count)


class LinkDay(models.Model):
    """How often a link was pressed on a day. Nobody is in it."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="days")
    day = models.DateField()
    count = models.PositiveIntegerField()

    objects = LinkDayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "day"], name="one_sum_per_link_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.count} on {self.day}"


def mark_of(link_id: int, secret: str) -> str:
    return keyed_hash(str(link_id), PURPOSE, secret)[:MARK_LENGTH]
