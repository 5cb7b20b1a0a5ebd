"""Mails in the outbox that name somebody: to show what is kept of a person, and to erase it."""

from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings

from newsletter.addresses import names, spellings

SOFT_LINE_BREAKS = (b"=\r\n", b"=\n")
# Where these stand, an address may stand in other letters than its own.
MAY_HIDE_WORDS = (b"base64", b"=?")


def mails_naming(address: str) -> list[Path]:
    """Those with the whole address in them: in a header, or in what their reader sees."""
    files = sorted(Path(settings.OUTBOX_DIR).glob("*"))
    return [file for file in files if _is_naming(file, address)]


def _is_naming(file: Path, address: str) -> bool:
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return False
    begins = f"{address.rpartition('@')[0]}@".lower().encode()
    written = _unfolded(content).lower()
    if not any(sign in written for sign in (begins, *MAY_HIDE_WORDS)):
        return False
    words = list(_words_of(content))
    return any(names(some, one) for some in words for one in spellings(address))


def _words_of(content: bytes) -> Iterator[str]:
    """As they stand in the file, and what can be read of it as a mail."""
    yield _unfolded(content).decode("utf-8", errors="replace")
    with suppress(Exception):  # the parser of broken mail raises whatever it stumbles over
        mail = message_from_bytes(content, policy=policy.default)
        yield "\n".join(map(str, mail.values()))
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                yield part.get_content()


def _unfolded(content: bytes) -> bytes:
    for sign in SOFT_LINE_BREAKS:
        content = content.replace(sign, b"")
    return content
