import hashlib
import html
import re
import secrets
from datetime import datetime, timedelta

from django.db import connection, models, transaction
from django.db.models import Count, Max, Q, Sum

from blog.models import Article
from newsletter.audience import Audience
from newsletter.emails import notice_of
from newsletter.models.deciding import Deciding
from newsletter.models.pausing import Pausing
from newsletter.models.routine import Routine
from newsletter.models.subscriber import Subscriber
from newsletter.states import OPEN_STATES, TAKEN_STATES, State

IDS_A_STATEMENT = 20_000
# Not the links that differ from copy to copy: those hold a place (`newsletter.emails.places`).
COUNTED_LINK = re.compile(r'href="(https?://(?![^"]*\b0-[a-z-]+-0\b)[^"]+)"')

EXPAND = """
    INSERT INTO newsletter_delivery
        (campaign_id, letter_id, subscriber_id, address, address_key, state, reason,
         provider_id, attempts, queued_at)
    SELECT %s, %s, id, address, address_key, 'queued', '', '', 0, %s
      FROM ({people}) AS person
     WHERE true
     ORDER BY id
    ON CONFLICT DO NOTHING
"""


# A letter that a site which was down could not send in time may be out of date.
LATEST_START = timedelta(hours=3)
TOO_LATE = (
    "It could not be sent when it was due, and is hours late. If it is still true, go on sending."
)


class Variant(models.TextChoices):
    """Which part of the people a letter's campaign is for."""

    WHOLE = "", "everybody"
    A = "a", "first subject"
    B = "b", "other subject"
    REST = "rest", "the rest"


def new_web_key() -> str:
    return secrets.token_urlsafe(16)


class CampaignQuerySet(models.QuerySet):
    def unfinished(self) -> "CampaignQuerySet":
        return self.filter(finished_at__isnull=True)

    def running(self) -> "CampaignQuerySet":
        begun = Q(scheduled_at__isnull=True) | Q(started_at__isnull=False)
        return self.unfinished().filter(begun, paused_at__isnull=True, cancelled_at__isnull=True)

    def without_words(self) -> "CampaignQuerySet":
        """For looking through many: the words of each may be a hundred kilobytes."""
        return self.defer("html", "text")

    def start_due(self, now: datetime) -> int:
        """Begin what was scheduled for now or before. Once: a clock that jumps back begins nothing
        again. What comes very late waits for a person."""
        due = self.unfinished().filter(
            scheduled_at__lte=now, started_at__isnull=True, cancelled_at__isnull=True
        )
        too_late = due.filter(scheduled_at__lt=now - LATEST_START)
        held = too_late.update(
            started_at=now, paused_at=now, pause_reason=TOO_LATE, pause_mail_due_at=now
        )
        return held + due.update(started_at=now)

    def sendable(self, now: datetime) -> "CampaignQuerySet":
        """Running, and not resting after a word from the wire."""
        return self.running().filter(Q(rests_until__isnull=True) | Q(rests_until__lte=now))

    def with_pause_mail_due(self, now: datetime) -> "CampaignQuerySet":
        """Paused by themselves, and staff have not been told yet."""
        return self.filter(paused_at__isnull=False, pause_mail_due_at__lte=now)

    def announce(self, article: Article, now: datetime) -> "Campaign":
        """Begin the notice of `article`, its words frozen as of now.

        Raises `IntegrityError` if there is one: an article is announced once.
        """
        audience = Audience.of_notice(article).stored()
        words = notice_of(article)._asdict()
        campaign = self.create(article=article, created_at=now, audience=audience, **words)
        campaign.count_presses_if_wanted()
        return campaign


