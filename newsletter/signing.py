"""DKIM for mails that leave by plain SMTP (RFC 6376): rsa-sha256, relaxed on both sides.

Our own few lines over OpenSSL's RSA, because a campaign's mail is made canonical once and only
hashed for each copy. dkimpy, which knows all of DKIM, is who checks them in the tests.
"""

import base64
import hashlib
import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.utils import timezone

# Those of them that a mail has. Both that Gmail and Yahoo want for one-click leaving are here
# (RFC 8058, 4).
SIGNED = (
    *(b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"message-id", b"auto-submitted"),
    *(b"mime-version", b"content-type", b"content-transfer-encoding", b"list-id"),
    *(b"list-unsubscribe", b"list-unsubscribe-post"),
)
WHITE = re.compile(rb"[ \t]+")
BEFORE_LINE_END = re.compile(rb" (?=\r\n)")
LAST_LINES = re.compile(rb"(\r\n)*\Z")
SMALLEST_KEY_BITS = 1024
SIGNATURE_LINE = 72


class BadKey(ValueError):
    """No RSA key in PEM that we could sign with."""


def read_key(pem: bytes) -> RSAPrivateKey:
    """Raises `BadKey`."""
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(str(error)) from error
    if not isinstance(key, RSAPrivateKey):
        raise BadKey("not RSA")
    if key.key_size < SMALLEST_KEY_BITS:
        raise BadKey("too short")
    return key


class Signer:
    def __init__(self, domain: str, selector: str, pem: bytes) -> None:
        self.key = read_key(pem)
        self.begin = b"v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s; s=%s;" % (
            domain.encode("idna"),
            selector.encode(),
        )

    def sign(self, message: bytes, now: datetime) -> bytes:
        """The whole message with its signature in front. Lines end with CRLF."""
        head, _, body = message.partition(b"\r\n\r\n")
        headers = re.split(rb"\r\n(?![ \t])", head)
        names = signed_names(headers)
        canonical = dict(map(canonical_header, headers))
        signed = b"".join(canonical[name] for name in dict.fromkeys(names))
        return self.header(names, signed, canonical_body(body), now) + message

    def header(self, names: list[bytes], headers: bytes, body: bytes, now: datetime) -> bytes:
        """The DKIM-Signature line over headers and body that are canonical already."""
        body_hash = base64.b64encode(hashlib.sha256(body).digest())
        value = b"%s t=%d;\r\n\th=%s;\r\n\tbh=%s;\r\n\tb=" % (
            self.begin,
            now.timestamp(),
            b":".join(names),
            body_hash,
        )
        _, own = canonical_header(b"DKIM-Signature: " + value)
        signed = headers + own.removesuffix(b"\r\n")
        signature = base64.b64encode(self.key.sign(signed, PKCS1v15(), SHA256()))
        lines = range(0, len(signature), SIGNATURE_LINE)
        folded = b"\r\n\t".join(signature[n : n + SIGNATURE_LINE] for n in lines)
        return b"DKIM-Signature: %s%s\r\n" % (value, folded)


def signed_names(headers: list[bytes]) -> list[bytes]:
    """What h= says. From stands there once more than in the mail: nobody can add another."""
    present = {header.partition(b":")[0].strip().lower() for header in headers}
    return [*(name for name in SIGNED if name in present), b"from"]


def canonical_header(header: bytes) -> tuple[bytes, bytes]:
    """Its name, and the whole of it (RFC 6376, 3.4.2)."""
    name, _, value = header.partition(b":")
    name = name.strip().lower()
    value = WHITE.sub(b" ", value.replace(b"\r\n", b"")).strip()
    return name, b"%s:%s\r\n" % (name, value)


def canonical_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4."""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    thinned = BEFORE_LINE_END.sub(b"", WHITE.sub(b" ", body))
    return LAST_LINES.sub(b"", thinned, count=1) + b"\r\n" if thinned.strip() else b""


def signer() -> Signer | None:
    """None where no key is configured."""
    if not settings.DKIM_PRIVATE_KEY_FILE:
        return None
    path = Path(settings.DKIM_PRIVATE_KEY_FILE)
    return _signer(settings.DKIM_DOMAIN, settings.DKIM_SELECTOR, path, path.stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _signer(domain: str, selector: str, path: Path, changed_at: int) -> Signer:
    """Read anew when the file has changed: keys are rotated."""
    return Signer(domain, selector, path.read_bytes())


def signed(message: bytes) -> bytes:
    """`message` as it may leave: signed, where there is a key."""
    found = signer()
    return found.sign(message, timezone.now()) if found else message
