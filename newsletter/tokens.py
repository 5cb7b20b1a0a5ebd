"""Links in mails: who, for which purpose, since when; signed, so that nobody can make one.

A token is `version | issued at (s) | handle | mac`, base64url. The handle is 128 random bits kept
for this only; the mac (HMAC-SHA256, cut to 144 bits) covers the purpose too, so a link to leave
cannot confirm. Keys that were retired still verify (`SECRET_KEY="new,old"`), because people press
links in old mails.
"""

import base64
import hmac
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from django.conf import settings

VERSION = 1
HEAD = struct.Struct(">BI16s")
MAC_BYTES = 18
# 39 bytes, so that no bit of a character is left over: each token is written in one way only.
WRITTEN_LENGTH = 52
WRITTEN = re.compile(rf"[A-Za-z0-9_-]{{{WRITTEN_LENGTH}}}")


# The handles of people are made by chance, and are never this.
NOBODY = "0" * 32


class Purpose(Enum):
    CONFIRM = "confirm"
    UNSUBSCRIBE = "unsubscribe"
    NOT_ME = "not-me"
    PREFERENCES = "preferences"
    ADDRESS_CHANGE = "address"
    YOUR_DATA = "your-data"


# Someone may clear out a mailbox after years; a request to join goes stale within a week. What
# shows or erases all about a person is opened only by whoever reads that mailbox now.
LIFETIMES = {
    Purpose.CONFIRM: timedelta(days=7),
    Purpose.NOT_ME: timedelta(days=30),
    Purpose.UNSUBSCRIBE: None,
    Purpose.PREFERENCES: timedelta(days=365),
    Purpose.ADDRESS_CHANGE: timedelta(days=7),
    Purpose.YOUR_DATA: timedelta(hours=2),
}


class BadToken(ValueError):
    """Unknown, altered, of another purpose, or too old: all the same to the visitor."""


@dataclass(frozen=True)
class Token:
    handle: str
    issued_at: datetime


def trial(purpose: Purpose, now: datetime) -> str:
    """For a mail that staff send themselves: a link that opens, and is nobody's."""
    return issue(purpose, NOBODY, now)


def is_trial(purpose: Purpose, token: str) -> bool:
    try:
        return read(purpose, token, datetime.now(UTC)).handle == NOBODY
    except BadToken:
        return False


def issue(purpose: Purpose, handle: str, now: datetime) -> str:
    """The token for `handle` (32 hexadecimal digits)."""
    head = HEAD.pack(VERSION, int(now.timestamp()), bytes.fromhex(handle))
    return base64.urlsafe_b64encode(head + _mac(settings.SECRET_KEY, purpose, head)).decode()


def read(purpose: Purpose, token: str, now: datetime) -> Token:
    """What `token` says. Raises `BadToken` unless we made it, for `purpose`, not too long ago."""
    head, mac = _split(token)
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    matches = [hmac.compare_digest(mac, _mac(key, purpose, head)) for key in keys]
    version, seconds, handle = HEAD.unpack(head)
    issued_at = datetime.fromtimestamp(seconds, tz=UTC)
    lifetime = LIFETIMES[purpose]
    if not any(matches) or version != VERSION:
        raise BadToken("not ours")
    if lifetime is not None and now - issued_at > lifetime:
        raise BadToken("too old")
    return Token(handle.hex(), issued_at)


def _split(token: str) -> tuple[bytes, bytes]:
    if not WRITTEN.fullmatch(token):
        raise BadToken("not readable")
    raw = base64.urlsafe_b64decode(token)
    return raw[: HEAD.size], raw[HEAD.size :]


def _mac(key: str, purpose: Purpose, head: bytes) -> bytes:
    message = purpose.value.encode() + b"\0" + head
    return hmac.digest(f"newsletter-link:{key}".encode(), message, "sha256")[:MAC_BYTES]
