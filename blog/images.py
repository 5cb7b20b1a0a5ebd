"""Pictures: whatever comes in is decoded and drawn anew, so that only pixels are kept."""

import io
from dataclasses import dataclass

from PIL import Image as Pillow

from blog.picture_decoding import BadImage, Pixels, decode
from blog.renditions import FORMATS, MOVING, STILL, widths

MAX_BYTES = 15 * 1024 * 1024
# The slower settings save a tenth of the bytes, and an editor waits while a picture is drawn.
ENCODERS = {
    "avif": {"format": "AVIF", "quality": 60, "speed": 8},
    "webp": {"format": "WEBP", "quality": 80},
    "jpg": {"format": "JPEG", "quality": 86, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "optimize": True},
}


@dataclass(frozen=True)
class EncodedImage:
    """The picture as it will be stored, and what lies beside it by the ends of their names."""

    content: bytes
    extension: str
    width: int
    height: int
    renditions: dict[str, bytes]


def encode(content: bytes) -> EncodedImage:
    """Decode `content` and encode it anew: upright, without metadata, at most 2000 px wide.

    What moves goes on moving, at most 640 px wide. Raises `BadImage` when it is no picture, is
    too large, or is of a kind we refuse (SVG).
    """
    refuse_size(len(content))
    pixels = decode(content)
    return _moving(pixels) if len(pixels.frames) > 1 else _still(pixels.frames[0])


def refuse_size(size_bytes: int) -> None:
    if size_bytes > MAX_BYTES:
        raise BadImage(f"This picture is larger than {MAX_BYTES // 2**20} MB. Save it smaller.")
    if not size_bytes:
        raise BadImage("This file is empty.")


def _still(picture: Pillow.Image) -> EncodedImage:
    extension = "png" if picture.mode == "RGBA" else "jpg"
    return EncodedImage(
        content=_written(picture, **ENCODERS[extension]),
        extension=extension,
        width=picture.width,
        height=picture.height,
        renditions={
            f"-{width}.{kind}": _written(scaled, **ENCODERS[kind])
            for width in widths(picture.width)
            for scaled in [_scaled(picture, width)]
            for kind in FORMATS
        },
    )


def _scaled(picture: Pillow.Image, width: int) -> Pillow.Image:
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Pillow.Resampling.LANCZOS, reducing_gap=3)


def _moving(pixels: Pixels) -> EncodedImage:
    """GIF where nothing else can move: feeds, mails, old browsers; WebP for all others."""
    first, *others = pixels.frames
    motion = {"save_all": True, "append_images": others, "duration": pixels.durations_ms}
    # Without a number a GIF plays once; with one, it says how often it plays again.
    gif_loops = {} if pixels.loops == 1 else {"loop": pixels.loops}
    clearing = {"disposal": 2} if first.mode == "RGBA" else {}
    loops = {"loop": pixels.loops}
    return EncodedImage(
        content=_written(first, format="GIF", **motion, **gif_loops, **clearing),
        extension="gif",
        width=first.width,
        height=first.height,
        renditions={
            MOVING: _written(first, format="WEBP", quality=75, method=2, **motion, **loops),
            STILL: _written(first, **ENCODERS["webp"]),
        },
    )


def _written(picture: Pillow.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, **options)
    return buffer.getvalue()
