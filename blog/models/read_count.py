from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Sum
from django.utils import timezone

from blog.models.article import Article, ArticleQuerySet

KEPT_FOR = timedelta(days=400)  # a year, and the month before to compare with
LATELY = timedelta(days=30)
# Whoever makes up hosts fills no disk: beyond so many the rest of a day counts as one.
MOST_HOSTS_A_DAY = 50
OTHER_HOSTS = "other"


class Read(NamedTuple):
    """What is known of a read. `referrer_host` is empty where nobody else's page led here."""

    article_uid: UUID
    day: date
    referrer_host: str


class ReadCountQuerySet(models.QuerySet):
    def lately(self, now: datetime) -> "ReadCountQuerySet":
        return self.filter(day__gte=first_day_of_late(now))

    def add(self, reads: Mapping[Read, int], now: datetime) -> None:
        """Add these to the sums of their days; what is not about a public article is left out."""
        uids = {read.article_uid for read in reads}
        public = dict(Article.objects.published(now).filter(uid__in=uids).values_list("uid", "pk"))
        with transaction.atomic():
            for read in sorted(reads):  # in the same order everywhere, or two would wait in a ring
                if read.article_uid in public:
                    self._add(public[read.article_uid], read, reads[read])

    def _add(self, article_id: int, read: Read, count: int) -> None:
        that_day = self.filter(article=article_id, day=read.day)
        if that_day.filter(referrer_host=read.referrer_host).update(count=F("count") + count):
            return
        host = read.referrer_host if that_day.count() < MOST_HOSTS_A_DAY else OTHER_HOSTS
        row, is_new = self.get_or_create(
            article_id=article_id, day=read.day, referrer_host=host, defaults={"count": count}
        )
        if not is_new:
            self.filter(pk=row.pk).update(count=F("count") + count)

    def forget_old(self, now: datetime) -> int:
        return self.filter(day__lt=timezone.localdate(now) - KEPT_FOR).delete()[0]


def first_day_of_late(now: datetime) -> date:
    return timezone.localdate(now) - LATELY + timedelta(days=1)


class ReadCount(models.Model):
    """How often an article was read on a day by people who came from one host. Nobody is in it."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="read_counts")
    day = models.DateField()
    referrer_host = models.CharField(max_length=100, blank=True)
    count = models.PositiveIntegerField()

    objects = ReadCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["article", "day", "referrer_host"],
                name="one_read_count_per_article_day_and_host",
            )
        ]
        indexes = [models.Index(fields=["day"], name="read_count_day")]

    def __str__(self) -> str:
        return f"{self.count} on {self.day} from {self.referrer_host or 'nowhere else'}"


def most_read(now: datetime, count: int) -> ArticleQuerySet:
    """The public articles that were read most lately, each with its `reads`. One query."""
    late = {"read_counts__day__gte": first_day_of_late(now)}
    counted = Article.objects.published(now).filter(**late)
    with_reads = counted.annotate(reads=Sum("read_counts__count"))
    return with_reads.order_by("-reads", "-published_at").only("title", "slug")[:count]
