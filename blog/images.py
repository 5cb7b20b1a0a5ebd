"""Pictures: whatever comes in is decoded and drawn anew, so that only pixels are kept."""

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from PIL import Image as Pillow

from blog.picture_decoding import BadImage, Pixels, decode
from blog.renditions import FORMATS, MOVING, STILL, widths

MAX_BYTES = 15 * 1024 * 1024
# An editor waits while a picture is drawn. The slower settings save a tenth of the bytes and take
# twice the time; those of PNG take fifteen times as long.
ENCODERS = {
    "avif": {"format": "AVIF", "quality": 60, "speed": 8},
    "webp": {"format": "WEBP", "quality": 80, "method": 2},
    "jpg": {"format": "JPEG", "quality": 86, "optimize": True, "progressive": True},
    "png": {"format": "PNG", "compress_level": 4},
}
WRITERS = 2  # at once: Pillow lets other threads run while it decodes, shrinks and writes
MOST_COLOURS = 256
ENOUGH_PIXELS = 20_000  # to find the colours of a frame


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
    with ThreadPoolExecutor(WRITERS) as writers:
        content = writers.submit(_written, picture, **ENCODERS[extension])
        largest_first = reversed(widths(picture.width))
        scaled = list(writers.map(partial(_renditions, picture), largest_first))
    return EncodedImage(
        content=content.result(),
        extension=extension,
        width=picture.width,
        height=picture.height,
        renditions={ending: one for renditions in scaled for ending, one in renditions.items()},
    )


def _renditions(picture: Pillow.Image, width: int) -> dict[str, bytes]:
    scaled = _scaled(picture, width)
    return {f"-{width}.{kind}": _written(scaled, **ENCODERS[kind]) for kind in FORMATS}


def _scaled(picture: Pillow.Image, width: int) -> Pillow.Image:
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Pillow.Resampling.LANCZOS, reducing_gap=3)


def _moving(pixels: Pixels) -> EncodedImage:
    """GIF where nothing else can move: feeds, mails, old browsers; WebP for all others."""
    first = pixels.frames[0]
    with ThreadPoolExecutor(WRITERS) as writers:
        gif = writers.submit(_moving_gif, pixels)
        webp = writers.submit(_moving_webp, pixels)
    return EncodedImage(
        content=gif.result(),
        extension="gif",
        width=first.width,
        height=first.height,
        renditions={MOVING: webp.result(), STILL: _written(first, **ENCODERS["webp"])},
    )


def _moving_webp(pixels: Pixels) -> bytes:
    first, *others = pixels.frames
    options = {"quality": 75, "method": 2, "loop": pixels.loops, "duration": pixels.durations_ms}
    return _written(first, format="WEBP", save_all=True, append_images=others, **options)


def _moving_gif(pixels: Pixels) -> bytes:
    first, *others = map(_in_few_colours, pixels.frames)
    # Without a number a GIF plays once; with one, it says how often it plays again.
    options = {} if pixels.loops == 1 else {"loop": pixels.loops}
    if first.mode == "RGBA":
        options["disposal"] = 2
    options["duration"] = pixels.durations_ms
    return _written(first, format="GIF", save_all=True, append_images=others, **options)


def _in_few_colours(frame: Pillow.Image) -> Pillow.Image:
    """As a GIF has it. The writer would look at every pixel, and take ten times as long for it.

    It has a quick way of its own for what one can see through.
    """
    if frame.mode != "RGB":
        return frame
    counted = frame.getcolors(MOST_COLOURS)
    colours = _in_a_row([colour for _, colour in counted]) if counted else _sample(frame)
    dither = Pillow.Dither.NONE if counted else Pillow.Dither.FLOYDSTEINBERG
    return frame.quantize(palette=colours.quantize(MOST_COLOURS), dither=dither)


def _in_a_row(colours: list[tuple[int, int, int]]) -> Pillow.Image:
    row = Pillow.new("RGB", (len(colours), 1))
    row.putdata(colours)
    return row


def _sample(frame: Pillow.Image) -> Pillow.Image:
    step = max(1, round((frame.width * frame.height / ENOUGH_PIXELS) ** 0.5))
    size = (max(1, frame.width // step), max(1, frame.height // step))
    return frame.resize(size, Pillow.Resampling.NEAREST)


def _written(picture: Pillow.Image, **options: object) -> bytes:
    """Of a copy: Pillow notes its options on the picture, and another thread may write it too."""
    buffer = io.BytesIO()
    picture.copy().save(buffer, **options)
    return buffer.getvalue()
