import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from blog.body import BodyField
from blog.cards import Card
from blog.models.address import FormerAddress
from blog.models.article_queryset import ArticleQuerySet
from blog.models.author import Author
from blog.models.image import Image
from blog.models.search import SearchEntry
from blog.models.series import Series
from blog.models.topic import Topic
from blog.models.versions import HasVersions
from blog.nudges import nudge
from blog.page_text import PageText
from blog.pictures_in_text import with_pictures
from blog.plain_text import plain_text, reading_minutes
from blog.sanitizer import sanitize
from blog.site_address import absolute, path_of
from blog.slugs import MAX_LENGTH, slug_for

# A slip mended on the day of publication is nothing to tell readers.
REVISED_AFTER = timedelta(days=1)


class Article(HasVersions):
    """What the site exists for. A draft has no `published_at`; a scheduled one has a later one."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    title = models.CharField(max_length=160)
    slug = models.SlugField(
        "address",
        max_length=MAX_LENGTH,
        unique=True,
        allow_unicode=True,
        blank=True,
        help_text="The last part of the article’s address. Left empty, it is made from the title.",
        error_messages={"unique": "Another article already has this address. Choose another one."},
    )
    summary = models.CharField(
        max_length=300,
        blank=True,
        help_text="One or two sentences for lists, search engines and the mail to subscribers.",
    )
    body = BodyField("text", blank=True)
    topics = models.ManyToManyField(Topic, related_name="articles", blank=True)
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="articles")
    cover = models.ForeignKey(
        Image, null=True, blank=True, on_delete=models.SET_NULL, related_name="covered_articles"
    )
    series = models.ForeignKey(
        Series, null=True, blank=True, on_delete=models.SET_NULL, related_name="articles"
    )
    series_part = models.PositiveSmallIntegerField(
        "part",
        null=True,
        blank=True,
        help_text="Its place in the series. Parts without a number follow by date.",
    )
    # Of the same text on another site, which had it first.
    original_url = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField("goes public at", null=True, blank=True)
    expires_at = models.DateTimeField(
        "taken down at",
        null=True,
        blank=True,
        help_text="Leave it empty to keep the article for good.",
    )
    wants_notice = models.BooleanField(
        "mail it to subscribers",
        default=True,
        help_text="One mail for each subscriber, once, when the article becomes public.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    revised_at = models.DateTimeField(null=True, editable=False)
    # After its time had been over, somebody gave it more.
    public_again_at = models.DateTimeField(null=True, editable=False)
    told_engines_at = models.DateTimeField(null=True, editable=False)
    body_text = models.TextField(editable=False, default="")
    reading_minutes = models.PositiveSmallIntegerField(editable=False, default=1)

    objects = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-id"]
        # With all that says what is public, so that it is counted without reading long rows.
        indexes = [
            models.Index(fields=["-published_at", "-id", "expires_at"], name="article_public_first")
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="an_article_has_a_title"),
            models.CheckConstraint(condition=~Q(slug=""), name="an_article_has_an_address"),
        ]
        permissions = [("publish_article", "Can publish articles and take them back")]

    def __str__(self) -> str:
        return self.title

    def save(self, *args: object, **kwargs: object) -> None:
        others = Article.objects.exclude(pk=self.pk)
        self.slug = self.slug or slug_for(self.title, others, "article")
        self.derive()
        now = timezone.now()
        if self._comes_back(now):
            self.public_again_at = now
        with transaction.atomic():
            super().save(*args, **kwargs)
            SearchEntry.follow(self)

    def _comes_back(self, now: datetime) -> bool:
        """Public once this is saved, and taken down by its time until now."""
        stored = Article.objects.filter(pk=self.pk, expires_at__lte=now)
        return self.pk is not None and self.is_public and stored.exists()

    def derive(self) -> None:
        """What follows from the text."""
        self.body = sanitize(self.body)
        self.body_text = plain_text(self.body)
        self.reading_minutes = reading_minutes(self.body_text)

    def get_absolute_url(self) -> str:
        return path_of("article", self.slug)

    @property
    def canonical_url(self) -> str:
        """The one address that search engines should know of all that show this text."""
        return self.original_url or absolute(self.get_absolute_url())

    @property
    def original_host(self) -> str:
        return (urlsplit(self.original_url).hostname or "").removeprefix("www.")

    @property
    def card(self) -> Card:
        """For a list; asks for what was not loaded with it."""
        topic = next(iter(self.topics.all()), None)
        return Card(
            title=self.title,
            url=self.get_absolute_url(),
            reading_minutes=self.reading_minutes,
            published_at=self.published_at,
            cover=self.cover and self.cover.picture,
            summary=self.summary,
            author=self.author.link,
            topic=topic and topic.link,
        )

    def get_permanent_url(self) -> str:
        """For what cannot be changed any more, such as a mail: it leads to the current address."""
        return reverse("article_by_number", args=[self.pk])

    @property
    def addresses(self) -> tuple[str, str]:
        return self.get_absolute_url(), self.get_permanent_url()

    def clean(self) -> None:
        if self.original_url.startswith(f"{settings.SITE_URL}/"):
            raise ValidationError({"original_url": "This is an address of this site."})
        if urlsplit(self.original_url).scheme not in ("", "http", "https"):
            raise ValidationError({"original_url": "Give an address that begins with https://"})
        if self.title and not self.title.strip():
            raise ValidationError({"title": "Give the article a title."})
        if self.expires_at and self.published_at and self.expires_at <= self.published_at:
            raise ValidationError({"expires_at": "This is before the article goes public."})

    @property
    def is_draft(self) -> bool:
        return self.published_at is None

    @property
    def is_scheduled(self) -> bool:
        return self.published_at is not None and self.published_at > timezone.now()

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_public(self) -> bool:
        return not (self.is_draft or self.is_scheduled or self.is_expired)

    @property
    def has_been_public(self) -> bool:
        return self.is_public or self.is_expired

    @property
    def is_remembered(self) -> bool:
        """Readers may have kept an address of it, though it may be a draft by now."""
        return self.has_been_public or FormerAddress.objects.filter(article=self).exists()

    @property
    def changed_at(self) -> datetime:
        """When its words last changed for the public. Only what is or was public has one."""
        return max(self.published_at, self.revised_at or self.published_at)

    @property
    def is_revised(self) -> bool:
        """Readers are told: its words changed a day or more after they were first read."""
        return not self.is_draft and self.changed_at - self.published_at >= REVISED_AFTER

    def place_in_series(self) -> tuple[bool, int, datetime, int]:
        """To sort by: numbered parts first."""
        part = self.series_part
        return (part is None, part or 0, self.published_at, self.pk)

    @cached_property
    def page_text(self) -> PageText:
        return PageText.of(with_pictures(self.body, is_first_on_page=self.cover_id is None))

    def publish(self, at: datetime | None = None) -> None:
        """Make the article public at `at` (now, if not given). A second press changes nothing:
        what is public keeps its date."""
        if self.is_public:
            return
        self.published_at = at or timezone.now()
        for path in self.addresses:
            FormerAddress.objects.forget(path)
        self.save()
        nudge(settings.AFTER_PUBLISH_TASK)

    def withdraw(self) -> None:
        """Take the article back to a draft. It is gone from every page at once, and its addresses
        are remembered: deleted as a draft, it is gone to those who have read it. A worker is
        nudged, to stop the mails that tell of it."""
        if self.has_been_public:
            for path in self.addresses:
                FormerAddress.objects.remember(path, article=self)
        self.published_at = None
        self.save()
        nudge(settings.AFTER_WITHDRAWAL_TASK)

    def rename(self, slug: str) -> None:
        """Change the address; the old one leads to the new one if the public has seen it."""
        if self.has_been_public:
            FormerAddress.objects.remember(self.get_absolute_url(), article=self)
        self.slug = slug
        FormerAddress.objects.forget(self.get_absolute_url())
        self.save()

    def remove(self, **target: object) -> None:
        """Delete it. Where the public has seen it, its addresses lead to `target` from now on
        (see `FormerAddress.objects.remember`), or say that it is gone."""
        with transaction.atomic():
            FormerAddress.objects.filter(article=self).lead_to(**target)
            if self.has_been_public:
                for path in self.addresses:
                    FormerAddress.objects.remember(path, **target)
            self.delete()
