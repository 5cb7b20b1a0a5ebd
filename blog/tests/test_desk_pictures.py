"""Pictures are added, replaced under another address, and kept as long as something shows them."""

from django.contrib.auth.models import Permission, User
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from blog.models import (
    Image,
    Page,
)
from blog.tests.desk import address, messages_in, picture
from blog.tests.factories import make_article, make_author, make_image


def test_a_picture_in_use_is_not_deleted_by_a_slip(editor: Client) -> None:
    used, covering, idle = make_image(), make_image(900, 500), make_image(300, 300, "Idle")
    make_article("Shows it", body=f'<p><img src="{used.url}" alt="x"></p>')
    make_article("Wears it", cover=covering)
    for image, title in ((used, "Shows it"), (covering, "Wears it")):
        url = reverse("admin:blog_image_delete", args=[image.pk])
        assert title in editor.get(url).content.decode()
        editor.post(url, {"post": "yes"})
    editor.post(reverse("admin:blog_image_delete", args=[idle.pk]), {"post": "yes"})
    assert set(Image.objects.all()) == {used, covering}


def test_pictures_in_use_are_not_deleted_by_the_dozen_either(editor: Client) -> None:
    used, idle = make_image(), make_image(300, 300, "Idle")
    article = make_article("Wears it", cover=used)
    chosen = {"action": "delete_selected", "_selected_action": [used.pk, idle.pk], "post": "yes"}
    page = editor.post(reverse("admin:blog_image_changelist"), chosen).content.decode()
    assert f'<a href="{address(article)}">Wears it</a>' in page
    assert Image.objects.count() == 2


def test_another_picture_takes_the_place_of_one_under_another_address(editor: Client) -> None:
    old, other = make_image(), make_image(300, 300, "Other")
    texts = f'<p><img src="{old.url}" alt="x" width="1600"> <img src="{other.url}" alt="y"></p>'
    article = make_article("Shows it", body=texts, cover=old, published_at=None)
    Page.objects.filter(slug="about").update(body=texts)
    author = make_author("Portrayed", portrait=old)
    url = reverse("admin:blog_image_change", args=[old.pk])
    page = editor.get(url).content.decode()
    assert f'<a href="{address(article)}">Shows it</a>' in page
    response = editor.post(url, {"picture": picture(), "alternative_text": "New"}, follow=True)
    new = Image.objects.get(alternative_text="New")
    for title in ("Shows it", "About", "Portrayed"):
        assert title in messages_in(response)
    article.refresh_from_db()
    author.refresh_from_db()
    assert (article.cover, author.portrait) == (new, new)
    for body in (article.body, Page.objects.get(slug="about").body):
        assert f'<img src="{new.url}" alt="x" width="600" height="400">' in body
        assert other.url in body
        assert old.url not in body
    assert article.revisions.first().by.username == "daniel"
    assert Image.objects.get(pk=old.pk).alternative_text == "A desk"
    assert all(default_storage.exists(name) for name in old.file_names)
    editor.post(reverse("admin:blog_image_delete", args=[old.pk]), {"post": "yes"})
    assert not Image.objects.filter(pk=old.pk).exists()


def test_the_same_file_again_replaces_nothing(editor: Client) -> None:
    image = Image.store(picture().read(), "A desk")
    fields = {"picture": picture(), "alternative_text": "A desk"}
    editor.post(reverse("admin:blog_image_change", args=[image.pk]), fields)
    assert Image.objects.get() == image


def test_what_is_no_picture_replaces_none(editor: Client) -> None:
    image = make_image()
    fields = {"picture": SimpleUploadedFile("a.png", b"<svg/>"), "alternative_text": "x"}
    page = editor.post(reverse("admin:blog_image_change", args=[image.pk]), fields)
    assert "not a picture we can read" in page.content.decode()
    assert Image.objects.get().alternative_text == "A desk"


def test_only_who_may_publish_replaces_a_picture(contributor: Client) -> None:
    rights = Permission.objects.filter(codename__in=("change_image", "view_image", "add_image"))
    User.objects.get(username="nora").user_permissions.set(rights)
    image = make_image()
    article = make_article(cover=image)
    url = reverse("admin:blog_image_change", args=[image.pk])
    assert "in its place" not in contributor.get(url).content.decode()
    contributor.post(url, {"picture": picture(), "alternative_text": "New"})
    article.refresh_from_db()
    assert article.cover == image
    assert Image.objects.count() == 1


def test_a_picture_is_added_on_its_own_page(editor: Client) -> None:
    fields = {"picture": picture(), "alternative_text": "A desk"}
    editor.post(reverse("admin:blog_image_add"), fields)
    image = Image.objects.get()
    assert image.alternative_text == "A desk"
    url = reverse("admin:blog_image_change", args=[image.pk])
    assert image.url in editor.get(url).content.decode()
    editor.post(url, {"alternative_text": "Another desk"})
    image.refresh_from_db()
    assert image.alternative_text == "Another desk"
    assert editor.get(reverse("admin:blog_image_changelist")).status_code == 200
