"""Files that mean harm, or come from machines that mean well: sent to the editor's own upload.

Each is kept as plain pixels or refused with words, and nothing is left behind.
"""

import io
import resource
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from struct import pack

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from PIL import Image as Pillow
from PIL import PngImagePlugin

from blog.editor import PICTURE_UPLOAD_URL
from blog.models import Image
from blog.models import image as image_module

MARK = b"<script>alert('kept')</script>"
KINDS = ("PNG", "JPEG", "WEBP", "GIF")
KNOWN_ENDINGS = {".jpg", ".png", ".gif", ".avif", ".webp"}


def drawn(kind: str = "PNG", size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    buffer = io.BytesIO()
    Pillow.linear_gradient("L").resize(size).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return pack(">I", len(content)) + name + content + pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def pixels(width: int, height: int) -> bytes:
    return chunk(b"IDAT", zlib.compress(bytes((width + 1) * height)))


def gif(*frames: tuple[int, int]) -> bytes:
    """Frames of the given sizes, each of one pixel's worth of content."""
    head = b"GIF89a" + pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    content = b"\x02\x02\x44\x01\x00"
    pictures = (b"," + pack("<HHHHB", 0, 0, *size, 0) + content for size in frames)
    return head + b"".join(pictures) + b";"


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.php", MARK)
    return buffer.getvalue()


def send(editor: Client, content: bytes, name: str = "a.png") -> HttpResponse:
    uploaded = SimpleUploadedFile(name, content, "image/png")
    return editor.post(PICTURE_UPLOAD_URL, {"upload": uploaded})


def reason(response: HttpResponse) -> str:
    assert response.status_code == 400
    return response.json()["error"]["message"]


def stored() -> dict[str, bytes]:
    """All files of the one picture that was kept."""
    files = {}
    for name in Image.objects.get().file_names:
        with default_storage.open(name) as file:
            files[name] = file.read()
    return files


def all_files() -> set[str]:
    folder = Path(default_storage.path("pictures"))
    return {str(path) for path in folder.glob("*")}


@pytest.mark.parametrize(
    "content",
    [
        png(20_000, 20_000, pixels(1, 1)),
        png(65_535, 65_535),
        png(2**31 - 1, 2**31 - 1),
        png(6_400, 6_400, pixels(6_400, 6_400)),
        gif((65_535, 65_535), (1, 1)),
        gif((1, 1), (9_000, 9_000)),
        gif((1, 1), (65_535, 65_535)),
    ],
    ids=["claimed", "largest", "absurd", "true", "gif", "second frame", "second frame, huge"],
)
def test_a_bomb_is_refused_before_it_goes_off(editor: Client, content: bytes) -> None:
    assert len(content) < 100_000
    assert "pixels" in reason(send(editor, content)) or "not a picture" in reason(
        send(editor, content)
    )
    assert not Image.objects.exists()


def test_a_text_that_swells_is_no_bomb_either(editor: Client) -> None:
    swelling = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(200_000_000)))
    response = send(editor, png(9, 9, swelling, pixels(9, 9)))
    assert response.status_code in (200, 400)


def test_a_hundred_thousand_frames_are_too_many(editor: Client) -> None:
    content = gif(*[(1, 1)] * 100_000)
    assert len(content) > 1_000_000
    assert "shorter" in reason(send(editor, content))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_a_picture_that_was_cut_off_is_kept_or_refused(
    editor: Client, kind: str, share: float
) -> None:
    content = drawn(kind)
    response = send(editor, content[: int(len(content) * share)])
    assert response.status_code in (200, 400)
    assert Image.objects.exists() == (response.status_code == 200)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [MARK, zipped(), b"<?php " + MARK, bytes(3000)])
def test_what_hides_behind_a_picture_is_cut_off(editor: Client, kind: str, tail: bytes) -> None:
    assert send(editor, drawn(kind) + tail).status_code == 200
    for content in stored().values():
        assert MARK not in content
        assert not zipfile.is_zipfile(io.BytesIO(content))


