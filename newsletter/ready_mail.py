"""The mail of a campaign as ready bytes: built once, each copy made by filling in a few places.

Django builds one copy, for somebody who does not exist and whose address, number and links are
marks. Where the marks stand the bytes are cut. So every copy is what Django would have made of
it, for a hundredth of the time.
"""

import re
import secrets
from collections.abc import Callable
from datetime import datetime
from email.utils import formatdate, parseaddr
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import forbid_multi_line_headers, sanitize_address

from newsletter.signing import Signer, canonical_body, canonical_header, signed_names
from newsletter.tokens import WRITTEN_LENGTH, Purpose, issue

Place = str | Purpose  # what a piece of a template stands for
Values = dict[Place, bytes]

ADDRESS, NUMBER, DATE = "address", "number", "date"
# Such an address means the same in a header and in an envelope.
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
LINE_BEGINS_WITH_DOT = re.compile(rb"^\.", re.MULTILINE)
FOLD = re.compile(rb"\r\n(?=[ \t])")
SOFT_BREAK = b"=\r\n"


class Template:
    """Bytes with places in them."""

    def __init__(self, text: bytes, marks: dict[bytes, Place]) -> None:
        either = b"|".join(map(re.escape, marks))
        parts = re.split(b"(%s)" % either, text)
        self.pieces = [marks.get(part, part) for part in parts]
        self.places = [(n, marks[part]) for n, part in enumerate(parts) if part in marks]

    def fill(self, values: Values) -> bytes:
        pieces = self.pieces.copy()
        for n, place in self.places:
            pieces[n] = values[place]
        return b"".join(pieces)


class StandIn:
    """In place of a delivery and of its subscriber: somebody whose every word is a mark."""

    def __init__(self, marks: dict[bytes, Place]) -> None:
        self.marks = {place: mark.decode() for mark, place in marks.items()}
        self.pk, self.address, self.subscriber = self.marks[NUMBER], self.marks[ADDRESS], self

    def token(self, purpose: Purpose, now: datetime) -> str:
        return self.marks[purpose]


class ReadyCopy(NamedTuple):
    """What one person gets, from and to a bare address: bytes as they are to be on the wire, dots
    doubled as SMTP wants it (RFC 5321, 4.5.2), without the end."""

    sender: str
    recipient: str
    content: bytes
    is_ascii: bool


class ReadyMail:
    """One mail to many. `build` gets the person who does not exist and returns Django's mail."""

    def __init__(
        self, build: Callable[[StandIn], EmailMultiAlternatives], signer: Signer | None
    ) -> None:
        marks = new_marks()
        message = build(StandIn(marks))
        self.sender = bare(message.from_email)
        whole = message.message().as_bytes(linesep="\r\n")
        head, _, body = whole.partition(b"\r\n\r\n")
        headers = [with_places(header, marks) for header in headers_of(head)]
        body = unfolded(body if body.endswith(b"\r\n") else body + b"\r\n", marks)
        self.is_ascii = body.isascii()
        on_the_wire = b"\r\n".join(headers) + b"\r\n\r\n" + body
        self.content = Template(LINE_BEGINS_WITH_DOT.sub(b"..", on_the_wire), marks)
        self.purposes = {place for _, place in self.content.places if isinstance(place, Purpose)}
        self.signer = signer
        if signer:
            self.signed_names = signed_names(headers)
            canonical = dict(map(canonical_header, headers))
            signed = b"".join(canonical[name] for name in dict.fromkeys(self.signed_names))
            self.signed_headers = Template(signed, marks)
            self.signed_body = Template(canonical_body(body), marks)

    def copy(self, *, number: int, address: str, handle: str, now: datetime) -> ReadyCopy:
        """The mail to `address`. Raises `ValueError` if that cannot be written."""
        recipient, header = written(address)
        values: Values = {
            ADDRESS: header.encode(),
            NUMBER: b"%d" % number,
            DATE: mail_date(int(now.timestamp())),
        }
        for purpose in self.purposes:
            values[purpose] = issue(purpose, handle, now).encode()
        content = self.content.fill(values)
        content = self._signature(values, now) + content
        return ReadyCopy(self.sender, recipient, content, self.is_ascii)

    def _signature(self, values: Values, now: datetime) -> bytes:
        if self.signer is None:
            return b""
        return self.signer.header(
            self.signed_names,
            self.signed_headers.fill(values),
            self.signed_body.fill(values),
            now,
        )


# --- Marks ------------------------------------------------------------------------------------


def new_marks() -> dict[bytes, Place]:
    """As long as what will stand there, so that Django folds and encodes as it would for it."""
    secret = secrets.token_hex(16)
    tokens = {
        f"{secret}{n:02}".ljust(WRITTEN_LENGTH, "x").encode(): purpose
        for n, purpose in enumerate(Purpose)
    }
    return {
        f"{secret}@{secret}.example".encode(): ADDRESS,
        f"{secret}n".encode(): NUMBER,
        f"{secret}d".encode(): DATE,
        **tokens,
    }


def headers_of(head: bytes) -> list[bytes]:
    """Each with its name, and folded where it was folded."""
    return re.split(rb"\r\n(?![ \t])", head)


def with_places(header: bytes, marks: dict[bytes, Place]) -> bytes:
    """On one line where copies differ, so that no fold goes through a mark."""
    if header.lower().startswith(b"date:"):
        date = next(mark for mark, place in marks.items() if place == DATE)
        return b"Date: " + date
    whole = FOLD.sub(b"", header)
    if not any(mark in whole for mark in marks):
        return header
    name, _, value = whole.partition(b":")
    return b"%s: %s" % (name, value.strip())


def unfolded(body: bytes, marks: dict[bytes, Place]) -> bytes:
    """Where quoted-printable broke a line inside a mark, it is broken around it instead.

    The mark then stands on a line of its own, and what was before and behind it on shorter ones.
    """
    for mark in marks:
        letters = (re.escape(mark[n : n + 1]) for n in range(len(mark)))
        perhaps_broken = re.compile(b"(?:=\r\n)?".join(letters))
        body = perhaps_broken.sub(around, body)
    return body


def around(found: re.Match[bytes]) -> bytes:
    whole = found.group().replace(SOFT_BREAK, b"")
    return whole if whole == found.group() else SOFT_BREAK + whole + SOFT_BREAK


# --- Addresses --------------------------------------------------------------------------------


def written(address: str) -> tuple[str, str]:
    """For the envelope and for the header, as Django writes them."""
    if PLAIN_ADDRESS.fullmatch(address):
        return address, address
    _, header = forbid_multi_line_headers("To", address, settings.DEFAULT_CHARSET)
    return bare(address), header


def bare(address: str) -> str:
    return parseaddr(sanitize_address(address, settings.DEFAULT_CHARSET))[1]


@lru_cache(maxsize=8)
def mail_date(second: int) -> bytes:
    """As Django writes it; many mails leave in one second."""
    return formatdate(second, localtime=settings.EMAIL_USE_LOCALTIME).encode()
