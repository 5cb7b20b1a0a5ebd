"""Pictures: whatever comes in is decoded and drawn anew, so that only pixels are kept."""

import io
from dataclasses import dataclass

from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 40_000_000
MAX_WIDTH = 2000
MAX_HEIGHT = 6000
RENDITION_WIDTHS = (480, 800, 1200)
FORMATS = ("GIF", "JPEG", "PNG", "WEBP")
OPAQUE = (255, 255)


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
    refuse_size(len(content))
    picture = _decode(content)
    if picture.width > MAX_WIDTH or picture.height > MAX_HEIGHT:
        picture.thumbnail((MAX_WIDTH, MAX_HEIGHT), Pillow.Resampling.LANCZOS)
    is_seen_through = picture.mode == "RGBA"
    return EncodedImage(
        content=_save(picture, "PNG", optimize=True)
        if is_seen_through
        else _save(picture, "JPEG", quality=86, optimize=True, progressive=True),
        extension="png" if is_seen_through else "jpg",
        width=picture.width,
        height=picture.height,
        renditions={width: _rendition(picture, width) for width in _narrower(picture.width)},
    )


def refuse_size(size_bytes: int) -> None:
    if size_bytes > MAX_BYTES:
        raise BadImage(f"This picture is larger than {MAX_BYTES // 2**20} MB. Save it smaller.")
    if not size_bytes:
        raise BadImage("This file is empty.")


def _decode(content: bytes) -> Pillow.Image:
    try:
        picture = Pillow.open(io.BytesIO(content), formats=FORMATS)
        _refuse_pixels(picture)
        picture.load()
        profile = picture.info.get("icc_profile")
        has_alpha = picture.has_transparency_data
        picture = ImageOps.exif_transpose(picture).convert("RGBA" if has_alpha else "RGB")
        return _opaque_if_possible(_in_srgb(picture, profile))
    except BadImage:
        raise
    except Pillow.DecompressionBombError as error:
        raise BadImage("This picture has too many pixels. Save it smaller.") from error
    except Exception as error:
        raise BadImage("This is not a picture we can read. Use JPEG, PNG, WebP or GIF.") from error


def _refuse_pixels(picture: Pillow.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise BadImage(
            f"This picture has {picture.width} × {picture.height} pixels; "
            f"{MAX_PIXELS // 10**6} million are the most. Save it smaller."
        )


def _in_srgb(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Phones keep wide colours that only their profile explains; we keep no profile."""
    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, target, outputMode=picture.mode)
    except (ImageCms.PyCMSError, OSError):  # broken, or of another kind (CMYK): plain is fine
        return picture


def _opaque_if_possible(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == OPAQUE:
        return picture.convert("RGB")
    return picture


def _narrower(width: int) -> list[int]:
    return [rendition for rendition in RENDITION_WIDTHS if rendition < width]


def _rendition(picture: Pillow.Image, width: int) -> bytes:
    height = max(1, round(picture.height * width / picture.width))
    return _save(picture.resize((width, height), Pillow.Resampling.LANCZOS), "WEBP", quality=82)


def _save(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    # What came in may have left notes that the writers would copy (comment, EXIF, profile).
    picture.info = {}
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
