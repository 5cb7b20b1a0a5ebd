"""An article on its way in, before anything is stored."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


class CannotImport(ValueError):
    """A file cannot be taken; the message says why and what to do."""


@dataclass
class Manuscript:
    """What a file says of one article. `blocks` are its paragraphs, headings, lists and so on,
    as HTML with allowed elements only; saving sanitises it in full."""

    path: Path
    blocks: list[str]
    title: str = ""
    slug: str = ""
    date: datetime | None = None
    topics: list[str] = field(default_factory=list)
    author: str = ""
    summary: str = ""
    original_url: str = ""
    cover: str = ""
    cover_alt: str = ""
    dropped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def html(self) -> str:
        return "\n".join(self.blocks)
