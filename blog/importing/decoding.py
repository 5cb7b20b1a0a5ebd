"""Bytes to text: find the encoding, mend what an earlier program broke, refuse what is no text."""

import re

import ftfy

from blog.importing.manuscript import CannotImport

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
MAX_BYTES = 5 * 1024 * 1024
# What is good typography stays: only what was broken is mended.
GENTLY = {
    "uncurl_quotes": False,
    "unescape_html": False,
    "fix_latin_ligatures": False,
    "fix_character_width": False,
    "fix_line_breaks": True,
}
# A no-break space (C2 A0) read as Latin-1 and then trimmed leaves this letter before a blank or at
# a line's end. No word ends so: the letter stands after a mark, a blank or a small letter.
ORPHANED_LEAD_BYTE = re.compile(r"(?<![^\W\d_a-zß-ÿ])Â(?=\s|$)", re.MULTILINE)


def decode(content: bytes, name: str) -> str:
    """The text in `content`, mended, with `\\n` line ends. Raises `CannotImport`."""
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise CannotImport(f"{name} is empty.")
    if len(content) > MAX_BYTES:
        raise CannotImport(f"{name} is larger than {MAX_BYTES // 2**20} MB. Split it.")
    text = _decoded(content)
    if text is None or _looks_binary(text):
        raise CannotImport(f"{name} is no text. Save it as plain text, Markdown or HTML.")
    return mend(text)


def mend(text: str) -> str:
    """Repair mojibake; leave curly quotes and other good typography alone."""
    return ORPHANED_LEAD_BYTE.sub("", ftfy.fix_text(text, **GENTLY))


def _decoded(content: bytes) -> str | None:
    for encoding in _likely_encodings(content):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _likely_encodings(content: bytes) -> list[str]:
    marked = [encoding for mark, encoding in MARKS.items() if content.startswith(mark)]
    if marked:
        return marked
    if b"\x00" in content:  # UTF-16 without a mark: every second byte of Latin text
        return ["utf-16-le" if b"\x00" in content[1::2] else "utf-16-be"]
    return ["utf-8", "cp1252"]


def _looks_binary(text: str) -> bool:
    """Control characters of ASCII tell; those above it are common in text that can be mended."""
    strange = sum((c < " " or c == "\x7f") and c not in "\t\n\r\f" for c in text)
    return "\x00" in text or strange > len(text) / 200
