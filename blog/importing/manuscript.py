"""An article on its way in, before anything is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


class CannotImport(ValueError):
    """A file cannot be taken; the message says why and what to do."""


@dataclass
class Manuscript:
    """What a file says of one article. `html` is not sanitised yet: saving sees to it."""

    path: Path
    html: str
    title: str = ""
    slug: str = ""
    date: datetime | None = None
    topics: list[str] = field(default_factory=list)
    author: str = ""
    summary: str = ""
    cover_alt: str = ""
    dropped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
