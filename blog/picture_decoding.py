"""From a file that somebody sent to plain pixels, or a `BadImage` that says why not."""

import io
from contextlib import suppress
from dataclasses import dataclass

from PIL import ExifTags, ImageCms, ImageSequence
from PIL import Image as Pillow

MAX_PIXELS = 40_000_000
MAX_SIZE = (2000, 6000)
# A moving picture has many frames to decode, to shrink and to write twice.
MAX_MOVING_SIZE = (640, 1280)
MAX_FRAMES = 300
MAX_MOVING_PIXELS = 80_000_000
MAX_KEPT_MOVING_PIXELS = 20_000_000
SHORTEST_FRAME_MS, USUAL_FRAME_MS, LONGEST_FRAME_MS = 20, 100, 60_000
MOST_LOOPS = 60_000

KINDS = ("GIF", "JPEG", "PNG", "WEBP")
MOVING_KINDS = {"GIF", "PNG", "WEBP"}  # a phone's JPEG may hold two pictures; neither moves
OPAQUE = (255, 255)
LEFT_TO_THE_FINE_WAY = 1.5  # times
Turn = Pillow.Transpose
TURNS = {
    2: Turn.FLIP_LEFT_RIGHT,
    3: Turn.ROTATE_180,
    4: Turn.FLIP_TOP_BOTTOM,
    5: Turn.TRANSPOSE,
    6: Turn.ROTATE_270,
    7: Turn.TRANSVERSE,
    8: Turn.ROTATE_90,
}
SIDEWAYS = {5, 6, 7, 8}
UNREADABLE = "This is not a picture we can read. Use JPEG, PNG, WebP or GIF."


class BadImage(ValueError):
    """The picture cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Pixels:
    """RGB, or RGBA where one can see through; sRGB, upright, without metadata, not too large.

    More than one frame: it moves. `loops` is 0 when it never ends.
    """

    frames: list[Pillow.Image]
    durations_ms: list[int]
    loops: int = 1


def decode(content: bytes) -> Pixels:
    try:
        picture = Pillow.open(io.BytesIO(content), formats=KINDS)
        _refuse_pixels(picture)
        if picture.format in MOVING_KINDS and getattr(picture, "is_animated", False):
            return _moving(picture)
        return Pixels([_still(picture)], [0])
    except BadImage:
        raise
    except Pillow.DecompressionBombError as error:
        raise BadImage("This picture has too many pixels. Save it smaller.") from error
    except Exception as error:
        raise BadImage(UNREADABLE) from error


def _refuse_pixels(picture: Pillow.Image) -> None:
    if picture.width * picture.height > MAX_PIXELS:
        raise BadImage(
            f"This picture has {picture.width} × {picture.height} pixels; "
            f"{MAX_PIXELS // 10**6} million are the most. Save it smaller."
        )


def _still(picture: Pillow.Image) -> Pillow.Image:
    orientation = _orientation(picture)
    bounds = MAX_SIZE[::-1] if orientation in SIDEWAYS else MAX_SIZE
    scale = min(1, *(most / side for most, side in zip(bounds, picture.size, strict=True)))
    # Of a JPEG, only as many pixels are decoded as are needed.
    picture.draft(None, tuple(max(1, round(side * scale)) for side in picture.size))
    picture.load()
    return _plain(picture, orientation, bounds)


def _moving(picture: Pillow.Image) -> Pixels:
    frames, durations_ms, orientation = [], [], _orientation(picture)
    for frame in ImageSequence.Iterator(picture):
        _refuse_pixels(frame)  # of a GIF, any frame may be larger than the one before
        frames.append(_plain(frame, orientation, MAX_MOVING_SIZE))
        durations_ms.append(_duration_ms(frame))
        _refuse_motion(frames, picture)
    loops = min(int(picture.info.get("loop", 1)), MOST_LOOPS)
    return Pixels(_alike(frames), durations_ms, loops)


def _alike(frames: list[Pillow.Image]) -> list[Pillow.Image]:
    """All in the first one's size, and in one mode, as the writers need them."""
    mode = "RGB" if all(frame.mode == "RGB" for frame in frames) else "RGBA"
    size = (0, 0, *frames[0].size)
    return [frame.convert(mode).crop(size) for frame in frames]


def _refuse_motion(frames: list[Pillow.Image], picture: Pillow.Image) -> None:
    count, kept = len(frames), frames[0]
    if (
        count > MAX_FRAMES
        or count * picture.width * picture.height > MAX_MOVING_PIXELS
        or count * kept.width * kept.height > MAX_KEPT_MOVING_PIXELS
    ):
        raise BadImage("This moving picture is too long or too large. Make it shorter or smaller.")


def _duration_ms(frame: Pillow.Image) -> int:
    """What says nothing, or zero, is shown as browsers show it."""
    said = int(frame.info.get("duration") or USUAL_FRAME_MS)
    return min(max(said, SHORTEST_FRAME_MS), LONGEST_FRAME_MS)


def _orientation(picture: Pillow.Image) -> int:
    """As EXIF numbers them; broken notes are no reason to refuse a picture."""
    with suppress(Exception):
        return int(picture.getexif().get(ExifTags.Base.Orientation, 1))
    return 1


def _plain(picture: Pillow.Image, orientation: int, bounds: tuple[int, int]) -> Pillow.Image:
    """A new picture; `bounds` are for the picture as it lies."""
    profile = picture.info.get("icc_profile")
    plain = _shrunk(_in_shades(picture), bounds)
    if orientation in TURNS:
        plain = plain.transpose(TURNS[orientation])
    plain = _opaque_if_possible(_in_srgb(plain, profile))
    plain.info = {}  # the writers would copy what it holds: comment, EXIF, profile
    return plain


def _in_shades(picture: Pillow.Image) -> Pillow.Image:
    """In a mode that can be shrunk smoothly, and that its colour profile is for."""
    if picture.mode.startswith("I"):  # Pillow would cut its 65,536 greys off at 255
        return picture.convert("I").point(lambda grey: grey * (1 / 257)).convert("L")
    if picture.has_transparency_data:
        return picture.convert("RGBA")
    return picture if picture.mode in ("CMYK", "L", "RGB") else picture.convert("RGB")


def _shrunk(picture: Pillow.Image, bounds: tuple[int, int]) -> Pillow.Image:
    """A copy. The quick way first, for whole steps, as far as the fine way has something to do."""
    times_too_large = max(side / most for side, most in zip(picture.size, bounds, strict=True))
    step = int(times_too_large / LEFT_TO_THE_FINE_WAY)
    copy = picture.reduce(step) if step > 1 else picture.copy()
    copy.thumbnail(bounds, Pillow.Resampling.LANCZOS)
    return copy


def _in_srgb(picture: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Phones keep wide colours that only their profile explains; we keep no profile."""
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    if not profile:
        return picture.convert(mode)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(picture, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):  # broken, or for another kind of picture
        return picture.convert(mode)


def _opaque_if_possible(picture: Pillow.Image) -> Pillow.Image:
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == OPAQUE:
        return picture.convert("RGB")
    return picture
