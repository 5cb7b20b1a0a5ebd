from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.contrib.humanize.templatetags.humanize import apnumber
from django.db import IntegrityError, connection, models, transaction
from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    ExpressionWrapper,
    Max,
    OuterRef,
    Q,
    Value,
    When,
)

from blog.models import Article
from newsletter.audience import Audience, had_confirmed, wants_one_of
from newsletter.emails import digest_of
from newsletter.models.campaign import Campaign
from newsletter.models.delivery import Delivery
from newsletter.models.routine import Due, Routine
from newsletter.models.subscriber import Frequency, Subscriber
from newsletter.models.subscriber_list import SubscriberQuerySet
from newsletter.states import State

logger = logging.getLogger(__name__)

# A server that was away for longer sends no weekly mail for that week; the next one has it all.
LATEST = timedelta(days=3)
NOTED_AS_LATE = timedelta(hours=1)
NEWS_FOR = timedelta(days=15)
# Each is a bit of a number; what is more waits for the next week.
MOST_ARTICLES = 40
PEOPLE_A_STEP = 20_000
TAKEN_BACK = "An article in it was taken back."

SHARE_OUT = """
    INSERT INTO newsletter_digestshare (digest_id, subscriber_id, selection)
    SELECT %s, id, selection FROM ({people}) AS person WHERE selection > 0
"""


class DigestQuerySet(models.QuerySet):
    def make_due(self, now: datetime) -> int:
        """The mail of this week if it is due, and what was begun and not made yet. A failure leaves
        it due. Returns how many are ready by that."""
        due = Routine.current().last_due(now)
        if due and now - due.at <= LATEST and not self.filter(week=due.week).exists():
            self._begin_alone(due, now)
        return sum(self._make(digest, now) for digest in self.filter(ready_at__isnull=True))

    def _begin_alone(self, due: Due, now: datetime) -> None:
        try:
            self.begin(due, now)
        except IntegrityError:
            logger.info("The mail of %s is being made by another worker", due.week)

    def _make(self, digest: Digest, now: datetime) -> bool:
        try:
            digest.make(now)
        except Exception:
            logger.exception("The mail of %s cannot be made; the next sweep goes on", digest)
            return False
        logger.info("The mail of %s is made, %s after it was due", digest, now - digest.due_at)
        return True

    @transaction.atomic
    def begin(self, due: Due, now: datetime) -> Digest:
        """Of the week's notices none is in another digest from now on.

        Raises `IntegrityError` if there is one for that week.
        """
        digest = self.create(week=due.week, due_at=due.at, made_at=now)
        digest.take_notices(now)
        return digest

    def leave_out_withdrawn(self, now: datetime) -> None:
        """What was taken back goes out in no mail that still waits."""
        sending = Campaign.objects.unfinished().filter(kind=Campaign.Kind.DIGEST)
        for digest in self.filter(pk__in=sending.values("digest")):
            try:
                digest.leave_out_withdrawn(now)
            except Exception:  # the rest of the sweep need not wait for it
                logger.exception("An article that was taken back may be in the mail of %s", digest)


