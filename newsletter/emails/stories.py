"""An article as mails show it: with absolute addresses that outlive a change of its slug."""

from __future__ import annotations

import re
from dataclasses import dataclass

from blog.models import Article, Image
from blog.plain_text import excerpt, plain_text
from blog.site_address import absolute

PREHEADER_LENGTH = 140
OPENING_LENGTH = 600
MAIL_WIDTH = 600
PARAGRAPH = re.compile(r"<p\b[^>]*>(.*?)</p>", re.DOTALL)
FIRST_HEADING = re.compile(r"<h[2-6]\b")


@dataclass(frozen=True)
class Picture:
    """As wide as a mail at the most; `height` goes with that width."""

    url: str
    width: int
    height: int
    alternative_text: str

    @classmethod
    def of(cls, image: Image, otherwise: str) -> Picture:
        width = min(image.width, MAIL_WIDTH)
        height = max(1, round(image.height * width / image.width))
        text = image.alternative_text or otherwise
        return cls(absolute(image.url), width, height, text)


@dataclass(frozen=True)
class Story:
    title: str
    url: str
    summary: str
    author: str
    reading_minutes: int
    topic: str
    cover: Picture | None
    opening: list[str]

    @classmethod
    def of(cls, article: Article) -> Story:
        topic = article.topics.first()
        return cls(
            title=article.title,
            url=absolute(article.get_permanent_url()),
            summary=article.summary,
            author=article.author.name,
            reading_minutes=article.reading_minutes,
            topic=topic.name if topic else "",
            cover=Picture.of(article.cover, article.title) if article.cover else None,
            opening=opening_of(article.body),
        )

    @property
    def preheader(self) -> str:
        """Says something that the subject does not."""
        return excerpt(self.summary or " ".join(self.opening), PREHEADER_LENGTH)


def opening_of(body: str) -> list[str]:
    """The paragraphs with which an article begins, as plain text, without cutting one in two."""
    before_heading = FIRST_HEADING.split(body, maxsplit=1)[0]
    paragraphs = [plain_text(inside) for inside in PARAGRAPH.findall(before_heading)]
    opening, length = [], 0
    for paragraph in filter(None, paragraphs):
        length += len(paragraph)
        if length > OPENING_LENGTH:
            break
        opening.append(" ".join(paragraph.split()))
    return opening
