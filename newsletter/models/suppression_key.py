"""The key below the hashes of suppressed addresses. It must outlive every change of SECRET_KEY:
from a hash nobody can make another one, so with the key all that we must not forget is gone.

It lies in the database, wrapped by SECRET_KEY, so that whoever has only the database cannot try
addresses. While `SECRET_KEY="new,old"`, the new one wraps it anew when it is used next.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from blog.visitors import keyed_hash
from newsletter.models.pulse import Pulse

PURPOSE = "suppression"
MAKING = "suppression key"
NONCE_BYTES, KEY_BYTES, MAC_BYTES = 16, 32, 16


class CannotUnwrap(ValueError):
    """Wrapped by a SECRET_KEY that we do not have."""


class SuppressionKeyQuerySet(models.QuerySet):
    def usable(self) -> list[str]:
        """All that can be unwrapped, the newest first; one is made where there is none."""
        return self._unwrapped() or self._make(timezone.now())

    def hold(self) -> None:
        """Who holds them next waits until the transaction at hand is over. An erasing and an import
        do: else one would not see whom the other brings, or bars."""
        self.select_for_update().usable()

    def _unwrapped(self) -> list[str]:
        found = []
        for row in self.order_by("-pk"):
            try:
                found.append(row.unwrapped())
            except CannotUnwrap:
                continue
        return found

    @transaction.atomic
    def _make(self, now: datetime) -> list[str]:
        """One worker at a time: two keys would keep one address twice."""
        Pulse.objects.select_for_update().get_or_create(name=MAKING, defaults={"at": now})
        if quicker := self._unwrapped():
            return quicker
        key = secrets.token_bytes(KEY_BYTES)
        self.create(wrapped=wrap(key, settings.SECRET_KEY), created_at=now)
        return [key.hex()]


class SuppressionKey(models.Model):
    wrapped = models.CharField(max_length=88)
    created_at = models.DateTimeField()

    objects = SuppressionKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Key of {self.created_at:%Y-%m-%d}"

    def unwrapped(self) -> str:
        """Wraps it anew where it took an old SECRET_KEY. Raises `CannotUnwrap`."""
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            key = unwrap(self.wrapped, secret)
            if key is None:
                continue
            if secret != settings.SECRET_KEY:
                anew = wrap(key, settings.SECRET_KEY)
                SuppressionKey.objects.filter(pk=self.pk).update(wrapped=anew)
            return key.hex()
        raise CannotUnwrap("This key is wrapped by a SECRET_KEY that is not set any more.")


@dataclass(frozen=True)
class Hasher:
    """Ask for one for each piece of work: a key may be made or wrapped anew meanwhile."""

    keys: list[str]

    @classmethod
    def now(cls) -> "Hasher":
        return cls(SuppressionKey.objects.usable())

    def hash(self, address_key: str) -> str:
        return keyed_hash(address_key, PURPOSE, self.keys[0])

    def hashes(self, address_key: str) -> list[str]:
        """Every one that it may have been kept under; SECRET_KEY itself was the key once."""
        secrets_once = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return [keyed_hash(address_key, PURPOSE, key) for key in (*self.keys, *secrets_once)]

    def by_hash(self, address_keys: Iterable[str]) -> dict[str, str]:
        return {one: key for key in address_keys for one in self.hashes(key)}


def wrap(key: bytes, secret: str) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = nonce + bytes(a ^ b for a, b in zip(key, _stream(secret, nonce), strict=True))
    return base64.b64encode(sealed + _mac(secret, sealed)).decode()


def unwrap(wrapped: str, secret: str) -> bytes | None:
    raw = base64.b64decode(wrapped)
    sealed, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(secret, sealed)):
        return None
    nonce, hidden = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    return bytes(a ^ b for a, b in zip(hidden, _stream(secret, nonce), strict=True))


def _stream(secret: str, nonce: bytes) -> bytes:
    return hmac.new(f"suppression-wrap:{secret}".encode(), nonce, hashlib.sha256).digest()


def _mac(secret: str, sealed: bytes) -> bytes:
    key = f"suppression-wrap-mac:{secret}".encode()
    return hmac.new(key, sealed, hashlib.sha256).digest()[:MAC_BYTES]
