"""Plain text: a date on the first line, then paragraphs."""

import html
from pathlib import Path

from blog.importing.dates import parse_written_date
from blog.importing.manuscript import Manuscript

WRAPPED_AT = 100


def read_text(path: Path, text: str, title: str = "") -> Manuscript:
    lines = [line.strip() for line in text.replace("\xa0", " ").strip().split("\n")]
    date = parse_written_date(lines[0])
    paragraphs = _paragraphs(lines[1:] if date else lines)
    blocks = [f"<p>{html.escape(paragraph, quote=False)}</p>" for paragraph in paragraphs]
    return Manuscript(path, blocks, title=title, date=date)


def _paragraphs(lines: list[str]) -> list[str]:
    """A line is a paragraph; but where blank lines part groups of short lines, a group is one."""
    groups = [group.split("\n") for group in "\n".join(lines).split("\n\n")]
    groups = [[line for line in group if line] for group in groups]
    is_wrapped = sum(map(bool, groups)) > 1 and all(len(line) <= WRAPPED_AT for line in lines)
    if is_wrapped:
        return [" ".join(group) for group in groups if group]
    return [line for group in groups for line in group]
