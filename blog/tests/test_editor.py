"""The rich text editor: hardened, given a safe way for pictures, and only on pages of its own."""

import io
import json

import pytest
from django.core import checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory
from django.urls import include, path, reverse
from PIL import Image as Pillow

from blog.admin import image as image_admin
from blog.checks import editor_is_hardened
from blog.editor import CKEDITOR_CONFIGS, PICTURE_UPLOAD_URL
from blog.images import MAX_BYTES
from blog.models import Image
from blog.tests.desk import ADD, make_editor

urlpatterns = [path("", include("careersite.urls"))]  # for the checks below


# --- The set-up -----------------------------------------------------------------------


def weaknesses() -> set[str]:
    return {message.id for message in editor_is_hardened(None)}


def test_the_editor_is_hardened_as_it_is() -> None:
    assert weaknesses() == set()
    assert editor_is_hardened in checks.registry.registry.get_checks()


@pytest.mark.parametrize(
    ("change", "weakness"),
    [
        ({"removePlugins": "about"}, "blog.E001"),
        ({"extraPlugins": "divarea,image2,sourcearea"}, "blog.E001"),
        ({"allowedContent": True}, "blog.E002"),
        ({"allowedContent": ""}, "blog.E002"),
        ({"extraAllowedContent": "script"}, "blog.E002"),
        ({"fullPage": True}, "blog.E003"),
        ({"versionCheck": True}, "blog.E006"),
    ],
)
def test_a_lost_setting_is_an_error(settings: object, change: dict, weakness: str) -> None:
    settings.CKEDITOR_CONFIGS = {"default": {**CKEDITOR_CONFIGS["default"], **change}}
    assert weaknesses() == {weakness}


def test_a_second_weak_set_up_is_an_error(settings: object) -> None:
    settings.CKEDITOR_CONFIGS = {**CKEDITOR_CONFIGS, "second": {"toolbar": "full"}}
    assert weaknesses() == {"blog.E001", "blog.E002", "blog.E006"}


def test_the_foreign_uploader_is_an_error(settings: object) -> None:
    settings.CKEDITOR_UPLOAD_PATH = "uploads/"
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "ckeditor_uploader"]
    assert weaknesses() == {"blog.E004"}


def test_the_foreign_uploaders_addresses_are_an_error(settings: object) -> None:
    settings.CKEDITOR_UPLOAD_PATH = "uploads/"
    urlpatterns.insert(0, path("ckeditor/", include("ckeditor_uploader.urls")))
    settings.ROOT_URLCONF = __name__
    try:
        assert weaknesses() == {"blog.E005"}
    finally:
        urlpatterns.pop(0)


@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/ckeditor/upload/", "/ckeditor/browse/"])
def test_the_foreign_uploader_is_not_there(client: Client, url: str) -> None:
    assert client.get(url).status_code == 404
    assert client.post(url).status_code == 404


def test_attributes_only_end_a_rule() -> None:
    """Else CKEditor misreads the whole string and greys its toolbar out."""
    for rule in CKEDITOR_CONFIGS["default"]["allowedContent"].split(";"):
        names, bracket, attributes = rule.partition("[")
        assert not bracket or attributes.endswith("]")
        assert "]" not in names


def test_the_upload_address_is_the_one_that_is_served() -> None:
    assert reverse("admin:blog_image_upload") == PICTURE_UPLOAD_URL


# --- The page -------------------------------------------------------------------------


def test_only_the_editors_page_has_the_wider_policy(editor: Client) -> None:
    for url, has_editor in ((ADD, True), ("/admin/", False), ("/admin/blog/article/", False)):
        policy = editor.get(url)["Content-Security-Policy"]
        assert ("script-src-attr 'unsafe-inline'" in policy) is has_editor
        assert "script-src 'self'" in policy
        assert "unsafe-eval" not in policy


