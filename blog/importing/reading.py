"""A file, whatever its format, as a manuscript."""

from pathlib import Path

from blog.importing.decoding import decode
from blog.importing.manuscript import CannotImport, Manuscript
from blog.importing.markup import read_html, read_markdown
from blog.importing.text import read_text

ENDINGS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "text",
}
FORMATS = sorted(set(ENDINGS.values()))


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


def read(path: Path, kind: str = "", until: str = "") -> Manuscript:
    """Raises `CannotImport` with a sentence for whoever gave the command."""
    kind = kind or ENDINGS.get(path.suffix.lower(), "")
    if not kind:
        raise CannotImport(f"Say what {path.name} is: --format {'|'.join(FORMATS)}.")
    try:
        text = decode(path.read_bytes(), path.name)
    except OSError as error:
        raise CannotImport(f"{path} cannot be read: {error.strerror}.") from error
    if kind == "text":
        return read_text(path, text, until)
    return read_markdown(path, text) if kind == "markdown" else read_html(path, text)
