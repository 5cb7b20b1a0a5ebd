"""What a provider is told of a delivery, and tells us back: an id that says nothing to others.

Metadata may be shown to readers and is kept by providers, so it names no person and nobody can
count with it: the number of the delivery and a mac (HMAC-SHA256, cut to 80 bits), in base32.
"""

import base64
import hmac
import re

from django.conf import settings

NUMBER_BYTES = 5
MAC_BYTES = 10
TAG_LENGTH = 24
# 15 bytes, so that no bit of a character is left over: each tag is written in one way only.
WRITTEN = re.compile(rf"[a-z2-7]{{{TAG_LENGTH}}}")


def tag_of(delivery_id: int) -> str:
    """24 characters out of a-z and 2-7, always the same for a delivery."""
    number = delivery_id.to_bytes(NUMBER_BYTES)
    return base64.b32encode(number + _mac(settings.SECRET_KEY, number)).decode().lower()


def delivery_id_of(tag: str) -> int | None:
    """The number of the delivery that `tag` was made for; None for what we did not write."""
    if not WRITTEN.fullmatch(tag):
        return None
    raw = base64.b32decode(tag.upper())
    number, mac = raw[:NUMBER_BYTES], raw[NUMBER_BYTES:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    matches = [hmac.compare_digest(mac, _mac(key, number)) for key in keys]
    return int.from_bytes(number) if any(matches) else None


def _mac(key: str, number: bytes) -> bytes:
    return hmac.digest(f"newsletter-tag:{key}".encode(), number, "sha256")[:MAC_BYTES]
