"""What moves goes on moving, within limits, and stands still for whoever asked for that."""

import io

import pytest
from django.core.files.storage import default_storage
from PIL import Image as Pillow
from PIL import ImageChops, ImageSequence

from blog.images import EncodedImage, encode
from blog.models import Image
from blog.picture_decoding import MAX_FRAMES, BadImage
from blog.renditions import Source
from blog.tests.moving_pictures import moving, square


def opened(content: bytes) -> Pillow.Image:
    return Pillow.open(io.BytesIO(content))


def files(encoded: EncodedImage) -> dict[str, Pillow.Image]:
    return {".gif": opened(encoded.content)} | {
        ending: opened(content) for ending, content in encoded.renditions.items()
    }


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_it_is_kept_as_gif_and_webp_and_as_one_picture_that_stands_still(kind: str) -> None:
    encoded = encode(moving(kind))
    kept = files(encoded)
    assert encoded.extension == "gif"
    assert {ending: file.format for ending, file in kept.items()} == {
        ".gif": "GIF",
        ".webp": "WEBP",
        "-still.webp": "WEBP",
    }
    assert [getattr(file, "n_frames", 1) for file in kept.values()] == [3, 3, 1]
    assert {file.size for file in kept.values()} == {(120, 80)}


@pytest.mark.parametrize("ending", [".gif", ".webp"])
def test_it_keeps_its_pace_and_goes_round_as_often(ending: str) -> None:
    file = files(encode(moving(duration=[70, 200, 4000], loop=3)))[ending]
    durations = []
    for n in range(3):
        file.seek(n)
        file.load()
        durations.append(file.info["duration"])
    assert durations == [70, 200, 4000]
    assert file.info["loop"] == 3


def test_what_plays_once_plays_once() -> None:
    kept = files(encode(once()))
    assert "loop" not in kept[".gif"].info
    assert kept[".webp"].info["loop"] == 1


def once() -> bytes:
    drawn = [square((60, 40), n).convert("RGB") for n in range(2)]
    buffer = io.BytesIO()
    drawn[0].save(buffer, "GIF", save_all=True, append_images=drawn[1:], duration=70)
    return buffer.getvalue()


@pytest.mark.parametrize("duration", [0, 1, 10_000_000])
def test_a_pace_that_nobody_can_follow_is_mended(duration: int) -> None:
    file = files(encode(moving("WEBP", duration=duration)))[".webp"]
    file.load()
    assert 20 <= file.info["duration"] <= 60_000


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_what_one_can_see_through_stays_so_in_every_frame(kind: str) -> None:
    kept = files(encode(moving(kind, mode="RGBA", disposal=2)))
    for ending in (".gif", ".webp"):
        for n in range(3):
            kept[ending].seek(n)
            frame = kept[ending].convert("RGBA")
            assert frame.getpixel((119, 79))[3] == 0
            assert frame.getpixel((5, 5))[3] == 255


def test_few_colours_stay_as_they_are_and_many_come_near() -> None:
    pure = [Pillow.new("RGB", (400, 300), colour) for colour in ("#123456", "#123457", "#fedcba")]
    for frame in pure:
        frame.paste("#00ff00", (200, 0, 201, 300))  # a line that is easily overlooked
    kept = frames_of(pure)
    assert [frame.getpixel((9, 9)) for frame in kept] == [
        (0x12, 0x34, 0x56),
        (0x12, 0x34, 0x57),
        (0xFE, 0xDC, 0xBA),
    ]
    assert [frame.getpixel((200, 9)) for frame in kept] == [(0, 255, 0)] * 3
    ramp, turn = Pillow.linear_gradient("L"), Pillow.Transpose.ROTATE_90
    colourful = Pillow.merge("RGB", [ramp, ramp.transpose(turn), ramp.point(lambda n: 255 - n)])
    kept = frames_of([colourful, colourful.transpose(turn)])
    difference = ImageChops.difference(kept[0].resize((8, 8)), colourful.resize((8, 8)))
    assert max(high for _, high in difference.getextrema()) < 10


def frames_of(drawn: list[Pillow.Image]) -> list[Pillow.Image]:
    """As the GIF shows them that is kept of these."""
    sent = io.BytesIO()
    drawn[0].save(sent, "WEBP", save_all=True, append_images=drawn[1:], lossless=True)
    gif = opened(encode(sent.getvalue()).content)
    return [frame.convert("RGB") for frame in ImageSequence.Iterator(gif)]


def test_it_is_made_smaller_but_never_larger() -> None:
    assert encode(moving(size=(1000, 400))).width == 640
    assert encode(moving(size=(100, 40))).width == 100


@pytest.mark.parametrize(
    ("size", "frames"), [((1, 1), MAX_FRAMES + 1), ((6000, 6000), 3), ((640, 640), 50)]
)
def test_too_much_motion_is_refused_with_advice(size: tuple[int, int], frames: int) -> None:
    content = moving(size=size, frames=frames, mode="P")
    with pytest.raises(BadImage, match="shorter or smaller"):
        encode(content)


def test_a_phones_picture_with_a_second_one_inside_does_not_move() -> None:
    drawn = [Pillow.new("RGB", (60, 40), colour) for colour in ("red", "blue")]
    buffer = io.BytesIO()
    drawn[0].save(buffer, "MPO", save_all=True, append_images=drawn[1:])
    assert encode(buffer.getvalue()).extension == "jpg"


def test_one_that_breaks_off_is_refused() -> None:
    content = moving(size=(300, 200))
    with pytest.raises(BadImage, match="not a picture"):
        encode(content[: len(content) // 2])


@pytest.mark.django_db
def test_its_sources_are_the_calm_one_and_the_moving_one() -> None:
    image = Image.store(moving(), "A square on its way")
    stem = image.url.removesuffix(".gif")
    assert image.picture.sources == [
        Source("image/webp", f"{stem}-still.webp 120w", "(prefers-reduced-motion: reduce)"),
        Source("image/webp", f"{stem}.webp 120w"),
    ]
    assert all(default_storage.exists(name) for name in image.file_names)
    image.delete()
