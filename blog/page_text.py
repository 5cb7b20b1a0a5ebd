"""A text as its page shows it. What is stored, mailed and put into feeds stays as it was written.

Only for HTML that the sanitiser has written: each value is quoted, and no `<`, `>` or `"` stands
in one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from html import escape
from itertools import count

from blog.plain_text import plain_text
from blog.sanitizer import ID_PREFIX
from blog.slugs import slug_from

HEADING = re.compile(r"<(?P<tag>h[2-4])(?P<attributes>[^>]*)>(?P<inner>.*?)</(?P=tag)>", re.DOTALL)
ID = re.compile(r' id="([^"]*)"')
TABLE = re.compile(r"<table\b[^>]*>(?:\s*<caption[^>]*>(?P<caption>.*?)</caption>)?", re.DOTALL)
# As the import writes them; the sanitiser puts its mark before each id.
WAY_BACK = re.compile(rf'<a href="#{ID_PREFIX}fnref[^"]*"')
# What Newsreader’s italics are fetched for.
ITALIC = re.compile(r'<(?:em|i|cite)\b|class="[^"]*\bpull-quote\b')
# What has an end; void elements (`<br>`, `<img>` …) do not count on either side.
BEGINS = re.compile(r"<(?!/|br\b|hr\b|img\b|source\b)")
LONG_ENOUGH_FOR_CONTENTS = 4
ANCHOR_LENGTH = 60
FAQ_LEAST = 2


@dataclass(frozen=True)
class Heading:
    tag: str
    anchor: str
    text: str
    answer: str  # what stands below a question; else empty

    @classmethod
    def of(cls, match: re.Match[str], anchor: str, below: str) -> "Heading":
        text = one_line(match["inner"])
        is_question = match["tag"] in ("h2", "h3") and text.endswith("?")
        return cls(match["tag"], anchor, text, plain_text(below) if is_question else "")


@dataclass(frozen=True)
class PageText:
    html: str
    headings: list[Heading]

    @classmethod
    def of(cls, body: str) -> "PageText":
        anchors, matches = Anchors(body), list(HEADING.finditer(body))
        ends = [*(match.start() for match in matches[1:]), len(body)]
        headings = [
            Heading.of(match, anchors.of(match), body[match.end() : end])
            for match, end in zip(matches, ends, strict=False)
        ]
        given = iter(headings)
        html = HEADING.sub(lambda match: anchored(match, next(given).anchor), body)
        html = WAY_BACK.sub(r'\g<0> aria-label="Back to the text"', html)
        return cls(framed_tables(html), headings)

    @property
    def contents(self) -> list[Heading]:
        """The sections of a long text; of a short one, nothing."""
        sections = [one for one in self.headings if one.tag == "h2" and one.text]
        return sections if len(sections) >= LONG_ENOUGH_FOR_CONTENTS else []

    @property
    def has_italics(self) -> bool:
        return bool(ITALIC.search(self.html))

    @property
    def halves(self) -> tuple[str, str]:
        """A long text parted before a section near its middle; a short one is all in the first."""
        starts = [at.start() for at in re.finditer("<h2", self.html)] if self.contents else []
        for start in sorted(starts, key=lambda start: abs(start - len(self.html) / 2)):
            before = self.html[:start]
            if start and len(BEGINS.findall(before)) == before.count("</"):
                return before, self.html[start:]
        return self.html, ""

    @property
    def questions(self) -> list[Heading]:
        """Questions with their answers, of a text that answers more than one."""
        found = [heading for heading in self.headings if heading.answer]
        return found if len(found) >= FAQ_LEAST else []


class Anchors:
    """Names for the headings of one text: readable, each once, the same as long as the words."""

    def __init__(self, body: str) -> None:
        self.taken = set(ID.findall(body))

    def of(self, heading: re.Match[str]) -> str:
        given = ID.search(heading["attributes"])
        if given:
            return given[1]
        words = slug_from(one_line(heading["inner"]), "section")
        if len(words) > ANCHOR_LENGTH:
            words = words[:ANCHOR_LENGTH].rpartition("-")[0] or words[:ANCHOR_LENGTH]
        stem = ID_PREFIX + words
        anchor = next(name for name in numbered(stem) if name not in self.taken)
        self.taken.add(anchor)
        return anchor


def one_line(html: str) -> str:
    return " ".join(plain_text(html).split())


def numbered(stem: str) -> Iterator[str]:
    return (stem if n == 1 else f"{stem}-{n}" for n in count(1))


def anchored(heading: re.Match[str], anchor: str) -> str:
    if ID.search(heading["attributes"]):
        return heading.group()
    return heading.group().replace(">", f' id="{anchor}">', 1)


def framed_tables(html: str) -> str:
    """Each table in a frame that scrolls sideways, for fingers and for the keyboard."""
    numbers = count(1)
    framed = TABLE.sub(partial(framed_table, numbers), html)
    return framed.replace("</table>", "</table></div>")


def framed_table(numbers: count, table: re.Match[str]) -> str:
    number = next(numbers)
    name = "Table" if number == 1 else f"Table {number}"
    if caption := one_line(table["caption"] or ""):
        name = f"{name}: {caption}"
    frame = f'<div class="table" tabindex="0" role="region" aria-label="{escape(name)}">'
    return frame + table.group()
