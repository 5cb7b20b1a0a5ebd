"""One person in the lists that wait to be imported: their rows shown, and cut out.

A row is about somebody if their address stands in it by itself, in whichever column.
"""

import fcntl
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from newsletter.addresses import naming, spellings
from newsletter.importing import waiting
from newsletter.importing.table import CannotImport, encoding_of, keeping, written_rows_of


def rows_about(address: str) -> list[str]:
    """As they are written. Of a file that cannot be read to its end, only the name."""
    them, found = naming(spellings(address)), []
    for path in waiting.files():
        with suppress(FileNotFoundError):  # imported just now
            found += _rows_in(path, them)
    return found


def cut_out(address: str) -> int:
    """Returns how many rows are gone; a file that cannot be read to its end goes as one."""
    them, gone = naming(spellings(address)), 0
    with _alone():
        for path in waiting.files():
            with suppress(FileNotFoundError):
                gone += _cut_out_of(path, them)
    return gone


def _rows_in(path: Path, them: re.Pattern[str]) -> list[str]:
    try:
        return [row.strip() for row in written_rows_of(path) if them.search(row)]
    except CannotImport:
        return [path.name] if them.search(_whole(path)) else []


def _cut_out_of(path: Path, them: re.Pattern[str]) -> int:
    """Reads it twice, and holds no more than a row of it: it may be long."""
    try:
        gone = sum(them.search(row) is not None for row in written_rows_of(path))
    except CannotImport:
        if not them.search(_whole(path)):
            return 0
        path.unlink(missing_ok=True)
        return 1
    if gone:
        _write(path, (row for row in written_rows_of(path) if not them.search(row)))
    return gone


def _write(path: Path, rows: Iterable[str]) -> None:
    """All of it or nothing; it is to be forgotten no later than before."""
    unfinished, age, encoding = path.with_suffix(".part"), path.stat(), encoding_of(path)
    how = {"encoding": encoding, "newline": "", "errors": keeping(encoding)}
    try:
        with unfinished.open("w", **how) as file:
            file.writelines(rows)
        os.utime(unfinished, (age.st_atime, age.st_mtime))
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _whole(path: Path) -> str:
    """Of what may be no text: without the empty bytes, and the halves of letters."""
    return path.read_bytes().replace(b"\0", b"").decode("utf-8", errors="replace")


@contextmanager
def _alone() -> Iterator[None]:
    """Two who cut at once would bring back what the other one had cut."""
    waiting.folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    folder = os.open(waiting.folder(), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
