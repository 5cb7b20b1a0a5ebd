"""What a list shows of an article, in words and numbers alone: a part of a page is made of it."""

from datetime import datetime
from typing import NamedTuple

from blog.renditions import Picture


class Link(NamedTuple):
    name: str
    url: str


class Card(NamedTuple):
    title: str
    url: str
    reading_minutes: int
    published_at: datetime
    cover: Picture | None
    summary: str = ""
    author: Link | None = None
    topic: Link | None = None
