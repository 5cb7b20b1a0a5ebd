"""Fills an empty site with the demo."""

import base64
import hashlib
import hmac
import io
import tomllib
from pathlib import Path

import frontmatter
from django.conf import settings
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q

from blog.covers import draw_cover
from blog.importing.manuscript import Manuscript
from blog.importing.markup import markdown
from blog.importing.reading import read
from blog.importing.storing import Shelf, article_at, topic_named
from blog.models import Article, Author, CallToAction, Image, Page, Publication, Series, Topic

FOLDER = Path(__file__).resolve().parent
USERNAME = "editor"
EDITORS = "Editors"
# What an editor may do: all of the blog; write and send letters, set when and how fast mails go,
# pause them, and look at the rest of the newsletter; answer enquiries. Who brings people in, takes
# the list out or erases somebody gets those rights from the operator.
NEWSLETTER_DEEDS = (
    *("add_letter", "change_letter", "delete_letter", "send_letter"),
    *("change_campaign", "change_routine", "change_sendinglimit"),
)
RIGHTS = (
    Q(content_type__app_label="blog")
    | Q(content_type__app_label="newsletter", codename__startswith="view_")
    | Q(content_type__app_label="newsletter", codename__in=NEWSLETTER_DEEDS)
    | Q(content_type__app_label="enquiries", codename__startswith="view_")
    | Q(content_type__app_label="enquiries", codename__startswith="change_")
)


def load() -> dict[str, int]:
    """Load everything; what is there already is brought up to date. Returns counts."""
    site = tomllib.loads((FOLDER / "site.toml").read_text())
    _publication(site)
    for position, topic in enumerate(site["topics"], start=1):
        Topic.objects.update_or_create(
            slug=topic["slug"], defaults={**topic, "position": position * 10}
        )
    for author in site["authors"]:
        Author.objects.update_or_create(slug=author["slug"], defaults=author)
    _about()
    articles = [_article(path) for path in sorted((FOLDER / "articles").glob("*.md"))]
    for one in site["series"]:
        _series(one)
    make_editor()
    return {
        "articles": len(articles),
        "topics": len(site["topics"]),
        "authors": len(site["authors"]),
        "covers": sum(article.cover is not None for article in articles),
    }


def make_editor() -> User:
    """The demo's editor, with the rights of the group. One who is there already stays as is."""
    group, _ = Group.objects.get_or_create(name=EDITORS)
    group.permissions.add(*Permission.objects.filter(RIGHTS))
    user, is_new = User.objects.get_or_create(
        username=USERNAME,
        defaults={"is_staff": True, "first_name": "Daniel", "last_name": "Osei"},
    )
    if is_new:
        user.set_password(password())
        user.save()
        user.groups.add(group)
        Author.objects.filter(slug="daniel-osei", user=None).update(user=user)
    return user


def password() -> str:
    """The same for one site, another for each: made from its secret key."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"demo editor", hashlib.sha256).digest()
    letters = base64.b32encode(digest[:10]).decode().lower()
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def _publication(site: dict) -> None:
    publication = Publication.current()
    for name, value in site["publication"].items():
        setattr(publication, name, value)
    call = publication.call_to_action or CallToAction()
    for name, value in site["call_to_action"].items():
        setattr(call, name, value)
    call.save()
    publication.call_to_action = call
    publication.save()


def _about() -> None:
    about = frontmatter.load(FOLDER / "about.md")
    Page.objects.update_or_create(
        slug="about", defaults={"title": about["title"], "body": markdown(about.content)}
    )


def _article(path: Path) -> Article:
    manuscript = read(path)
    known = article_at(manuscript.slug)
    cover = known.cover if known and known.cover else _drawn(manuscript)
    return Shelf(publish=True).put(manuscript, cover=cover).article


def _series(told: dict) -> None:
    series, _ = Series.objects.update_or_create(
        slug=told["slug"], defaults={"title": told["title"]}
    )
    for number, slug in enumerate(told["parts"], start=1):
        article = Article.objects.get(slug=slug)
        if (article.series, article.series_part) != (series, number):
            article.series, article.series_part = series, number
            article.save()
            article.record_revision(None, leave_changes=True)


def _drawn(manuscript: Manuscript) -> Image:
    """The cover, for the topic that the article's card names: the first in the site's order."""
    topics = sorted(map(topic_named, manuscript.topics), key=lambda topic: topic.position)
    picture = io.BytesIO()
    draw_cover(topics[0].slug, manuscript.slug).save(picture, "PNG")
    return Image.store(picture.getvalue(), manuscript.cover_alt)
