"""Both sides of the page cache: a site that says what it is told, a front that asks, a clock."""

import io
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from careersite.page_cache import PageCache

PUBLIC = "public, max-age=0, s-maxage=10, stale-while-revalidate=10, stale-if-error=86400"
TEXT = b"<p>Ask for the salary range before the second interview.</p>" * 50
DEADLINE_S = 20


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Body:
    """An iterable that knows whether it was read and closed."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = list(chunks)
        self.taken = 0
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self.chunks:
            self.taken += 1
            yield chunk

    def close(self) -> None:
        self.is_closed = True


class Site:
    """The application behind the cache. Set its attributes to change what it says."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.cache_control: str | None = PUBLIC
        self.headers: list[tuple[str, str]] = []
        self.body: bytes = TEXT
        self.iterable: Iterable[bytes] | None = None
        self.failure: Exception | None = None
        self.during: Callable[[], object] = lambda: None
        self.seen: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
        self.seen.append(environ)
        self.during()
        if self.failure:
            raise self.failure
        headers = [("Content-Type", "text/html"), *self.headers]
        if self.cache_control is not None:
            headers.append(("Cache-Control", self.cache_control))
        start_response(self.status, headers)
        return self.iterable if self.iterable is not None else [self.body]

    @property
    def times_asked(self) -> int:
        return len(self.seen)


@dataclass
class Reply:
    status: str
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(found) <= 1, f"{name} is there {len(found)} times"
        return found[0] if found else None


class Front:
    """A browser and a WSGI server in one."""

    def __init__(self, cache: PageCache) -> None:
        self.cache = cache

    def get(self, url: str = "/articles/one/", method: str = "GET", **extra: str) -> Reply:
        started: list[Any] = []
        path, _, query = url.partition("?")
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": "",
            "HTTP_HOST": "openseat.example",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(b"typed by the visitor"),
            **extra,
        }

        def start_response(status: str, headers: list, exc_info: Any = None) -> Callable:
            if started and exc_info:
                raise exc_info[1]
            assert not started, "the headers are sent already"
            started[:] = [status, headers]
            return written.append

        written: list[bytes] = []
        iterable = self.cache(environ, start_response)
        try:
            body = b"".join([*written, *iterable])
        finally:
            if hasattr(iterable, "close"):
                iterable.close()
        return Reply(started[0], started[1], body)

    def head(self, url: str = "/articles/one/", **extra: str) -> Reply:
        return self.get(url, method="HEAD", **extra)

    def finish_refreshing(self) -> None:
        """One thread refreshes, in order: when this is done, all before it is."""
        self.cache.refresher.submit(lambda: None).result(DEADLINE_S)


def all_at_once(count: int, act: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(count)

    def start() -> Any:
        barrier.wait(DEADLINE_S)
        return act()

    with ThreadPoolExecutor(count) as pool:
        return [future.result(DEADLINE_S) for future in [pool.submit(start) for _ in range(count)]]


@contextmanager
def a_reader_who_waits(front: Front, site: Site) -> Iterator[Future]:
    """One who comes first and gets an answer only when the block is over."""
    is_in, may_answer = threading.Event(), threading.Event()
    the_first = site.times_asked + 1

    def during() -> None:
        if site.times_asked == the_first:
            is_in.set()
            may_answer.wait(DEADLINE_S)

    site.during = during
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(front.get)
        assert is_in.wait(DEADLINE_S)
        try:
            yield reader
        finally:
            may_answer.set()
        reader.result(DEADLINE_S)