def test_the_desk_has_no_script_of_its_own_in_the_page(editor: Client) -> None:
    for url in (ADD, "/admin/", "/admin/blog/article/", "/admin/blog/image/"):
        page = editor.get(url).content.decode()
        for script in page.split("<script")[1:]:
            head, _, body = script.partition(">")
            assert "src=" in head or 'type="application/json"' in head, head + body[:80]
        assert "<style" not in page
        assert not [name for name in ("onclick=", "onload=", "onsubmit=") if f" {name}" in page]


def test_the_editors_module_comes_with_it(editor: Client) -> None:
    page = editor.get(ADD).content.decode()
    assert '<script src="/static/editor.js" type="module"></script>' in page
    assert 'data-ckeditor-basepath="/static/ckeditor/ckeditor/"' in page


# --- Pictures -------------------------------------------------------------------------


def picture(kind: str = "PNG", name: str = "desk.png", **options: object) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Pillow.new("RGB", (600, 400), "seagreen").save(buffer, kind, **options)
    return SimpleUploadedFile(name, buffer.getvalue(), "image/png")


def send(client: Client, uploaded: object, **headers: str) -> object:
    return client.post(PICTURE_UPLOAD_URL, {"upload": uploaded}, headers=headers)


def reason(response: object) -> str:
    answer = response.json()
    assert answer["uploaded"] == 0
    return answer["error"]["message"]


def test_a_picture_is_stored_drawn_anew_under_a_name_of_ours(editor: Client) -> None:
    response = send(editor, picture("JPEG", "../../My holiday.php", comment=b"secret"))
    image = Image.objects.get()
    assert response.json() == {"uploaded": 1, "fileName": image.file.name, "url": image.url}
    assert "holiday" not in image.file.name
    assert b"secret" not in image.file.read()
    assert response["Cache-Control"].startswith("max-age=0")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg onload='alert(1)'/>", "a.svg"),
        (b"<script>alert(1)</script>", "a.html"),
        (b"GIF89a<script>alert(1)</script>", "a.gif"),
        (b"<?php evil();", "a.php"),
        (b"%PDF-1.7", "a.pdf"),
        (b"\x89PNG\r\n\x1a\n", "a.png"),
        (b"", "empty.png"),
    ],
)
def test_what_is_no_picture_is_refused_with_words(
    editor: Client, content: bytes, name: str
) -> None:
    response = send(editor, SimpleUploadedFile(name, content, "image/png"))
    assert response.status_code == 400
    assert reason(response)
    assert not Image.objects.exists()


def test_no_picture_at_all_is_refused(editor: Client) -> None:
    assert send(editor, "just words").status_code == 400
    assert editor.post(PICTURE_UPLOAD_URL).status_code == 400
    assert editor.get(PICTURE_UPLOAD_URL).status_code == 405


def test_too_large_a_request_is_refused_before_it_is_read(editor: Client) -> None:
    class Unreadable(io.BytesIO):
        def read(self, *args: int) -> bytes:
            raise AssertionError("the body was read")

    request = RequestFactory().post(PICTURE_UPLOAD_URL, content_type="multipart/form-data")
    request.META["CONTENT_LENGTH"] = str(MAX_BYTES * 2)
    request._stream = Unreadable()
    request.user = make_editor("other")
    response = image_admin.upload(request)
    assert response.status_code == 413
    assert "larger than 15 MB" in json.loads(response.content)["error"]["message"]


def test_a_full_disk_is_said_and_leaves_nothing(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(content: bytes, alternative_text: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image, "store", full)
    response = send(editor, picture())
    assert "no room" in reason(response)


def test_the_token_comes_in_the_header_and_is_asked_for(db: None) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(make_editor())
    token = careful.get(ADD).context["csrf_token"]
    assert send(careful, picture()).status_code == 403
    assert send(careful, picture(), **{"X-CSRFToken": "x" * 64}).status_code == 403
    assert not Image.objects.exists()
    assert send(careful, picture(), **{"X-CSRFToken": str(token)}).status_code == 200


def test_strangers_and_those_without_the_right_add_nothing(
    contributor: Client, client: Client
) -> None:
    stranger = send(client, picture())
    assert stranger.status_code == 403
    assert "Log in again" in reason(stranger)
    assert send(contributor, picture()).status_code == 403
    assert not Image.objects.exists()
