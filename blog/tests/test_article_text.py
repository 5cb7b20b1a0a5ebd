"""An article’s text is stored harmless, and its cover with words."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from blog.models import (
    Article,
    Image,
    Publication,
)
from blog.share_picture import SharePicture
from blog.tests.desk import ADD, LIST, address, messages_in, picture, press, sheet, sheet_of
from careersite.tests.provider import Provider

# --- The text -------------------------------------------------------------------------


def test_a_hostile_text_is_stored_harmless(editor: Client) -> None:
    press(editor, "_save", body="<p onclick=x()>Hi<script>x()</script></p>")
    assert Article.objects.get().body == "<p>Hi</p>"


def test_a_hostile_title_is_inert_everywhere(editor: Client) -> None:
    title = "<img src=x onerror=alert(1)>{{ 7|add:7 }}"
    response = press(editor, "_publish", title=title)
    article = Article.objects.get()
    assert article.title == title
    pages = [response, editor.get(LIST), editor.get("/admin/"), editor.get(address(article))]
    pages.append(editor.get(reverse("admin:blog_article_delete", args=[article.pk])))
    pages.append(editor.get(reverse("admin:blog_article_history", args=[article.pk])))
    for page in pages:
        assert page.status_code == 200
        assert "<img src=x" not in page.content.decode()


def test_pictures_that_could_not_be_kept_are_told(editor: Client) -> None:
    body = '<p>x<img src="data:image/png;base64,AAAA"><img src="https://other.example/a.png"></p>'
    response = press(editor, "_save", body=body)
    assert "2 pictures of another site" in messages_in(response)


def test_a_picture_without_words_is_told(editor: Client) -> None:
    response = press(editor, "_save", body='<p><img src="/media/a.jpg" alt=""></p>')
    assert "without words" in messages_in(response)


def test_traces_of_the_editor_are_swept_up(editor: Client) -> None:
    body = "<p>&nbsp;</p>\n<p>So&nbsp;<strong>bold</strong>&nbsp;a 5&nbsp;km</p>\n\n<p>&nbsp;</p>\n"
    press(editor, "_save", body=body)
    assert Article.objects.get().body == "<p>So <strong>bold</strong> a 5&nbsp;km</p>"


# --- The cover ------------------------------------------------------------------------


def test_a_cover_is_stored_shown_described_anew_and_removed(editor: Client) -> None:
    press(editor, "_save", cover_file=picture(), cover_alternative_text="A desk")
    article = Article.objects.get()
    assert article.cover.alternative_text == "A desk"
    assert article.cover.url in editor.get(address(article)).content.decode()

    paper = sheet_of(article, cover=article.cover_id, cover_alternative_text="Two desks")
    editor.post(address(article), paper | {"_save": "x"})
    article.refresh_from_db()
    assert article.cover.alternative_text == "Two desks"

    editor.post(address(article), paper | {"cover_removed": "on", "_save": "x"})
    article.refresh_from_db()
    assert article.cover is None
    assert Image.objects.exists()


def test_a_file_that_is_no_picture_is_refused_and_the_rest_is_kept(editor: Client) -> None:
    svg = SimpleUploadedFile("desk.png", b"<svg onload='alert(1)'/>", "image/png")
    response = press(editor, "_save", cover_file=svg)
    assert "not a picture we can read" in response.content.decode()
    assert "Read the last line first." in response.content.decode()
    assert not Image.objects.exists()


def test_a_picture_of_another_server_is_not_asked_for(editor: Client, provider: Provider) -> None:
    """Ghost's CVE-2026-22597: an address in a text made the server ask there."""
    src = f"{provider.url}/secret.png"
    body = f'<p>Here</p><img src="{src}" alt="x"><figure><img src="{src}"></figure>'
    editor.post(ADD, sheet(body=body, original_url=provider.url, _publish="1"))
    article = Article.objects.get()
    article.publish()
    picture_url = SharePicture.of(article, list(article.topics.all()), Publication.current()).url
    for path in (article.get_absolute_url(), "/feed.xml", picture_url):
        assert Client().get(path).status_code == 200
    assert provider.requests == []