@pytest.mark.parametrize("kind", KINDS)
def test_notes_in_a_picture_are_thrown_away(editor: Client, kind: str) -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", MARK.decode())
    notes.add_itxt("XML:com.adobe.xmp", MARK.decode())
    exif = Pillow.Exif()
    exif[0x010E] = MARK.decode()
    given = {
        "PNG": {"pnginfo": notes, "exif": exif},
        "JPEG": {"comment": MARK, "exif": exif, "icc_profile": MARK, "xmp": MARK},
        "WEBP": {"exif": exif, "icc_profile": MARK, "xmp": MARK},
        "GIF": {"comment": MARK},
    }
    content = drawn(kind, **given[kind])
    assert MARK in content
    assert send(editor, content).status_code == 200
    assert not [name for name, content in stored().items() if MARK in content]


def test_code_that_is_a_picture_at_the_same_time_is_only_a_picture_then(editor: Client) -> None:
    """A GIF may begin as a script does: GIF89a/* … */=1;alert(1)"""
    frame = b"," + pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    head = b"GIF89a" + pack("<HHBBB", 0x2A2F, 1, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff"
    send(editor, head + frame + b";*/=1;alert(1)", "a.js")
    for image in Image.objects.all():
        assert b"alert" not in image.file.read()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00" * 5000,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xef\xbb\xbf<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>",
        zipped(),
        b"%PDF-1.7\n",
        b"MZ" + bytes(300),
        b"GIF89a",
        b"RIFF\xff\xff\xff\xffWEBPVP8X" + bytes(40),
        b"\xff\xd8\xff\xe0" + bytes(300),
        png(0, 7),
        gif(),
    ],
)
@pytest.mark.parametrize("name", ["a.png", "a.svg", "a.php.png"])
def test_what_is_no_picture_is_refused_whatever_it_is_called(
    editor: Client, content: bytes, name: str
) -> None:
    assert reason(send(editor, content, name))
    assert not Image.objects.exists()


@pytest.mark.parametrize("size", [(1, 40_000), (40_000, 1), (1, 1), (2, 16_384), (6_001, 2)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF"])
def test_a_strange_shape_is_kept_within_bounds(
    editor: Client, kind: str, size: tuple[int, int]
) -> None:
    assert send(editor, drawn(kind, size)).status_code == 200
    image = Image.objects.get()
    assert 1 <= image.width <= 2000
    assert 1 <= image.height <= 6000
    assert all(stored().values())


@pytest.mark.parametrize(
    "name",
    [
        *("my holiday.png", "Überraschung été.png", "写真.png", "x" * 300 + ".png"),
        *("../../etc/passwd", "a.png\x00.html", "a.html", ".png", "con.png", "a.png."),
    ],
)
def test_the_name_that_somebody_gave_it_does_not_matter(editor: Client, name: str) -> None:
    assert send(editor, drawn(), name).status_code == 200
    for kept in Image.objects.get().file_names:
        assert kept.startswith("pictures/")
        assert Path(kept).suffix in KNOWN_ENDINGS
        assert kept.isascii()


def test_the_kind_is_what_the_content_says(editor: Client) -> None:
    assert send(editor, drawn("JPEG"), "a.gif").json()["url"].endswith(".jpg")


# --- A full disk ----------------------------------------------------------------------


@contextmanager
def room_for(size_bytes: int) -> Iterator[None]:
    """No file grows beyond this: the system itself stops the writing, half way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_half_way_keeps_neither_file_nor_row(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    save, tried = default_storage.save, []

    def save_with_little_room(name: str, content: object) -> str:
        tried.append(name)
        with room_for(2**20 if len(tried) < 3 else 200):
            return save(name, content)

    monkeypatch.setattr(image_module.default_storage, "save", save_with_little_room)
    before = all_files()
    assert "no room" in reason(send(editor, drawn(size=(900, 600))))
    assert len(tried) == 3
    assert all_files() == before
    assert not Image.objects.exists()


def test_a_row_that_cannot_be_written_leaves_no_file(
    editor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**fields: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.objects, "create", fail)
    before = all_files()
    assert "no room" in reason(send(editor, drawn()))
    assert all_files() == before
