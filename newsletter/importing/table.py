"""Which bytes, which separator, which column: guessed from the file itself."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path

MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
SEPARATORS = ",;\t|"
LOOKED_AT_BYTES = 64 * 1024
PIECE_BYTES = 1024 * 1024
LOOKED_AT_LINES = 20
LONGEST_CELL = 10_000


class CannotImport(Exception):
    """The file as a whole. Its text says why, and what to do."""


def rows_of(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the number of its (last) line. Reads as it goes."""
    with path.open(encoding=encoding_of(path), newline="", errors="replace") as file:
        start = file.read(LOOKED_AT_BYTES)
        file.seek(0)
        reader = csv.reader(file, delimiter=separator_of(start))
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield reader.line_num, [cell.strip()[:LONGEST_CELL] for cell in cells]
        except csv.Error as error:
            raise CannotImport(f"Line {reader.line_num} cannot be read: {error}.") from error


def written_rows_of(path: Path) -> Iterator[str]:
    """Each row as it is written, its line break with it: together they are the whole file."""
    encoding = encoding_of(path)
    with path.open(encoding=encoding, newline="", errors=keeping(encoding)) as file:
        start = file.read(LOOKED_AT_BYTES)
        file.seek(0)
        lines: list[str] = []
        reader = csv.reader(remembering(file, lines), delimiter=separator_of(start))
        try:
            for _ in reader:
                yield "".join(lines)
                lines.clear()
        except csv.Error as error:
            raise CannotImport(f"Line {reader.line_num} cannot be read: {error}.") from error


def keeping(encoding: str) -> str:
    """How what is no text in `encoding` can be written again as it was read."""
    return "surrogateescape" if encoding == "cp1252" else "replace"


def remembering(file: Iterable[str], lines: list[str]) -> Iterator[str]:
    for line in file:
        lines.append(line)
        yield line


def encoding_of(path: Path) -> str:
    """UTF-8 if the whole file is; else what Windows writes."""
    with path.open("rb") as file:
        start = file.read(LOOKED_AT_BYTES)
        if not start.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
            raise CannotImport("The file is empty.")
        for mark, encoding in MARKS.items():
            if start.startswith(mark):
                return encoding
        if b"\0" in start:  # UTF-16 without a mark: every second byte of Latin text
            return "utf-16-le" if b"\0" in start[1::2] else "utf-16-be"
        file.seek(0)
        return "utf-8" if is_utf8(file) else "cp1252"


def is_utf8(file: io.BufferedIOBase) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := file.read(PIECE_BYTES):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def separator_of(start: str) -> str:
    """The one that parts the first lines into the same number of cells, the more the better."""
    lines = [line for line in start.splitlines()[:LOOKED_AT_LINES] if line.strip()]

    def fit(separator: str) -> tuple[bool, int]:
        counts = {len(cells) for cells in csv.reader(lines, delimiter=separator) if cells}
        return len(counts) == 1, max(counts, default=1) - 1

    parting = [one for one in SEPARATORS if fit(one)[1]]
    return max(parting, key=fit, default=",")
