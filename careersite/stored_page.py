"""One page of the cache: how long it may be used, and how it answers a request by itself."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache
from wsgiref.types import StartResponse, WSGIEnvironment

import brotli

Headers = list[tuple[str, str]]

STORED_STATUSES = {"200", "301", "404", "410"}
CODINGS = ("br", "gzip", "identity")  # best first
SMALLEST_COMPRESSED_BYTES = 256
# A page that is kept is worth ten milliseconds more: a tenth of its bytes.
BROTLI_QUALITY, QUICK_BROTLI_QUALITY, GZIP_LEVEL = 10, 5, 6
OVERHEAD_BYTES = 2048  # what a stored page weighs beside its bodies, roughly
REPLACED = {"accept-ranges", "age", "content-length", "etag", "vary"}
SENT_WITH_304 = {"cache-control", "content-location", "date", "expires"}  # RFC 9110 §15.4.5


class StoredPage:
    """A page with everything made ready that the next thousand readers need.

    The entity tag is weak on purpose. A strong one would have to differ for br, gzip and plain
    bytes (RFC 9110 §8.8.3.3) and between machines whose compressors differ, and its only gain,
    ranges, is not offered here. If-None-Match compares weakly anyway, so one weak tag, made of
    the plain bytes, answers 304 whatever coding the reader's copy came in.
    """

    def __init__(
        self,
        status: str,
        headers: Headers,
        body: bytes,
        policy: Policy,
        *,
        stored_at: float,
        old: StoredPage | None = None,
    ) -> None:
        self.status = status
        self.is_missing = status[:3] in ("404", "410")
        self.stored_at = stored_at
        self.quiet_until = stored_at + policy.fresh_s  # till then nobody asks the application
        self.stale_until = self.quiet_until + policy.stale_s
        self.usable_until = max(self.stale_until, self.quiet_until + policy.error_s)
        is_unchanged = old is not None and old.bodies["identity"] == body
        self.bodies = old.bodies if is_unchanged else encoded(body)
        self.tag = old.tag if is_unchanged else tag_of(body)
        self.codings = tuple(self.bodies)
        self.size_bytes = sum(map(len, self.bodies.values())) + OVERHEAD_BYTES
        self._prepare(headers)

    def _prepare(self, headers: Headers) -> None:
        ours = [("Vary", "Accept-Encoding"), ("ETag", f"W/{self.tag}")]
        kept = [(name, value) for name, value in headers if name.lower() not in REPLACED]
        self.headers = {
            coding: [*kept, *ours, *content_headers(coding, body)]
            for coding, body in self.bodies.items()
        }
        self.headers_304 = [(n, v) for n, v in kept if n.lower() in SENT_WITH_304] + ours
        self.last_modified = next((v for n, v in kept if n.lower() == "last-modified"), "")

    def send(
        self, environ: WSGIEnvironment, start_response: StartResponse, now: float
    ) -> list[bytes]:
        age = ("Age", str(int(now - self.stored_at)))
        if self._is_known_to(environ):
            start_response("304 Not Modified", [*self.headers_304, age])
            return []
        coding = best_coding(environ.get("HTTP_ACCEPT_ENCODING", "")[:256], self.codings)
        start_response(self.status, [*self.headers[coding], age])
        return [self.bodies[coding]] if environ["REQUEST_METHOD"] == "GET" else []

    def _is_known_to(self, environ: WSGIEnvironment) -> bool:
        """RFC 9110 §13.2: only instead of a 200, and a tag makes the date irrelevant."""
        if self.status[:3] != "200":
            return False
        tags = environ.get("HTTP_IF_NONE_MATCH")
        if tags is not None:
            return self.tag in tags or tags.strip() == "*"
        since = environ.get("HTTP_IF_MODIFIED_SINCE")
        return bool(since and self.last_modified and is_not_after(self.last_modified, since))

    def close(self) -> None:
        """Nothing is open, unlike in a `HeldAnswer`."""


def tag_of(body: bytes) -> str:
    """In quotes, without the W/ that says it is weak."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def content_headers(coding: str, body: bytes) -> Headers:
    length = ("Content-Length", str(len(body)))
    return [length] if coding == "identity" else [length, ("Content-Encoding", coding)]


def encoded(body: bytes) -> dict[str, bytes]:
    bodies = {coding: compressed(body, coding) for coding in CODINGS}
    return {c: found for c, found in bodies.items() if c == "identity" or len(found) < len(body)}


def compressed(body: bytes, coding: str, brotli_quality: int = BROTLI_QUALITY) -> bytes:
    """As it is when that is `identity`, or when it is too small to win anything."""
    if len(body) < SMALLEST_COMPRESSED_BYTES or coding == "identity":
        return body
    if coding == "br":
        return brotli.compress(body, quality=brotli_quality)
    return gzip.compress(body, compresslevel=GZIP_LEVEL, mtime=0)


@lru_cache(maxsize=256)
def best_coding(accept_encoding: str, available: tuple[str, ...]) -> str:
    """RFC 9110 §12.5.3. `available` has the one we like best first."""
    weights = coding_weights(accept_encoding)
    others = weights.get("*", 0.0)
    weights.setdefault("identity", others if "*" in weights else 0.0001)  # fine, but liked least
    best = max(available, key=lambda coding: weights.get(coding, others))
    return best if weights.get(best, others) else "identity"


def coding_weights(accept_encoding: str) -> dict[str, float]:
    weights = {}
    for part in accept_encoding.lower().split(","):
        coding, _, parameter = part.partition(";")
        q = re.fullmatch(r"\s*(?:q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?", parameter)
        weights[coding.strip().removeprefix("x-")] = float(q[1] or 1) if q else 0.0
    return weights


def is_not_after(earlier: str, later: str) -> bool:
    try:
        return parsedate_to_datetime(earlier) <= parsedate_to_datetime(later)
    except (TypeError, ValueError):  # not a date, or one without a zone
        return False


@dataclass(frozen=True, slots=True)
class Policy:
    """For how many seconds a page is fresh, then may be stale or stand in for an error."""

    fresh_s: int
    stale_s: int = 0
    error_s: int = 0

    @classmethod
    def of(cls, status: str, headers: Headers) -> Policy | None:
        """None: not for storing."""
        if status[:3] not in STORED_STATUSES:
            return None
        if values(headers, "set-cookie") or values(headers, "content-encoding"):
            return None
        if set(re.findall(r"[^\s,]+", ",".join(values(headers, "vary")).lower())) - {
            "accept-encoding"
        }:
            return None
        return cls.parsed(", ".join(values(headers, "cache-control")))

    @classmethod
    def parsed(cls, cache_control: str) -> Policy | None:
        said: dict[str, str] = {}
        for name, value in re.findall(DIRECTIVE, cache_control):
            said.setdefault(name.lower(), value.strip('"'))  # twice: the first (RFC 9111 §4.2.1)
        fresh_s = seconds(said.get("s-maxage"))
        if not fresh_s or "public" not in said or said.keys() & {"private", "no-store", "no-cache"}:
            return None
        if said.keys() & {"must-revalidate", "proxy-revalidate"}:
            return cls(fresh_s)
        stale_s, error_s = said.get("stale-while-revalidate"), said.get("stale-if-error")
        return cls(fresh_s, seconds(stale_s), seconds(error_s))


DIRECTIVE = r'([\w-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]*))?'


def seconds(value: str | None) -> int:
    return int(value) if value and re.fullmatch(r"[0-9]{1,9}", value) else 0


def values(headers: Headers, lower_name: str) -> list[str]:
    return [value for name, value in headers if name.lower() == lower_name]
