"""A manuscript becomes an article, or a new version of the one with the same address."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils.text import Truncator

from blog.importing.manuscript import CannotImport, Manuscript
from blog.importing.pictures import Pictures
from blog.models import Article, Author, FormerAddress, Image, Publication, Topic
from blog.plain_text import excerpt, plain_text
from blog.site_address import absolute
from blog.slugs import slug_for, slug_from

SUMMARY_LENGTH = 200
ENOUGH_TO_SUM_UP = 40


@dataclass(frozen=True)
class Stored:
    article: Article
    is_new: bool
    notes: list[str]


@dataclass
class Shelf:
    """Where the manuscripts of one run go. Use it in a transaction.

    Without `publish` a new article stays a draft, and another stays what it is. Without `notify`
    nobody is mailed.
    """

    publish: bool = False
    notify: bool = False
    pictures: Pictures = field(default_factory=Pictures)
    taken: dict[str, Path] = field(default_factory=dict)

    def put(self, manuscript: Manuscript, cover: Image | None = None) -> Stored:
        """Raises `CannotImport` with a sentence for whoever gave the command."""
        article = self._article_for(manuscript)
        is_new = article._state.adding
        if not is_new and not article.revisions.exists():
            article.record_revision(None)
        article.cover = cover or article.cover
        notes = self._fill(article, manuscript)
        article.save()
        if manuscript.topics:
            article.topics.set([topic_named(name) for name in manuscript.topics])
        if self.publish:
            self._publish(article, manuscript)
        article.record_revision(None, leave_changes=True)
        return Stored(article, is_new, notes)

    def _article_for(self, manuscript: Manuscript) -> Article:
        name, title = manuscript.path.name, manuscript.title
        if not title:
            raise CannotImport(
                f"{name} has no title. Give it one: --title “…”, or “title:” in its head."
            )
        refuse_length(Article, "title", title, name)
        slug = slug_from(manuscript.slug or title, "article")
        if slug in self.taken:
            raise CannotImport(
                f"{self.taken[slug].name} and {name} would both become /articles/{slug}/. "
                "Give one of them another title, or “slug:” in its head."
            )
        self.taken[slug] = manuscript.path
        article = article_at(slug) or Article(slug=slug)
        article.title = title
        return article

    def _fill(self, article: Article, manuscript: Manuscript) -> list[str]:
        notes = []
        article.body = self.pictures.move_in(manuscript.html, manuscript.path)
        if manuscript.cover:
            words = manuscript.cover_alt
            article.cover = self.pictures.keep(manuscript.path, manuscript.cover, words)
        if manuscript.summary:
            article.summary = Truncator(manuscript.summary).chars(300)
        elif not article.summary:
            article.summary = summary_of(article.body)
            notes.append("It has no summary: its first words stand in for one.")
        if manuscript.original_url:
            article.original_url = original_address(manuscript)
        if manuscript.author or not article.author_id:
            article.author = author_named(manuscript.author or only_author())
        if article._state.adding or self.publish or self.notify:
            article.wants_notice = self.notify
        return notes

    def _publish(self, article: Article, manuscript: Manuscript) -> None:
        date = publication_date(article, manuscript)
        if article.is_draft:
            article.publish(date)
        elif article.published_at != date:
            article.published_at = date
            article.save()


def article_at(slug: str) -> Article | None:
    """The article with this address, now or formerly."""
    former = FormerAddress.objects.at(Article(slug=slug).get_absolute_url())
    found = Article.objects.filter(slug=slug).first()
    return found or (former and former.article)


def publication_date(article: Article, manuscript: Manuscript) -> datetime:
    date = manuscript.date or article.published_at
    if date is None:
        raise CannotImport(
            f"{manuscript.path.name} has no date, so we do not know since when it is public. "
            "Put “date: 2026-11-18” in its head or a date on its first line (“date: now” for "
            "today), or import it without --publish."
        )
    return date


def original_address(manuscript: Manuscript) -> str:
    """Of the same text on another site. An address of ours says that we had it first."""
    url, name = manuscript.original_url, manuscript.path.name
    if url.startswith(absolute("/")):
        return ""
    refuse_length(Article, "original_url", url, name)
    try:
        URLValidator(["https", "http"])(url)
    except ValidationError:
        raise CannotImport(
            f"The canonical_url of {name}, “{excerpt(url, 60)}”, is no address of a page. "
            "Write it whole, with https:// before it."
        ) from None
    return url


def summary_of(html: str) -> str:
    lines = plain_text(html).split("\n")
    first = next((line for line in lines if len(line) > ENOUGH_TO_SUM_UP), lines[0])
    return excerpt(first, SUMMARY_LENGTH)


def only_author() -> str:
    """Whose an unsigned article is: the author's where there is one, else the publication's."""
    names = list(Author.objects.values_list("name", flat=True)[:2])
    return names[0] if len(names) == 1 else Publication.current().name


def author_named(name: str) -> Author:
    return named(Author, name) or Author.objects.create(
        name=name, slug=slug_for(name, Author.objects.all(), "author")
    )


def topic_named(name: str) -> Topic:
    return named(Topic, name) or Topic.objects.create(
        name=name.replace("-", " ").capitalize() if name.islower() else name,
        slug=slug_for(name, Topic.objects.all(), "topic"),
    )


def named(kind: type[models.Model], name: str) -> models.Model | None:
    """By address or by name, in capitals or not."""
    refuse_length(kind, "name", name, kind._meta.verbose_name)
    by_slug = kind.objects.filter(slug=slug_from(name, "")).first()
    return by_slug or kind.objects.filter(name__iexact=name).first()


def refuse_length(kind: type[models.Model], field_name: str, value: str, where: str) -> None:
    most = kind._meta.get_field(field_name).max_length
    if len(value) > most:
        raise CannotImport(
            f"“{excerpt(value, 60)}” ({where}) is longer than the {most} characters "
            f"that a {field_name} may have."
        )
