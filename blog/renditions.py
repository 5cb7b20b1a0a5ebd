"""Which files stand beside a picture, told by its name alone: `…-1600x900.jpg`.

So a text is served with all sizes of its pictures, and the database is not asked for them. What
is said here of a form of name holds as long as such names stand in texts: other widths or formats
need another form of name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.core.files.storage import default_storage

WIDTHS = (480, 800, 1200)
FORMATS = ("avif", "webp")  # the lightest first: a browser takes the first that it can show
NAME = re.compile(
    r"(?P<stem>[^\s,]*[0-9a-f]{24}-(?P<width>[1-9]\d{0,3})x(?P<height>[1-9]\d{0,3}))"
    r"\.(?P<kind>jpg|png|gif)"
)
MOVING, STILL = ".webp", "-still.webp"


@dataclass(frozen=True)
class Source:
    """The attributes of a `<source>`."""

    type: str
    srcset: str
    media: str = ""


@dataclass(frozen=True)
class PictureName:
    stem: str
    kind: str
    width: int
    height: int

    @classmethod
    def of(cls, name: str) -> "PictureName | None":
        """`name` may be a path or an address. None if it tells no size."""
        match = NAME.fullmatch(name)
        size = (int(match["width"]), int(match["height"])) if match else ()
        return cls(match["stem"], match["kind"], *size) if match else None

    @property
    def is_moving(self) -> bool:
        return self.kind == "gif"

    @property
    def files(self) -> list[str]:
        endings = (MOVING, STILL) if self.is_moving else still_endings(self.width)
        return [f"{self.stem}.{self.kind}", *(self.stem + ending for ending in endings)]

    @property
    def sources(self) -> list[Source]:
        if self.is_moving:
            still, moving = (f"{self.stem}{end} {self.width}w" for end in (STILL, MOVING))
            calm = "(prefers-reduced-motion: reduce)"
            return [Source("image/webp", still, calm), Source("image/webp", moving)]
        steps = widths(self.width)
        return [Source(f"image/{kind}", srcset(self.stem, steps, kind)) for kind in FORMATS]


class Picture(NamedTuple):
    """A stored picture, by all that tells its addresses."""

    file_name: str
    width: int
    height: int
    # For pictures whose names do not tell what lies beside them (WebP of these widths).
    rendition_widths: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        return default_storage.url(self.file_name)

    @property
    def sources(self) -> list[Source]:
        """What a browser may take instead of the file itself, the lightest first."""
        if name := PictureName.of(self.url):
            return name.sources
        stem = self.url.rsplit(".", 1)[0]
        steps = self.rendition_widths
        return [Source("image/webp", srcset(stem, steps, "webp"))] if steps else []


def widths(width: int) -> list[int]:
    """Never wider than the picture; its own width too, if that is none of the large ones."""
    narrower = [one for one in WIDTHS if one < width]
    return narrower if width > WIDTHS[-1] else [*narrower, width]


def still_endings(width: int) -> list[str]:
    return [f"-{one}.{kind}" for kind in FORMATS for one in widths(width)]


def srcset(stem: str, widths: Iterable[int], kind: str) -> str:
    return ", ".join(f"{stem}-{width}.{kind} {width}w" for width in widths)
