from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from blog.body import BodyField
from blog.models import Topic
from newsletter.audience import Audience
from newsletter.emails import Words, letter_of
from newsletter.models.campaign import Campaign, CampaignQuerySet, Variant
from newsletter.models.subscriber import Frequency

WHOLE = 100  # percent
LARGEST_SHARE = 50


class LetterQuerySet(models.QuerySet):
    def drafts(self) -> LetterQuerySet:
        return self.filter(frozen_at__isnull=True)

    def to_decide(self, now: datetime) -> list[Letter]:
        """Whose comparison is over, and which counted presses, so that nobody need look."""
        rest = Campaign.objects.filter(letter=models.OuterRef("pk"), variant=Variant.REST)
        compared = self.exclude(other_subject="").filter(
            ~models.Exists(rest), frozen_at__isnull=False, counts_presses=True
        )
        return [letter for letter in compared if (over := letter.compared_until) and over <= now]


class Letter(models.Model):
    """A mail of the editors' own: a draft, until it is frozen as one campaign or, to compare two
    subjects, as two and then a third for the rest."""

    subject = models.CharField(max_length=200)
    other_subject = models.CharField(
        "another subject, to compare",
        max_length=200,
        blank=True,
        help_text="Half of a share of the people get the first subject, half get this one.",
    )
    preheader = models.CharField(
        "preview line",
        max_length=200,
        blank=True,
        help_text="Stands beside the subject in a list of mails. Say what the subject does not.",
    )
    body = BodyField("text", blank=True)
    frequency = models.CharField(
        "for people who chose",
        max_length=10,
        choices=Frequency,
        blank=True,
        help_text="Leave it open for everybody.",
    )
    topics = models.ManyToManyField(
        Topic,
        blank=True,
        help_text="Those who chose one of these, and those who want all. "
        "Tick none to ask for no topic.",
    )
    asks_for_topics = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Somebody ticked some: when all of them are deleted, it is for nobody.",
    )
    compare_share = models.PositiveSmallIntegerField("share to compare on, in percent", default=20)
    compare_hours = models.PositiveSmallIntegerField("hours to compare for", default=4)
    counts_presses = models.BooleanField(
        "count pressed links",
        default=False,
        help_text="Links lead over this site, which adds one to a sum for each link and day. "
        "Who pressed is not kept. Off, nothing is counted.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    frozen_at = models.DateTimeField(null=True, editable=False)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [("send_letter", "Can send a letter to subscribers")]
        constraints = [
            models.CheckConstraint(
                condition=Q(compare_share__gte=2, compare_share__lte=LARGEST_SHARE),
                name="a_comparison_is_made_on_half_of_the_people_at_most",
            )
        ]

    def __str__(self) -> str:
        return self.subject

    # --- What it is -----------------------------------------------------------------------

    @property
    def is_draft(self) -> bool:
        return self.frozen_at is None

    @property
    def compares(self) -> bool:
        return bool(self.other_subject)

    @property
    def audience(self) -> Audience:
        topics = frozenset(self.topics.values_list("pk", flat=True))
        return Audience(self.frequency, topics if topics or self.asks_for_topics else None)

    @property
    def has_no_topic_left(self) -> bool:
        """All that it was for are deleted: it waits until somebody chooses anew."""
        return self.is_draft and self.asks_for_topics and not self.topics.exists()

    def people(self, now: datetime) -> int:
        """How many would get it now; nobody before somebody chooses anew who."""
        return 0 if self.has_no_topic_left else self.audience.people(now).count()

    def words(self, subject: str | None = None) -> Words:
        return letter_of(subject or self.subject, self.preheader, self.body)

    def campaign(self, variant: str) -> Campaign | None:
        return self.campaigns.filter(variant=variant).first()

    def choices(self) -> list[Campaign]:
        """Halves whose subject the rest may get: those that have begun and were not cancelled."""
        sound = self._halves.filter(started_at__isnull=False, cancelled_at__isnull=True)
        return list(sound.order_by("variant"))

    @property
    def _halves(self) -> CampaignQuerySet:
        return self.campaigns.without_words().filter(variant__in=(Variant.A, Variant.B))

    @property
    def lost_halves(self) -> int:
        """How many of the two were cancelled: then nothing is compared any more."""
        return self._halves.filter(cancelled_at__isnull=False).count()

    @property
    def compared_until(self) -> datetime | None:
        """Nothing before both halves have begun, or when one of them was cancelled."""
        begun = [half.started_at for half in self.choices()]
        return max(begun) + timedelta(hours=self.compare_hours) if len(begun) == 2 else None

    @property
    def waits_for_a_choice(self) -> bool:
        """Nobody and nothing has said which subject the rest gets."""
        if self.is_draft or not self.compares or self.campaign(Variant.REST):
            return False
        return len(self.choices()) + self.lost_halves == 2 > self.lost_halves

    # --- What can be done with it -----------------------------------------------------------

    @transaction.atomic
    def send(self, at: datetime, now: datetime) -> bool:
        """Freeze it, to be sent at `at`. False for a second press: a letter is sent once; and while
        it has no topic left."""
        if self.has_no_topic_left:
            return False
        free = Letter.objects.drafts().filter(pk=self.pk)
        if not free.update(frozen_at=now):
            return False
        self.frozen_at = now
        for variant, subject, part in self._variants():
            audience = self.audience.part(*part, seed=self.pk)
            self._freeze(variant, self.words(subject), audience, at, now)
        return True

    def _variants(self) -> list[tuple[str, str, tuple[int, int]]]:
        """Who gets which subject: parts of a hundred that do not overlap."""
        if not self.compares:
            return [(Variant.WHOLE, self.subject, (0, WHOLE))]
        half = self.compare_share // 2
        first = (Variant.A, self.subject, (0, half))
        return [first, (Variant.B, self.other_subject, (half, 2 * half))]

    def _freeze(
        self, variant: str, words: Words, audience: Audience, at: datetime, now: datetime
    ) -> Campaign:
        campaign = Campaign.objects.create(
            **{"kind": Campaign.Kind.LETTER, "letter": self, "variant": variant},
            **{"created_at": now, "scheduled_at": at, "audience": audience.stored()},
            **words._asdict(),
        )
        if self.counts_presses:
            campaign.count_presses()
        return campaign

    @transaction.atomic
    def take_back(self) -> bool:
        """Make it a draft again. Only while nothing of it has begun."""
        mine = Campaign.objects.filter(letter=self).select_for_update()
        if any(campaign.started_at for campaign in mine):
            return False
        Campaign.objects.filter(letter=self).delete()
        drafted = Letter.objects.filter(pk=self.pk, frozen_at__isnull=False)
        return bool(drafted.update(frozen_at=None))

    @transaction.atomic
    def send_rest(self, winner: str, now: datetime) -> bool:
        """Send all others what one half got. False if that was decided, is too early, or the half
        was cancelled."""
        Letter.objects.select_for_update().get(pk=self.pk)
        chosen = next((half for half in self.choices() if half.variant == winner), None)
        if chosen is None or not self.waits_for_a_choice:
            return False
        audience = self._audience_of_rest(chosen)
        self._freeze(Variant.REST, self.words(chosen.subject), audience, now, now)
        return True

    def people_of_rest(self, now: datetime) -> int:
        """How many would get it now, if somebody chose."""
        half = self._halves.first()
        return self._audience_of_rest(half).people(now).count() if half else 0

    def _audience_of_rest(self, half: Campaign) -> Audience:
        """Of the same people, though a topic may be gone by now, which the letter asked for."""
        share = 2 * (self.compare_share // 2)
        return Audience.read(half.audience).part(share, WHOLE, seed=self.pk)

    def winner(self) -> str:
        """The half whose links were pressed more, for each mail sent; the first if it is a tie."""
        rates = {half.variant: half.presses_a_mail() for half in self.campaigns.all()}
        return Variant.B if rates.get(Variant.B, 0) > rates.get(Variant.A, 0) else Variant.A
