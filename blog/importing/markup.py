"""Markdown and HTML, with a head between two lines of dashes (front matter) or without."""

import re
from datetime import datetime
from pathlib import Path

import frontmatter
import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from blog.importing.blocks import blocks_of, says
from blog.importing.dates import as_moment
from blog.importing.manuscript import CannotImport, Manuscript
from blog.plain_text import plain_text

FIRST_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL | re.I)
TITLE = re.compile(r"<title\b[^>]*>(.*?)</title>", re.DOTALL | re.I)
BODY = re.compile(r"<body\b[^>]*>(.*)</body>", re.DOTALL | re.I)
HEADING = re.compile(r"<h[2-6]\b")
WORDS = ("title", "slug", "author", "summary", "cover", "cover_alt")
ORIGINAL = "canonical_url"  # as other systems call it
KNOWN = {*WORDS, ORIGINAL, "date", "topics"}

Head = dict[str, object]


def read_markdown(path: Path, text: str, title: str = "") -> Manuscript:
    head, content = _split_head(path, text, title)
    return _manuscript(path, head, markdown(content))


def read_html(path: Path, text: str, title: str = "") -> Manuscript:
    head, content = _split_head(path, text, title)
    body, named = BODY.search(content), TITLE.search(content)
    fallback = _words(plain_text(named[1])) if named else ""
    return _manuscript(path, head, body[1] if body else content, fallback)


def markdown(text: str) -> str:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return parser.use(footnote_plugin).render(text)


def _split_head(path: Path, text: str, title: str) -> tuple[Head, str]:
    try:
        found = frontmatter.loads(text)
    except (yaml.YAMLError, ValueError, TypeError) as error:
        reason = " ".join(str(error).split())
        raise CannotImport(f"The head of {path.name} cannot be read: {reason}.") from error
    return {**found.metadata, **({"title": title} if title else {})}, found.content


def _manuscript(path: Path, head: Head, html: str, fallback_title: str = "") -> Manuscript:
    words = {name: _words(head.get(name)) for name in WORDS}
    heading = FIRST_HEADING.search(html)
    if heading and (not words["title"] or says(heading[1], words["title"])):
        html = html[: heading.start()] + html[heading.end() :]
        words["title"] = words["title"] or _words(plain_text(heading[1]))
    blocks = blocks_of(html)
    words["title"] = words["title"] or fallback_title
    if not words["title"] and blocks and HEADING.match(blocks[0]):
        words["title"] = _words(plain_text(blocks.pop(0)))
    unknown = sorted(str(name) for name in head.keys() - KNOWN)
    return Manuscript(
        path,
        blocks,
        date=_date(path, head.get("date")),
        topics=_list(head.get("topics")),
        original_url=_words(head.get(ORIGINAL)),
        warnings=[f"In its head we do not know {', '.join(unknown)}."] if unknown else [],
        **words,
    )


def _words(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _list(value: object) -> list[str]:
    parts = value if isinstance(value, list) else str(value or "").split(",")
    return list(dict.fromkeys(_words(part) for part in parts if _words(part)))


def _date(path: Path, value: object) -> datetime | None:
    if value in (None, ""):
        return None
    date = as_moment(value)
    if date is None:
        raise CannotImport(
            f"The date of {path.name}, “{value}”, cannot be read. Write it as 2026-11-18."
        )
    return date
