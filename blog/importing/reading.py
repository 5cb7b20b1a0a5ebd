"""A file, whatever its format, as a manuscript."""

from pathlib import Path

from blog.importing.blocks import begins_with, split_at
from blog.importing.decoding import decode
from blog.importing.manuscript import CannotImport, Manuscript
from blog.importing.markup import read_html, read_markdown
from blog.importing.text import read_text
from blog.plain_text import excerpt, plain_text

READERS = {"html": read_html, "markdown": read_markdown, "text": read_text}
ENDINGS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "text",
}
FORMATS = tuple(READERS)
# What pages have below an article. Nothing is left out for it, but it is said.
FURNITURE = (
    *("ask us your", "need a resume", "recent posts", "related posts", "popular posts", "archives"),
    *("don't forget to sign up", "sign up below", "sign up for", "subscribe", "leave a comment"),
    *("leave a reply", "share this", "categories", "tags:", "previous post", "next post", "©"),
)
END = 8


def files_under(path: Path) -> list[Path]:
    """The file itself, or all files of a folder that we know how to read."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise CannotImport(f"There is no file {path}.")
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS)
    if not found:
        raise CannotImport(f"No file in {path} ends in {', '.join(ENDINGS)}.")
    return found


def read(path: Path, kind: str = "", title: str = "", until: str = "") -> Manuscript:
    """Raises `CannotImport` with a sentence for whoever gave the command.

    `title`: instead of the one that the file may have.
    `until`: the first paragraph that begins with these words, and all after it, stays out.
    """
    kind = kind or ENDINGS.get(path.suffix.lower(), "")
    if not kind:
        raise CannotImport(f"Say what {path.name} is: --format {'|'.join(FORMATS)}.")
    try:
        text = decode(path.read_bytes(), path.name)
    except OSError as error:
        raise CannotImport(f"{path} cannot be read: {error.strerror}.") from error
    manuscript = READERS[kind](path, text, " ".join(title.split()))
    if until.strip():
        _leave_out(manuscript, until)
    if not manuscript.blocks:
        raise CannotImport(f"{path.name} has no text that would be left.")
    _warn_of_furniture(manuscript)
    return manuscript


def _leave_out(manuscript: Manuscript, until: str) -> None:
    manuscript.blocks, dropped = split_at(manuscript.blocks, until)
    manuscript.dropped = [line for block in dropped for line in plain_text(block).split("\n")]


def _warn_of_furniture(manuscript: Manuscript) -> None:
    end = manuscript.blocks[1:][-END:]
    first = next((b for b in end if any(begins_with(b, words) for words in FURNITURE)), None)
    if first:
        words = excerpt(plain_text(first), 40)
        manuscript.warnings.append(
            f"“{words}” looks like a part of a web page rather than of the article. It was taken "
            f'all the same; to leave it and what follows out, add --until "{words.rstrip("…")}".'
        )
