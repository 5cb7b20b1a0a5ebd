"""The demo fills an empty site once, quickly, and leaves what is there alone."""

import hashlib
import io
import re

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from blog.demo import loading
from blog.models import Article, Author, CallToAction, Image, Page, Publication, Topic
from blog.navigation import public_topics
from blog.tests.factories import make_article

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def for_trying_out(settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """With covers that take no time to draw; the real ones have tests of their own."""

    def draw_small(topic_slug: str, seed: str) -> Pillow.Image:
        return Pillow.new("RGB", (32, 18), (*hashlib.sha256(seed.encode()).digest()[:3],))

    settings.DEBUG = True
    monkeypatch.setattr(loading, "draw_cover", draw_small)


def seed(*options: str) -> str:
    said = io.StringIO()
    call_command("seed_demo", *options, stdout=said)
    return said.getvalue()


def counts() -> list[int]:
    return [
        kind.objects.count() for kind in (Article, Author, CallToAction, Image, Page, Topic, User)
    ]


def test_an_empty_site_is_filled(client: Client) -> None:
    said = seed("--once")
    articles = Article.objects.published()
    assert articles.count() >= 12
    assert Author.objects.count() == 3
    assert len(public_topics(timezone.now())) == 6
    assert Publication.current().call_to_action.heading == "Need A Resume?"
    for article in articles:
        assert article.cover.alternative_text
        assert article.summary
        assert article.topics.exists()
        assert not article.wants_notice
        assert article.revisions.first().content["cover_id"] == article.cover_id
    assert f"{articles.count()} articles" in said
    second = client.get("/articles/numbers-that-mean-something/").content.decode()
    assert "Part 2 of 3" in second
    assert client.get("/").status_code == 200
    assert client.get("/about/").status_code == 200


def test_once_means_once() -> None:
    seed("--once")
    Article.objects.first().delete()
    article = Article.objects.first()
    article.title = "Mine now"
    article.save()
    before = counts()
    assert "Loaded" not in seed("--once")
    article.refresh_from_db()
    assert (article.title, counts()) == ("Mine now", before)


def test_a_site_with_articles_of_its_own_is_left_alone() -> None:
    make_article("Mine")
    before = counts()
    assert seed("--once") == ""
    assert counts() == before


def test_loaded_again_it_makes_nothing_twice() -> None:
    seed()
    before = counts()
    seed()
    assert counts() == before


def test_without_debug_it_refuses(settings: object) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=1 only"):
        seed("--once")
    assert not Article.objects.exists()
    assert not User.objects.exists()


def test_the_editor_gets_in_and_may_publish(client: Client) -> None:
    said = seed("--once")
    password = re.search(r"Editor: editor, password: (\S+)\n", said)[1]
    assert re.fullmatch(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}", password)
    assert client.login(username="editor", password=password)
    user = User.objects.get(username="editor")
    assert user.is_staff
    assert not user.is_superuser
    assert Author.objects.get(user=user).name == "Daniel Osei"
    for right in ("blog.publish_article", "blog.add_image", "blog.change_page"):
        assert user.has_perm(right)
    assert not user.has_perm("auth.change_user")
    assert client.get("/admin/blog/article/add/").status_code == 200


def test_the_demos_editor_finds_letters_and_limits_on_the_desk(client: Client) -> None:
    seed("--once")
    client.force_login(User.objects.get(username="editor"))
    for page in ("letter/add", "routine", "sendinglimit", "campaign"):
        assert client.get(f"/admin/newsletter/{page}/", follow=True).status_code == 200
    assert client.get("/admin/newsletter/subscriber/import/", follow=True).status_code == 403


def test_the_rights_on_people_are_to_look_and_to_answer() -> None:
    seed("--once")
    rights = Group.objects.get(name="Editors").permissions.values_list(
        "content_type__app_label", "codename"
    )
    for app, codename in rights:
        deeds = loading.NEWSLETTER_DEEDS if app == "newsletter" else ("change_",)
        allowed = ("view_", *deeds)
        assert app == "blog" or codename.startswith(allowed)
    assert {app for app, _ in rights} <= {"blog", "newsletter", "enquiries"}


def test_the_password_is_the_sites_own(settings: object) -> None:
    one = loading.password()
    settings.SECRET_KEY = "another key for another site"
    assert loading.password() != one


def test_a_changed_password_is_not_told() -> None:
    seed("--once")
    user = User.objects.get(username="editor")
    user.set_password("something else entirely")
    user.save()
    said = seed("--once")
    assert "you have changed it" in said
    assert loading.password() not in said
    seed()
    user.refresh_from_db()
    assert user.check_password("something else entirely")


def test_an_editor_who_was_removed_does_not_come_back() -> None:
    seed("--once")
    User.objects.get(username="editor").delete()
    assert seed("--once") == ""
    assert not User.objects.exists()
