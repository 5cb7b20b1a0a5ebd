"""The editors' desk for tests: who sits there, and the sheet of paper they send."""

import io
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image as Pillow

from blog.models import Article, Author, Topic
from blog.tests.factories import make_article, make_topic

ADD = reverse("admin:blog_article_add")
CONTRIBUTOR_RIGHTS = ("add_article", "change_article", "view_article")
LIST = reverse("admin:blog_article_changelist")
HOUR = timedelta(hours=1)


def address(article: Article) -> str:
    return reverse("admin:blog_article_change", args=[article.pk])


def make_editor(username: str = "daniel", **fields: object) -> User:
    """May do everything in the blog."""
    user = User.objects.create_user(username, password="x", is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="blog"))
    return user


def make_contributor(username: str = "nora") -> User:
    """May write, and may not publish."""
    group, _ = Group.objects.get_or_create(name="Contributors")
    group.permissions.set(Permission.objects.filter(codename__in=CONTRIBUTOR_RIGHTS))
    user = User.objects.create_user(username, password="x", is_staff=True)
    user.groups.add(group)
    return user


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sheet(**fields: object) -> dict[str, object]:
    """What the form sends when it is filled in. `None` leaves a field out."""
    filled = {
        "title": "How to read a job ad",
        "slug": "",
        "summary": "Four people write it, and nobody owns it.",
        "body": "<p>Read the last line first.</p>",
        "topics": [topic.pk for topic in Topic.objects.all()[:1]],
        "author": Author.objects.values_list("pk", flat=True).first() or "",
        "sheet": "",
        "goes_public_at": "",
        "expires_at": "",
        "wants_notice": "on",
        **fields,
    }
    return {name: value for name, value in filled.items() if value is not None}


def messages_in(response: object) -> str:
    return " ".join(str(message) for message in response.context["messages"])


def typed(moment: datetime) -> str:
    return timezone.localtime(moment).strftime("%Y-%m-%dT%H:%M")


def picture(name: str = "desk.png", size: tuple[int, int] = (600, 400)) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Pillow.new("RGB", size, "seagreen").save(buffer, "PNG")
    return SimpleUploadedFile(name, buffer.getvalue(), "image/png")


def press(client: Client, button: str, url: str = ADD, **fields: object) -> object:
    return client.post(url, sheet(**fields) | {button: "pressed"}, follow=True)


def ready_article(**fields: object) -> Article:
    return make_article(topics=[Topic.objects.first() or make_topic()], summary="Short.", **fields)


def sheet_of(article: Article, **fields: object) -> dict[str, object]:
    """The form as it comes with `article`, with some fields typed anew."""
    values = {
        "title": article.title,
        "slug": article.slug,
        "summary": article.summary,
        "body": article.body,
        "topics": [topic.pk for topic in article.topics.all()],
        "author": article.author_id,
        "goes_public_at": typed(article.published_at) if article.published_at else "",
        "sheet": str(article.uid),
    }
    return values | fields
