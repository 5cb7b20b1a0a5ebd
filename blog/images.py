"""Pictures: whatever comes in is decoded and drawn anew, so that only pixels are kept."""

import io
import warnings
from dataclasses import dataclass

from PIL import Image as Pillow
from PIL import ImageOps

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_WIDTH = 2000
RENDITION_WIDTHS = (480, 800, 1200)
FORMATS = {"JPEG", "PNG", "WEBP", "GIF", "MPO"}
DECODE_ERRORS = (OSError, SyntaxError, ValueError, EOFError, TypeError, OverflowError)


class BadImage(ValueError):
    """The picture cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class EncodedImage:
    """The picture as it will be stored."""

    content: bytes
    extension: str
    width: int
    height: int
    renditions: dict[int, bytes]


def encode(content: bytes) -> EncodedImage:
    """Decode `content` and encode it anew: upright, without metadata, at most 2000 px wide.

    Raises `BadImage` when it is no picture, is too large, or is of a kind we refuse (SVG).
    """
    picture = _decode(content)
    if picture.width > MAX_WIDTH:
        picture = picture.resize(_scaled(picture, MAX_WIDTH), Pillow.Resampling.LANCZOS)
    has_alpha = picture.mode == "RGBA"
    full = _save(picture, "PNG", optimize=True) if has_alpha else _save(picture, "JPEG", quality=86)
    renditions = {
        width: _save(
            picture.resize(_scaled(picture, width), Pillow.Resampling.LANCZOS), "WEBP", quality=82
        )
        for width in RENDITION_WIDTHS
        if width < picture.width
    }
    extension = "png" if has_alpha else "jpg"
    return EncodedImage(full, extension, picture.width, picture.height, renditions)


def _decode(content: bytes) -> Pillow.Image:
    if len(content) > MAX_BYTES:
        raise BadImage(f"This picture is larger than {MAX_BYTES // 2**20} MB. Save it smaller.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Pillow.DecompressionBombWarning)
            picture = Pillow.open(io.BytesIO(content), formats=sorted(FORMATS))
            if picture.width * picture.height > MAX_PIXELS:
                raise BadImage(
                    f"This picture has {picture.width} × {picture.height} pixels; "
                    f"{MAX_PIXELS // 10**6} million are the most. Save it smaller."
                )
            picture.load()
            picture = ImageOps.exif_transpose(picture)
            return picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    except BadImage:
        raise
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning) as error:
        raise BadImage("This picture has too many pixels. Save it smaller.") from error
    except DECODE_ERRORS as error:
        raise BadImage("This is not a picture we can read. Use JPEG, PNG, WebP or GIF.") from error


def _scaled(picture: Pillow.Image, width: int) -> tuple[int, int]:
    return width, max(1, round(picture.height * width / picture.width))


def _save(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
