"""Only pixels are kept of a picture, and only of one that we can carry."""

import io
import zlib
from struct import pack

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image as Pillow
from PIL import ImageCms

from blog.images import MAX_BYTES, BadImage, encode
from blog.models import Image
from blog.models import image as image_module
from blog.renditions import Source, widths

SECRET = b"GPS-of-the-editors-home"


def picture(
    kind: str = "PNG", size: tuple[int, int] = (900, 600), mode: str = "RGB", **options: object
) -> bytes:
    return written(Pillow.linear_gradient("L").resize(size).convert(mode), kind, **options)


def written(image: Pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


MODES = {
    "PNG": ["L", "RGB", "P", "1"],
    "JPEG": ["L", "RGB", "1", "CMYK"],
    "WEBP": ["L", "RGB", "P", "1", "CMYK"],
    "GIF": ["L", "RGB", "P", "1"],
}


@pytest.mark.parametrize(("kind", "mode"), [(kind, mode) for kind in MODES for mode in MODES[kind]])
def test_each_usual_kind_becomes_a_plain_picture(kind: str, mode: str) -> None:
    encoded = encode(picture(kind, mode=mode))
    assert encoded.extension == "jpg"
    assert (encoded.width, encoded.height) == (900, 600)
    assert opened(encoded.content).format == "JPEG"


def test_no_two_threads_write_the_same_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow notes on it how it is to be written."""
    save, written_ones = Pillow.Image.save, []

    def note_and_save(self: Pillow.Image, *given: object, **options: object) -> None:
        written_ones.append(self)
        save(self, *given, **options)

    content = picture()
    monkeypatch.setattr(Pillow.Image, "save", note_and_save)
    encoded = encode(content)
    assert len({id(one) for one in written_ones}) == len(written_ones) > len(encoded.renditions)


def test_a_picture_one_can_see_through_stays_so() -> None:
    encoded = encode(written(Pillow.new("RGBA", (60, 40), (10, 20, 30, 120)), "PNG"))
    assert encoded.extension == "png"
    assert opened(encoded.content).getpixel((5, 5)) == (10, 20, 30, 120)


def test_an_opaque_one_with_a_useless_channel_does_not() -> None:
    opaque = Pillow.new("RGBA", (60, 40), (10, 20, 30, 255))
    assert encode(written(opaque, "PNG")).extension == "jpg"


@pytest.mark.parametrize("mode", ["LA", "P", "RGB"])
def test_each_way_to_let_something_through_is_kept(mode: str) -> None:
    """A channel beside grey; a colour of the palette; one colour among all."""
    left, right = (0, 0, 0, 0), (250, 250, 250, 255)
    image = Pillow.new("RGBA", (40, 40), right)
    image.paste(left, (0, 0, 20, 40))
    options = {"transparency": (0, 0, 0)} if mode == "RGB" else {}
    kept = opened(encode(written(image.convert(mode), "PNG", **options)).content)
    assert kept.mode == "RGBA"
    assert kept.getpixel((5, 5))[3] == 0
    assert kept.getpixel((35, 5)) == right


def test_sixteen_bits_of_grey_become_eight() -> None:
    grey = Pillow.new("I;16", (40, 40), 0x8080)
    assert opened(encode(written(grey, "PNG")).content).getpixel((9, 9)) == (128, 128, 128)


def test_inks_become_the_colours_that_they_print() -> None:
    cyan = Pillow.new("CMYK", (40, 40), (255, 0, 0, 0))
    red, green, blue = opened(encode(written(cyan, "JPEG")).content).getpixel((9, 9))
    assert red < 60
    assert min(green, blue) > 120


def test_a_colour_profile_is_followed_and_then_thrown_away() -> None:
    red = written(Pillow.new("RGB", (40, 40), "red"), "PNG", icc_profile=swapped_profile())
    kept = opened(encode(red).content)
    assert kept.getpixel((9, 9))[2] > 240
    assert "icc_profile" not in kept.info


def test_nothing_but_pixels_is_kept() -> None:
    exif = Pillow.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0)}
    content = picture("JPEG", exif=exif, comment=SECRET, xmp=SECRET, icc_profile=srgb())
    assert SECRET in content
    encoded = encode(content)
    for stored in [encoded.content, *encoded.renditions.values()]:
        assert SECRET not in stored
        assert not dict(opened(stored).getexif())
        assert not opened(stored).info.keys() & {"icc_profile", "comment", "xmp", "exif"}


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """Of a screen whose red is our blue."""
    swapped = srgb().replace(b"rXYZ", b"????").replace(b"bXYZ", b"rXYZ")
    return swapped.replace(b"????", b"bXYZ")


def test_code_behind_the_picture_is_cut_off() -> None:
    encoded = encode(picture("GIF") + b"<?php evil(); ?><script>alert(1)</script>")
    assert b"script" not in encoded.content


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6
    encoded = encode(picture("JPEG", size=(900, 600), exif=exif))
    assert (encoded.width, encoded.height) == (600, 900)


def test_a_broken_colour_profile_is_no_reason_to_refuse() -> None:
    assert encode(picture("PNG", icc_profile=b"no profile at all")).width == 900


def test_renditions_are_narrower_than_the_picture() -> None:
    encoded = encode(picture(size=(1000, 500)))
    assert {ending: opened(content).size for ending, content in encoded.renditions.items()} == {
        "-480.avif": (480, 240),
        "-480.webp": (480, 240),
        "-800.avif": (800, 400),
        "-800.webp": (800, 400),
        "-1000.avif": (1000, 500),
        "-1000.webp": (1000, 500),
    }


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (1, [1]),
        (479, [479]),
        (480, [480]),
        (481, [480, 481]),
        (1200, [480, 800, 1200]),
        (1201, [480, 800, 1200]),
        (2000, [480, 800, 1200]),
    ],
)
def test_no_rendition_is_wider_than_its_picture(width: int, expected: list[int]) -> None:
    assert widths(width) == expected


def test_each_rendition_is_of_the_kind_that_its_name_says() -> None:
    for ending, content in encode(picture(size=(500, 300))).renditions.items():
        assert opened(content).format == ending.rpartition(".")[2].upper()


def test_renditions_let_through_what_the_picture_lets_through() -> None:
    half = Pillow.new("RGBA", (600, 400), (10, 20, 30, 120))
    for content in encode(written(half, "PNG")).renditions.values():
        assert opened(content).convert("RGBA").getpixel((5, 5))[3] == pytest.approx(120, abs=3)


def test_a_huge_picture_is_drawn_smaller() -> None:
    encoded = encode(picture(size=(5000, 2500), mode="L"))
    assert (encoded.width, encoded.height) == (2000, 1000)


def test_what_one_can_see_through_shrinks_without_a_dark_edge() -> None:
    huge = Pillow.new("RGBA", (7000, 90), (0, 0, 0, 0))
    huge.paste((250, 250, 250, 255), (0, 0, 3501, 90))
    kept = opened(encode(written(huge, "PNG")).content)
    assert kept.size == (2000, 26)
    row = [kept.getpixel((x, 9)) for x in range(990, 1010)]
    assert (row[0], row[-1][3]) == ((250, 250, 250, 255), 0)
    assert all(min(pixel[:3]) > 230 for pixel in row if pixel[3] > 20)


@pytest.mark.parametrize("size", [(6000, 1), (1, 9000), (1, 1)])
def test_odd_shapes_are_carried(size: tuple[int, int]) -> None:
    assert encode(picture(size=size, mode="L")).width >= 1


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return pack(">I", len(content)) + name + content + pack(">I", zlib.crc32(name + content))

    header = chunk(b"IHDR", pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(10_000, 5_000), (14_000, 14_000), (65_000, 65_000)])
def test_too_many_pixels_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    with pytest.raises(BadImage, match="pixels"):
        encode(png_header(*size))


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(BadImage, match="larger than 15 MB"):
        encode(b"\xff" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"PK\x03\x04" + b"\x00" * 60,
        b"\x00\x00\x00\x18ftypheic" + b"\x00" * 60,
        picture("PNG")[:120],
        picture("JPEG")[:200],
        picture("TIFF"),
        picture("BMP"),
        picture("ICO", size=(32, 32)),
        picture("PNG").replace(b"IDAT", b"IDAX"),
        png_header(300, 300),
        png_header(0, 0),
    ],
)
def test_what_is_no_usable_picture_is_refused_kindly(content: bytes) -> None:
    with pytest.raises(BadImage, match=r"empty|not a picture"):
        encode(content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_damaged_picture_is_carried_or_refused_but_never_breaks(kind: str) -> None:
    content = picture(kind, size=(120, 80))
    for position in range(0, len(content), max(1, len(content) // 60)):
        damaged = content[:position] + b"\xff\x00\xaa" + content[position + 3 :]
        try:
            encode(damaged)
        except BadImage as refusal:
            assert str(refusal)


@pytest.mark.django_db
def test_a_stored_picture_has_a_name_nobody_guesses_and_all_its_files() -> None:
    image = Image.store(picture(size=(1000, 500)), "A grey slope")
    assert image.alternative_text == "A grey slope"
    assert (image.width, image.height) == (1000, 500)
    assert len(image.file.name) > 30
    assert all(default_storage.exists(name) for name in image.file_names)
    stem = image.url.removesuffix(".jpg")
    assert stem.endswith("-1000x500")
    assert image.picture.sources == [
        Source(
            f"image/{kind}",
            f"{stem}-480.{kind} 480w, {stem}-800.{kind} 800w, {stem}-1000.{kind} 1000w",
        )
        for kind in ("avif", "webp")
    ]


@pytest.mark.django_db
def test_a_picture_whose_name_tells_no_size_is_shown_as_it_was_kept() -> None:
    stem = "pictures/0123456789abcdef01234567"
    image = Image(file=f"{stem}.jpg", width=1600, height=900, rendition_widths=[480, 800])
    srcset = f"/media/{stem}-480.webp 480w, /media/{stem}-800.webp 800w"
    assert image.picture.sources == [Source("image/webp", srcset)]
    assert image.file_names == [f"{stem}.jpg", f"{stem}-480.webp", f"{stem}-800.webp"]
    assert Image(file=f"{stem}.jpg", width=300, height=200).picture.sources == []


@pytest.mark.django_db
def test_the_same_picture_is_kept_once() -> None:
    first = Image.store(picture(), "A slope")
    assert Image.store(picture(), "A slope") == first
    assert Image.store(picture(), "Something else") != first


@pytest.mark.django_db
def test_a_full_disk_leaves_no_half_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    saved, save = [], default_storage.save

    def save_two(name: str, content: object) -> str:
        if len(saved) == 2:
            raise OSError(28, "No space left on device")
        saved.append(save(name, content))
        return saved[-1]

    monkeypatch.setattr(image_module.default_storage, "save", save_two)
    with pytest.raises(OSError, match="No space"):
        Image.store(picture(size=(1000, 500)))
    assert not Image.objects.exists()
    assert len(saved) == 2
    assert not any(default_storage.exists(name) for name in saved)


@pytest.mark.django_db(transaction=True)
def test_files_go_when_the_row_is_gone_for_good() -> None:
    image = Image.store(picture(), "x")
    names = image.file_names
    with transaction.atomic():
        image.delete()
        assert all(default_storage.exists(name) for name in names)
    assert not any(default_storage.exists(name) for name in names)
