"""Bytes to text: find the encoding, mend what an earlier program broke, refuse what is no text."""

import re
import unicodedata

import ftfy

from blog.importing.manuscript import CannotImport

MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
MAX_BYTES = 5 * 1024 * 1024
# A no-break space (C2 A0) read as Latin-1 and then trimmed leaves this letter at a line's end or
# before a blank: no word of a language that has the letter ends so in the middle of English.
ORPHANED_LEAD_BYTE = re.compile(r"(?<=[.,;:!?\"'”’)\]])Â(?=\s|$)|(?<=\s)Â(?=\s|$)|Â(?=\xa0)")


def decode(content: bytes, name: str) -> str:
    """The text in `content`, mended, with `\\n` line ends. Raises `CannotImport`."""
    if not content.strip():
        raise CannotImport(f"{name} is empty.")
    if len(content) > MAX_BYTES:
        raise CannotImport(f"{name} is larger than {MAX_BYTES // 2**20} MB. Split it.")
    text = _decoded(content)
    if text is None or _looks_binary(text):
        raise CannotImport(f"{name} is no text. Save it as plain text, Markdown or HTML.")
    return mend(text)


def mend(text: str) -> str:
    """Repair mojibake; leave curly quotes and other good typography alone."""
    fixed = ftfy.fix_text(text, uncurl_quotes=False, unescape_html=False, fix_latin_ligatures=False)
    fixed = ORPHANED_LEAD_BYTE.sub("", fixed)
    return fixed.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")


def _decoded(content: bytes) -> str | None:
    encodings = [code for mark, code in MARKS.items() if content.startswith(mark)]
    for encoding in encodings or ("utf-8", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _looks_binary(text: str) -> bool:
    controls = sum(unicodedata.category(c) == "Cc" and c not in "\t\n\r\f" for c in text)
    return "\x00" in text or controls > len(text) / 200
