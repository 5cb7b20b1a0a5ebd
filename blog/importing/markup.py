"""Markdown and HTML with a head between two lines of dashes (front matter)."""

import re
from pathlib import Path

import frontmatter
import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.footnote import footnote_plugin

from blog.importing.dates import as_moment
from blog.importing.manuscript import CannotImport, Manuscript
from blog.plain_text import plain_text

FIRST_HEADING = re.compile(r"\s*<h1[^>]*>(.*?)</h1>\s*", re.DOTALL | re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL | re.IGNORECASE)


def read_markdown(path: Path, text: str) -> Manuscript:
    head, content = _split_head(path, text)
    return _manuscript(path, head, markdown(content))


def read_html(path: Path, text: str) -> Manuscript:
    head, content = _split_head(path, text)
    title = TITLE.search(content)
    if title:
        head.setdefault("title", plain_text(title[1]))
    body = BODY.search(content)
    return _manuscript(path, head, body[1] if body else content)


def markdown(text: str) -> str:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    return parser.use(footnote_plugin).render(text)


def _split_head(path: Path, text: str) -> tuple[dict[str, object], str]:
    try:
        found = frontmatter.loads(text)
    except yaml.YAMLError as error:
        raise CannotImport(f"The head of {path.name} cannot be read: {error}") from error
    if not isinstance(found.metadata, dict):
        raise CannotImport(f"The head of {path.name} must be lines such as “title: …”.")
    return dict(found.metadata), found.content


def _manuscript(path: Path, head: dict[str, object], html: str) -> Manuscript:
    heading = FIRST_HEADING.match(html)
    if heading:
        head.setdefault("title", plain_text(heading[1]))
        html = html[heading.end() :]
    return Manuscript(
        path,
        html=html.strip(),
        title=_words(head, "title"),
        slug=_words(head, "slug"),
        date=_date(path, head),
        topics=_list(head.get("topics")),
        author=_words(head, "author"),
        summary=_words(head, "summary"),
        cover_alt=_words(head, "cover_alt"),
    )


def _words(head: dict[str, object], name: str) -> str:
    value = head.get(name)
    return "" if value is None else " ".join(str(value).split())


def _list(value: object) -> list[str]:
    parts = value.split(",") if isinstance(value, str) else value or []
    return [str(part).strip() for part in parts if str(part).strip()]


def _date(path: Path, head: dict[str, object]) -> object:
    if not head.get("date"):
        return None
    date = as_moment(head["date"])
    if date is None:
        raise CannotImport(
            f"The date of {path.name}, “{head['date']}”, cannot be read. Write it as 2026-11-18."
        )
    return date
