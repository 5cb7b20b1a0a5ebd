"""Pictures beside a file come in with it; others are never fetched; a failure leaves no file."""

import io
import socket
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow

from blog.models import Article, Image
from blog.tests.importing import import_content, refusal, write

pytestmark = pytest.mark.django_db


def draw(path: Path, size: tuple[int, int] = (900, 600)) -> Path:
    buffer = io.BytesIO()
    Pillow.linear_gradient("L").resize(size).save(buffer, "PNG")
    path.parent.mkdir(exist_ok=True)
    return write(path, buffer.getvalue())


def stored_files() -> set[str]:
    try:
        return set(default_storage.listdir("pictures")[1])
    except FileNotFoundError:
        return set()


def test_a_picture_beside_markdown_is_stored(tmp_path: Path) -> None:
    draw(tmp_path / "img" / "my desk.png")
    file = write(tmp_path / "a.md", "# A\n\n![A desk & a lamp](img/my%20desk.png)\n")
    said = import_content(file)
    image = Image.objects.get()
    assert Article.objects.get().body == (
        f'<p><img src="{image.url}" alt="A desk &amp; a lamp" width="900" height="600"></p>'
    )
    assert image.alternative_text == "A desk & a lamp"
    assert "with 1 picture." in said


def test_a_picture_beside_html_is_stored(tmp_path: Path) -> None:
    draw(tmp_path / "desk.png")
    html = "<h1>A</h1><figure><IMG alt='A desk' width=10 SRC='./desk.png'></figure><p>x"
    import_content(write(tmp_path / "a.html", html))
    image = Image.objects.get()
    assert f'<img alt="A desk" src="{image.url}" width="900" height="600">' in (
        Article.objects.get().body
    )


def test_a_cover_is_named_in_the_head(tmp_path: Path) -> None:
    draw(tmp_path / "desk.png")
    head = "---\ntitle: A\ncover: desk.png\ncover_alt: A desk\n---\nText."
    import_content(write(tmp_path / "a.md", head))
    assert Article.objects.get().cover.alternative_text == "A desk"


def test_again_the_same_picture_is_kept_once(tmp_path: Path) -> None:
    draw(tmp_path / "desk.png")
    file = write(tmp_path / "a.md", "# A\n\n![A desk](desk.png)\n")
    import_content(file)
    body = Article.objects.get().body
    import_content(file)
    assert Image.objects.count() == 1
    assert Article.objects.get().body == body


def test_pictures_of_other_sites_become_links_and_are_not_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("something was fetched")

    content = "# A\n\n![Chart](https://other.example/a.png) ![](//other.example/b.png) text"
    file = write(tmp_path / "a.md", content)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    said = import_content(file)
    monkeypatch.undo()
    assert '<a href="https://other.example/a.png">Chart</a>' in Article.objects.get().body
    assert "<img" not in Article.objects.get().body
    assert "2 pictures of other sites" in said


def test_a_picture_inside_the_file_is_left_out_and_told(tmp_path: Path) -> None:
    said = import_content(write(tmp_path / "a.md", "# A\n\nx ![d](data:image/png;base64,AAAA)"))
    assert "1 picture without a file was left out" in said
    assert "<img" not in Article.objects.get().body


@pytest.mark.parametrize(
    "source", ["missing.png", "../secret.png", "..%2fsecret.png", "a.md", "link.png", "."]
)
def test_a_picture_that_cannot_be_taken_stops_the_import(tmp_path: Path, source: str) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    draw(tmp_path / "secret.png")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    said = refusal(write(folder / "a.md", f"# A\n\n![x]({source})\n"))
    assert source in said
    assert not Article.objects.exists()
    assert not Image.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_failed_import_leaves_no_file_behind(tmp_path: Path) -> None:
    before = stored_files()
    draw(tmp_path / "desk.png")
    write(tmp_path / "a.md", "# A\n\n![A desk](desk.png)\n")
    write(tmp_path / "b.md", "# B\n\n![Gone](gone.png)\n")
    assert "gone.png" in refusal(tmp_path)
    assert stored_files() == before
    assert not Article.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_failed_import_keeps_the_pictures_that_were_there(tmp_path: Path) -> None:
    draw(tmp_path / "desk.png")
    file = write(tmp_path / "a.md", "# A\n\n![A desk](desk.png)\n")
    import_content(file)
    before = stored_files()
    write(tmp_path / "b.md", "No title.")
    refusal(tmp_path)
    assert stored_files() == before
    assert all(default_storage.exists(name) for name in Image.objects.get().file_names)


@pytest.mark.django_db(transaction=True)
def test_a_trial_stores_nothing_and_looks_as_closely(tmp_path: Path) -> None:
    before = stored_files()
    draw(tmp_path / "desk.png")
    file = write(tmp_path / "a.md", "# A\n\n![A desk](desk.png)\n")
    assert "Would import 1 article: 1 new, 0 updated, with 1 picture." in import_content(
        file, "--dry-run"
    )
    assert stored_files() == before
    assert not Image.objects.exists()
    write(tmp_path / "desk.png", b"<svg/>")
    assert "not a picture" in refusal(file, "--dry-run")