class Campaign(Pausing, Deciding):
    """One mailing: its words, frozen when it began, and one delivery for each recipient."""

    class Kind(models.TextChoices):
        ARTICLE = "article", "notice of an article"
        LETTER = "letter", "letter"
        DIGEST = "digest", "weekly mail"

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.ARTICLE)
    article = models.ForeignKey(
        Article, null=True, on_delete=models.SET_NULL, related_name="campaigns"
    )
    letter = models.ForeignKey(
        "newsletter.Letter", null=True, on_delete=models.PROTECT, related_name="campaigns"
    )
    # A weekly mail is of a digest; a notice is told of in one.
    digest = models.ForeignKey(
        "newsletter.Digest", null=True, on_delete=models.PROTECT, related_name="campaigns"
    )
    selection = models.BigIntegerField(null=True, editable=False)
    variant = models.CharField(max_length=4, choices=Variant, blank=True, default=Variant.WHOLE)
    edition = models.PositiveSmallIntegerField(default=1)
    audience = models.JSONField(default=dict, editable=False)
    subject = models.CharField(max_length=200)
    html = models.TextField()
    text = models.TextField()
    content_hash = models.CharField(max_length=64, editable=False)
    web_key = models.CharField(max_length=22, default=new_web_key, unique=True, editable=False)
    created_at = models.DateTimeField(help_text="Who had confirmed by then gets this mail.")
    scheduled_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    expanded_through = models.BigIntegerField(default=0, editable=False)
    expanded_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=300, blank=True)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["article", "kind", "edition"],
                name="one_campaign_per_article_kind_and_edition",
            ),
            models.UniqueConstraint(
                fields=["letter", "variant"], name="one_campaign_per_letter_and_variant"
            ),
            models.UniqueConstraint(
                fields=["digest", "selection"], name="one_campaign_per_digest_and_selection"
            ),
            models.CheckConstraint(
                condition=~Q(kind="digest") | Q(digest__isnull=False, selection__isnull=False),
                name="a_weekly_mail_has_its_digest_and_selection",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def save(self, *args: object, **kwargs: object) -> None:
        words = "\0".join((self.subject, self.html, self.text))
        self.content_hash = hashlib.sha256(words.encode()).hexdigest()
        super().save(*args, **kwargs)

    # --- What it is doing -------------------------------------------------------------------

    @property
    def status(self) -> str:
        if self.cancelled_at:
            return "cancelled"
        if self.finished_at:
            return "sent"
        if self.paused_at:
            return "paused"
        if self.scheduled_at and not self.started_at:
            return "scheduled"
        return "sending" if self.expanded_at else "preparing"

    @property
    def begun_at(self) -> datetime:
        """Who had confirmed by then gets it."""
        return self.started_at or self.created_at

    @property
    def presses(self) -> int:
        """Of all its links, if they are counted."""
        return self.links.aggregate(sum=Sum("days__count", default=0))["sum"]

    def presses_a_mail(self) -> float:
        """Counts its deliveries: not for a page."""
        taken = self.deliveries.filter(state__in=TAKEN_STATES).count()
        return self.presses / taken if taken else 0.0

    def tally(self) -> dict[str, int]:
        """How many deliveries are in each state; their sum is the number of candidates."""
        rows = self.deliveries.order_by().values_list("state").annotate(Count("pk"))
        return dict(rows)

    # --- What can be done with it -----------------------------------------------------------

    def expand(self, now: datetime) -> None:
        """Make a delivery for each person of the audience who had confirmed when it began.

        Restartable: each step covers a range of ids and is committed with its watermark, and a
        row that exists stays as it is.
        """
        last = Subscriber.objects.aggregate(last=Max("pk"))["last"] or 0
        while self._expand_next(last, now):
            pass
        self.refresh_from_db()

    @transaction.atomic
    def _expand_next(self, last: int, now: datetime) -> bool:
        """One range, under the campaign's lock: who cancels sees all of it or none of it."""
        this = Campaign.objects.running().filter(pk=self.pk, expanded_at__isnull=True)
        locked = this.select_for_update(no_key=True).values_list("expanded_through", flat=True)
        done = locked.first()
        if done is None:
            return False
        if done >= last:
            this.update(expanded_at=now)
            return False
        through = min(done + IDS_A_STATEMENT, last)
        self._insert_deliveries(done, through, now)
        this.update(expanded_through=through)
        return True

    def _insert_deliveries(self, after: int, through: int, now: datetime) -> None:
        people = Audience.read(self.audience).people(now, confirmed_by=self.begun_at)
        people = people.filter(pk__gt=after, pk__lte=through).order_by()
        columns = people.values_list("id", "address", "address_key")
        select, parameters = columns.query.sql_with_params()
        queued_at = connection.ops.adapt_datetimefield_value(now)
        with connection.cursor() as cursor:
            values = [self.pk, self.letter_id, queued_at, *parameters]
            cursor.execute(EXPAND.format(people=select), values)

    def count_presses_if_wanted(self) -> None:
        """As the routine says for what goes out by itself."""
        if Routine.current().counts_presses:
            self.count_presses()

    def count_presses(self) -> None:
        """From here on its links lead over this site. Before anything of it is sent."""
        for url in dict.fromkeys(COUNTED_LINK.findall(self.html)):
            link = self.links.create(url=html.unescape(url))
            self.html = self.html.replace(f'href="{url}"', f'href="{link.counted_url}"')
        self.save()

    @transaction.atomic
    def cancel(self, reason: str, now: datetime) -> None:
        """Send nothing more. What is on the wire settles by itself; the rest is skipped.

        A second call skips what has come back from the wire since.
        """
        Campaign.objects.filter(pk=self.pk, cancelled_at__isnull=True).update(
            cancelled_at=now, cancel_reason=reason[:300]
        )
        self.marks.all().write_out()  # a claim made from here on gets none
        self.deliveries.waiting().skip("cancelled", now)

    @transaction.atomic
    def finish_if_done(self, now: datetime) -> bool:
        """“Sent” follows from the deliveries: all are made, and none is left open.

        Under the campaign's lock, because a late answer may be putting a mail back (see
        `Delivery.record`).
        """
        no_more_come = Q(expanded_at__isnull=False) | Q(cancelled_at__isnull=False)
        this = Campaign.objects.unfinished().filter(no_more_come, pk=self.pk)
        if not this.select_for_update(no_key=True).exists():
            return False
        return bool(this.exclude(deliveries__state__in=OPEN_STATES).update(finished_at=now))

    def doubts_in_a_row(self) -> int:
        """How many calls are in doubt since the last mail that was accepted: a batch is one."""
        accepted = self.deliveries.filter(state__in=TAKEN_STATES)
        last = accepted.aggregate(last=Max("settled_at"))["last"]
        doubtful = self.deliveries.filter(state=State.IN_DOUBT)
        if last:
            doubtful = doubtful.filter(settled_at__gt=last)
        batches = doubtful.aggregate(number=Count("batch", distinct=True))["number"]
        return batches + doubtful.filter(batch=None).count()
