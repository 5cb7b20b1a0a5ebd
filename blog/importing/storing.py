"""A manuscript becomes an article, or a new version of the one with the same address."""

import re
import urllib.parse
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils.text import slugify

from blog.images import BadImage
from blog.importing.manuscript import CannotImport, Manuscript
from blog.models import Article, Author, Image, Publication, Topic
from blog.plain_text import excerpt, plain_text
from blog.slugs import slug_for

SUMMARY_LENGTH = 200
PICTURE = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*([\"'])(?P<src>.*?)\1[^>]*>", re.I | re.DOTALL)
ALT = re.compile(r"\balt\s*=\s*([\"'])(?P<alt>.*?)\1", re.I | re.DOTALL)


@dataclass(frozen=True)
class Stored:
    article: Article
    is_new: bool
    pictures: int
    remote_pictures: int


def store(manuscript: Manuscript, *, title: str, publish: bool, notify: bool) -> Stored:
    """Call it in a transaction. Without `publish` a new article stays a draft; without `notify`
    nobody is mailed. Raises `CannotImport`."""
    article, is_new = _find(manuscript, title or manuscript.title)
    html, pictures, remote = _with_own_pictures(manuscript)
    article.body = html
    article.summary = manuscript.summary or article.summary or _summary_of(html)
    article.author = _author(manuscript.author, article)
    if is_new or notify:
        article.wants_notice = notify
    if publish and article.is_draft:
        article.published_at = _date(manuscript)
    article.save()
    if manuscript.topics:
        article.topics.set([_topic(name) for name in manuscript.topics])
    article.record_revision(None)
    return Stored(article, is_new, pictures, remote)


def _find(manuscript: Manuscript, title: str) -> tuple[Article, bool]:
    if not title:
        raise CannotImport(
            f"{manuscript.path.name} has no title. Give it one: --title “…”, "
            "or “title:” in its head."
        )
    if len(title) > 160:
        raise CannotImport(f"The title of {manuscript.path.name} is longer than 160 characters.")
    slug = manuscript.slug or slugify(title, allow_unicode=True)[:100].strip("-_")
    article = Article.objects.filter(slug=slug).first() if slug else None
    if article:
        article.title = title
        return article, False
    return Article(title=title, slug=slug_for(slug, Article.objects.all(), "article")), True


def _date(manuscript: Manuscript) -> datetime:
    if manuscript.date is None:
        raise CannotImport(
            f"{manuscript.path.name} has no date, so we do not know since when it is public. "
            "Put one on its first line or “date:” in its head, or import it without --publish."
        )
    return manuscript.date


def _summary_of(html: str) -> str:
    first = next((line for line in plain_text(html).split("\n") if len(line) > 40), "")
    return excerpt(first, SUMMARY_LENGTH)


def _author(name: str, article: Article) -> Author:
    if name:
        known = Author.objects.filter(slug=name).first() or Author.objects.filter(name=name).first()
        return known or Author.objects.create(
            name=name, slug=slug_for(name, Author.objects.all(), "author")
        )
    if article.author_id:
        return article.author
    first = Author.objects.order_by("pk").first()
    return first or Author.objects.create(name=Publication.current().name, slug="editors")


def _topic(name: str) -> Topic:
    known = Topic.objects.filter(slug=name).first() or Topic.objects.filter(name=name).first()
    return known or Topic.objects.create(
        name=name.replace("-", " ").capitalize() if name.islower() else name,
        slug=slug_for(name, Topic.objects.all(), "topic"),
    )


def _with_own_pictures(manuscript: Manuscript) -> tuple[str, int, int]:
    """Pictures beside the file are stored and their addresses changed; remote ones stay as they
    are, and nothing is ever fetched."""
    counts = {"own": 0, "remote": 0}

    def replace(match: re.Match) -> str:
        source = match["src"]
        if urllib.parse.urlsplit(source).scheme or source.startswith(("//", "/")):
            counts["remote"] += not source.startswith("/") or source.startswith("//")
            return match.group()
        described = ALT.search(match.group())
        image = _picture(manuscript.path, source, described["alt"] if described else "")
        counts["own"] += 1
        size = f' width="{image.width}" height="{image.height}"'
        return match.group().replace(source, image.url).replace("<img", f"<img{size}", 1)

    return PICTURE.sub(replace, manuscript.html), counts["own"], counts["remote"]


def _picture(article: Path, source: str, alternative_text: str) -> Image:
    folder = article.parent.resolve()
    file = (folder / urllib.parse.unquote(source)).resolve()
    if folder not in file.parents or not file.is_file():
        raise CannotImport(f"{article.name} shows {source}, which is not beside it.")
    try:
        return Image.store(file.read_bytes(), alternative_text)
    except BadImage as error:
        raise CannotImport(f"{article.name} shows {source}: {error}") from error
