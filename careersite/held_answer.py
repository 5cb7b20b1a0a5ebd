"""An answer of a WSGI application that is looked at before anybody gets it."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from careersite.stored_page import Headers, Policy, seconds, values


class HeldAnswer:
    """What the application says, held back until it is clear what becomes of it (PEP 3333)."""

    def __init__(self, application: WSGIApplication, environ: WSGIEnvironment) -> None:
        self.status = ""
        self.headers: Headers = []
        self.chunks: list[bytes] = []  # written, or read ahead
        self.reader: StartResponse | None = None
        self.rest: Iterator[bytes] | None = None
        self.body = application(environ, self.start)
        if not self.status:  # a generator begins to speak at its first chunk
            self.read_chunk()

    @property
    def policy(self) -> Policy | None:
        return Policy.of(self.status, self.headers)

    @property
    def has_failed(self) -> bool:
        return self.status >= "500"

    def read(self, limit_bytes: int) -> bytes | None:
        """The whole body, or None when it is larger; `send` then still sends all of it."""
        if any(seconds(length) > limit_bytes for length in values(self.headers, "content-length")):
            return None
        size_bytes = sum(map(len, self.chunks))
        while size_bytes <= limit_bytes:
            if not self.read_chunk():
                self.close()
                return b"".join(self.chunks)
            size_bytes += len(self.chunks[-1])
        return None

    def read_chunk(self) -> bool:
        try:
            if self.rest is None:
                self.rest = iter(self.body)
            self.chunks.append(next(self.rest))
            return True
        except StopIteration:
            return False
        except BaseException:
            self.close()
            raise

    def send(
        self, environ: WSGIEnvironment, start_response: StartResponse, now: float
    ) -> Iterable[bytes]:
        self.reader = start_response
        start_response(self.status, self.headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            self.close()
            return []
        return self.body if self.rest is None and not self.chunks else self

    def __iter__(self) -> Iterator[bytes]:
        return itertools.chain(self.chunks, self.body if self.rest is None else self.rest)

    def close(self) -> None:
        if hasattr(self.body, "close"):
            self.body.close()

    def start(
        self, status: str, headers: Headers, exc_info: object = None
    ) -> Callable[[bytes], object]:
        """The application may change its mind by `exc_info` until its reader has the headers."""
        if self.reader is not None:
            return self.reader(status, headers, exc_info)
        self.status, self.headers = status, headers
        return self.chunks.append