class Digest(models.Model):
    """The mails of one week, for those who want one mail a week."""

    week = models.CharField(max_length=8, help_text="By ISO 8601, as in 2026-W48.")
    due_at = models.DateTimeField()
    made_at = models.DateTimeField(help_text="Who gets what was decided as of then.")
    shared_through = models.BigIntegerField(default=0, editable=False)
    ready_at = models.DateTimeField(null=True, editable=False)

    objects = DigestQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at"]
        constraints = [models.UniqueConstraint(fields=["week"], name="one_digest_per_week")]

    def __str__(self) -> str:
        return self.week

    @property
    def spoken_week(self) -> str:
        year, _, number = self.week.partition("-W")
        return f"week {int(number)} of {year}"

    @property
    def is_late(self) -> bool:
        return self.made_at - self.due_at > NOTED_AS_LATE

    def take_notices(self, now: datetime) -> list[Campaign]:
        """Those from before it was due that are in no digest yet, and of which all deliveries are
        made: so it is known who got one at once. They are in this one now, and in no other."""
        ready = Campaign.objects.filter(
            kind=Campaign.Kind.ARTICLE,
            edition=1,
            digest__isnull=True,
            expanded_at__isnull=False,
            cancelled_at__isnull=True,
            created_at__range=(self.due_at - NEWS_FOR, self.due_at),
            article__in=Article.objects.published(now),
        ).order_by("created_at", "pk")
        chosen = [notice.pk for notice in ready[:MOST_ARTICLES]]
        Campaign.objects.filter(pk__in=chosen, digest__isnull=True).update(digest=self)
        return self.notices()

    def notices(self) -> list[Campaign]:
        """Each stands at its place, which is its bit in a selection."""
        mine = self.campaigns.filter(kind=Campaign.Kind.ARTICLE)
        return list(mine.select_related("article__author", "article__cover").order_by("pk"))

    def make(self, now: datetime) -> None:
        """Decide who gets what, and freeze one campaign for each selection of articles.

        In steps that are each committed, so that nobody else waits for long; may be begun anew, and
        by several at once: each step is taken under the digest's lock.
        """
        notices = self.notices()
        if notices:
            last = Subscriber.objects.aggregate(last=Max("pk"))["last"] or 0
            while self._share_next(notices, last):
                pass
            frozen = 0
            while frozen is not None:
                frozen = self._freeze_next(frozen, notices, now)
        Digest.objects.filter(pk=self.pk, ready_at__isnull=True).update(ready_at=now)

    def _lock(self) -> int | None:
        """Through which id everybody has their share; None once it is ready."""
        this = Digest.objects.filter(pk=self.pk, ready_at__isnull=True)
        return this.select_for_update().values_list("shared_through", flat=True).first()

    @transaction.atomic
    def _share_next(self, notices: list[Campaign], last: int) -> bool:
        done = self._lock()
        if done is None or done >= last:
            return False
        through = min(done + PEOPLE_A_STEP, last)
        self._share_out(notices, self._readers().filter(pk__gt=done, pk__lte=through))
        Digest.objects.filter(pk=self.pk).update(shared_through=through)
        return True

    def _readers(self) -> SubscriberQuerySet:
        before = Digest.objects.filter(due_at__lt=self.due_at).order_by("-due_at").first()
        since = before.due_at if before else self.due_at - timedelta(weeks=1)
        return readers_since(since, self.made_at)

    def _share_out(self, notices: list[Campaign], readers: SubscriberQuerySet) -> None:
        """One row for each person with something to read: which of the notices, bit by bit."""
        bits = sum(
            Case(When(wants(notice, self.made_at), then=Value(1 << place)), default=Value(0))
            for place, notice in enumerate(notices)
        )
        people = readers.annotate(selection=ExpressionWrapper(bits, BigIntegerField()))
        select, values = people.order_by().values_list("id", "selection").query.sql_with_params()
        with connection.cursor() as cursor:
            cursor.execute(SHARE_OUT.format(people=select), [self.pk, *values])

    @transaction.atomic
    def _freeze_next(self, after: int, notices: list[Campaign], now: datetime) -> int | None:
        """One campaign for all who get the same articles, the newest first.

        Returns which selection was looked at; None if there is no further one.
        """
        selections = self.shares.filter(selection__gt=after).order_by("selection")
        selection = selections.values_list("selection", flat=True).first()
        if self._lock() is None or selection is None:
            return None
        if not self.campaigns.filter(selection=selection).exists():
            kept = selection & ~gone_from(notices, now)
            if kept != selection:  # taken back while this was being made
                self.shares.filter(selection=selection).update(selection=kept)
            if kept:
                self._mail(kept, notices, now)
        return selection

    def _mail(self, selection: int, notices: list[Campaign], now: datetime) -> None:
        """The campaign for those with this selection; one that exists takes in who is new to it."""
        mine = self.campaigns.filter(selection=selection)
        if mine.exists():  # what staff cancelled stays so
            mine.filter(cancelled_at__isnull=True).update(
                expanded_at=None, expanded_through=0, finished_at=None
            )
            return
        chosen = [n.article for place, n in enumerate(notices) if selection >> place & 1]
        chosen.sort(key=lambda article: article.published_at, reverse=True)
        campaign = Campaign.objects.create(
            kind=Campaign.Kind.DIGEST,
            digest=self,
            selection=selection,
            audience=Audience(digest=(self.pk, selection)).stored(),
            created_at=now,
            **digest_of(chosen, subject_for(len(chosen)))._asdict(),
        )
        campaign.count_presses_if_wanted()

    def leave_out_withdrawn(self, now: datetime) -> None:
        notices = self.notices()
        gone = gone_from(notices, now)
        by_us = Q(cancelled_at__isnull=True) | Q(cancel_reason=TAKEN_BACK)
        mails = self.campaigns.unfinished().filter(by_us, kind=Campaign.Kind.DIGEST)
        for mail in mails:
            if mail.selection & gone:
                self._replace(mail, mail.selection & ~gone, notices, now)

    @transaction.atomic
    def _replace(
        self, mail: Campaign, selection: int, notices: list[Campaign], now: datetime
    ) -> None:
        """Whoever has not got `mail` gets another one with the rest of it, if there is a rest."""
        mail.cancel(TAKEN_BACK, now)
        settled = mail.deliveries.exclude(state=State.SKIPPED, reason="cancelled")
        have_it = settled.filter(subscriber__isnull=False).values("subscriber")
        others = self.shares.filter(selection=mail.selection).exclude(subscriber__in=have_it)
        if others.update(selection=selection) and selection:
            self._mail(selection, notices, now)


def readers_since(since: datetime, now: datetime) -> SubscriberQuerySet:
    """Who wants one mail a week, and who wanted that until lately: what came out before they
    changed to each article has not reached them."""
    weekly = Q(frequency=Frequency.WEEKLY) | Q(frequency_changed_at__gt=since)
    return Audience().people(now).filter(weekly)


def wants(notice: Campaign, now: datetime) -> Q:
    """Who was on the list when it began, chose its topics, and did not get it by itself."""
    got_it = Delivery.objects.filter(campaign=notice, subscriber=OuterRef("pk"))
    anew = Q(~Exists(got_it.exclude(state=State.SKIPPED))) & had_confirmed(notice.begun_at, now)
    topics = Audience.read(notice.audience).topics
    return anew if topics is None else anew & wants_one_of(topics)


def gone_from(notices: list[Campaign], now: datetime) -> int:
    """The places of those whose article was taken back, bit by bit."""
    ids = [notice.article_id for notice in notices]
    public = set(Article.objects.published(now).filter(pk__in=ids).values_list("pk", flat=True))
    return sum(1 << place for place, pk in enumerate(ids) if pk not in public)


def subject_for(articles: int) -> str:
    number = str(apnumber(articles)).capitalize()
    return f"{number} new article{'' if articles == 1 else 's'} this week"
