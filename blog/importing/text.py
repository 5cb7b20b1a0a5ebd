"""Plain text: a date on the first line, paragraphs, and often the furniture of a web page."""

import html
from pathlib import Path

from blog.importing.dates import parse_written_date
from blog.importing.manuscript import Manuscript

FURNITURE = ("recent posts", "need a resume?", "don't forget to sign up", "share this", "leave a")


def read_text(path: Path, text: str, until: str = "") -> Manuscript:
    """`until`: the first paragraph that begins with these words, and all after it, stays out."""
    paragraphs = _paragraphs(text)
    date = parse_written_date(paragraphs[0]) if paragraphs else None
    if date:
        paragraphs = paragraphs[1:]
    kept, dropped = _split(paragraphs, until)
    manuscript = Manuscript(path, html=_as_html(kept), date=date, dropped=dropped)
    if until and not dropped:
        manuscript.warnings.append(f"No paragraph begins with “{until}”, so all of it was taken.")
    if furniture := [p for p in kept[-6:] if _plain(p).startswith(FURNITURE)]:
        manuscript.warnings.append(
            f"“{furniture[0]}” looks like a part of a web page rather than of the article. "
            "If so, import it again with --until and the first words to leave out."
        )
    return manuscript


def _paragraphs(text: str) -> list[str]:
    """Blank lines part paragraphs; in a text without blank lines each line is one."""
    lines = [line.strip() for line in text.strip().split("\n")]
    if "" not in lines:
        return lines
    blocks = "\n".join(lines).split("\n\n")
    return [" ".join(block.split()) for block in blocks if block.strip()]


def _split(paragraphs: list[str], until: str) -> tuple[list[str], list[str]]:
    wanted = _plain(until)
    for number, paragraph in enumerate(paragraphs):
        if wanted and _plain(paragraph).startswith(wanted):
            return paragraphs[:number], paragraphs[number:]
    return paragraphs, []


def _plain(text: str) -> str:
    """For comparing: people type straight quotes where the text has curly ones."""
    return " ".join(text.casefold().replace("’", "'").replace("“", '"').replace("”", '"').split())


def _as_html(paragraphs: list[str]) -> str:
    return "\n".join(f"<p>{html.escape(p, quote=False)}</p>" for p in paragraphs if p)
