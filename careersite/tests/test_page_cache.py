"""The page cache, held against a small WSGI application and a clock that stands still."""

import gzip
import io
import logging
import random
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import brotli
import pytest

from careersite.page_cache import PageCache
from careersite.stored_page import Policy, best_coding

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


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def front(site: Site, clock: Clock) -> Iterator[Front]:
    front = Front(PageCache(site, clock=clock))
    yield front
    front.cache.refresher.shutdown()


# --- What is served from memory -------------------------------------------------------


def test_a_fresh_page_comes_from_memory_with_its_age(
    front: Front, site: Site, clock: Clock
) -> None:
    first = front.get()
    clock.advance(9.9)
    second = front.get()
    assert site.times_asked == 1
    assert (first["Age"], second["Age"]) == ("0", "9")
    assert first.body == second.body == TEXT
    assert second["Cache-Control"] == PUBLIC
    assert second["Content-Type"] == "text/html"


@pytest.mark.parametrize("status", ["301 Moved Permanently", "404 Not Found", "410 Gone"])
def test_what_is_moved_or_missing_is_remembered_too(front: Front, site: Site, status: str) -> None:
    site.status, site.headers = status, [("Location", "/articles/two/")]
    front.get()
    reply = front.get()
    assert (site.times_asked, reply.status) == (1, status)
    assert reply["Location"] == "/articles/two/"


def test_a_redirect_without_a_body_says_so(front: Front, site: Site) -> None:
    site.status, site.body = "301 Moved Permanently", b""
    assert front.get()["Content-Length"] == front.get()["Content-Length"] == "0"


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found"])
def test_each_host_scheme_and_path_has_its_own_page(front: Front, site: Site, status: str) -> None:
    site.status = status
    front.get()
    front.get("/articles/two/")
    front.get(HTTP_HOST="other.example")
    front.get(HTTP_X_FORWARDED_PROTO="https")
    front.get(SCRIPT_NAME="/blog")
    assert site.times_asked == 5
    front.get(HTTP_HOST="OpenSeat.example")
    front.get(**{"wsgi.url_scheme": "https"})
    assert site.times_asked == 5


def test_tracking_parameters_do_not_make_another_page(front: Front, site: Site) -> None:
    front.get("/articles/one/?utm_source=letter&utm_medium=mail&fbclid=x&ref=y")
    for query in ("gclid=1", "mc_cid=1&mc_eid=2", "", "&", "fbclid", "utm_x=%26q%3D1&"):
        front.get(f"/articles/one/?{query}")
    assert site.times_asked == 1
    assert site.seen[0]["QUERY_STRING"] == "", "a page that others get knows no one's query"


@pytest.mark.parametrize("query", ["q=salary", "page=2", "utm_source=a&q=b", "refs=1", "xutm_a=1"])
def test_any_other_query_goes_to_the_application_untouched(
    front: Front, site: Site, query: str
) -> None:
    front.get()
    reply = front.get(f"/articles/one/?{query}", HTTP_IF_NONE_MATCH='"x"')
    front.get(f"/articles/one/?{query}")
    assert site.times_asked == 3
    assert site.seen[1]["QUERY_STRING"] == query
    assert site.seen[1]["HTTP_IF_NONE_MATCH"] == '"x"'
    assert reply.headers == [("Content-Type", "text/html"), ("Cache-Control", PUBLIC)]


def test_the_application_is_asked_for_a_plain_page(front: Front, site: Site) -> None:
    """Or one reader's condition, range or body would decide what the next one gets."""
    front.head(
        HTTP_IF_NONE_MATCH='"x"',
        HTTP_IF_MODIFIED_SINCE="Mon, 01 Jan 2024 00:00:00 GMT",
        HTTP_RANGE="bytes=0-3",
        HTTP_IF_RANGE='"x"',
        CONTENT_LENGTH="20",
        CONTENT_TYPE="text/plain",
        HTTP_TRANSFER_ENCODING="chunked",
    )
    asked = site.seen[0]
    assert asked["REQUEST_METHOD"] == "GET"
    assert asked["wsgi.input"].read() == b""
    assert not asked.keys() & {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"}
    assert not asked.keys() & {"HTTP_IF_RANGE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}


# --- What is never stored -------------------------------------------------------------


@pytest.mark.parametrize(
    "cache_control",
    [
        None,
        "",
        "max-age=60",
        "public",
        "public, max-age=600",
        "s-maxage=10",
        "public, s-maxage=0",
        "public, s-maxage=-1",
        "public, s-maxage=ten",
        "public, s-maxage=1.5",
        "public, s-maxage=0, s-maxage=10",
        "no-store, public, s-maxage=10",
        "public, s-maxage=10, PRIVATE",
        'public, s-maxage=10, private="set-cookie"',
        "public, no-cache, s-maxage=10",
    ],
)
def test_a_page_that_does_not_ask_for_it_is_not_stored(
    front: Front, site: Site, cache_control: str | None
) -> None:
    site.cache_control = cache_control
    front.get()
    reply = front.get()
    assert site.times_asked == 2
    assert reply.body == TEXT
    assert reply["Age"] is reply["ETag"] is reply["Vary"] is None


@pytest.mark.parametrize(
    "header",
    [
        ("Set-Cookie", "csrftoken=x"),
        ("set-cookie", "sessionid=x"),
        ("Vary", "Cookie"),
        ("Vary", "Accept-Encoding, Accept-Language"),
        ("Vary", "*"),
        ("Content-Encoding", "gzip"),
    ],
)
def test_a_page_made_for_one_person_is_not_stored(
    front: Front, site: Site, header: tuple[str, str]
) -> None:
    site.headers = [header]
    front.get()
    reply = front.get()
    assert site.times_asked == 2
    assert header in reply.headers


def test_a_second_vary_header_counts_as_well(front: Front, site: Site) -> None:
    site.headers = [("Vary", "Accept-Encoding"), ("Vary", "Cookie")]
    front.get()
    front.get()
    assert site.times_asked == 2


@pytest.mark.parametrize("status", ["201 Created", "206 Partial Content", "302 Found", "403 No"])
def test_other_statuses_are_not_stored(front: Front, site: Site, status: str) -> None:
    site.status = status
    front.get()
    assert (front.get().status, site.times_asked) == (status, 2)


@pytest.mark.parametrize(
    "extra",
    [
        {"HTTP_COOKIE": "sessionid=abc"},
        {"HTTP_COOKIE": "theme=dark; __Host-sessionid=abc"},
        {"HTTP_COOKIE": "theme=dark;sessionid =abc"},
        {"HTTP_AUTHORIZATION": "Basic YTpi"},
    ],
)
def test_a_signed_in_person_neither_reads_nor_writes(
    front: Front, site: Site, extra: dict[str, str]
) -> None:
    site.body = b"with the editor's toolbar"
    front.get(**extra)
    site.body = TEXT
    assert front.get().body == TEXT
    site.body = b"with the editor's toolbar"
    assert front.get(**extra).body == b"with the editor's toolbar"
    assert front.get().body == TEXT
    assert site.times_asked == 3


def test_other_cookies_do_not_matter(front: Front, site: Site) -> None:
    front.get(HTTP_COOKIE="theme=dark; csrftoken=x")
    front.get(HTTP_COOKIE="consent=no")
    assert site.times_asked == 1


def test_the_session_cookie_may_have_another_name(site: Site) -> None:
    front = Front(PageCache(site, bypass_cookies=("visit.1",)))
    front.get(HTTP_COOKIE="visit.1=a")
    front.get(HTTP_COOKIE="visitx1=a")
    front.get(HTTP_COOKIE="visitx1=b")
    assert site.times_asked == 2


def test_a_request_without_host_is_not_for_the_cache(site: Site) -> None:
    cache = PageCache(site)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "wsgi.url_scheme": "http"}
    for method in ("GET", "GET", "POST"):
        assert cache({**environ, "REQUEST_METHOD": method}, lambda *_: None) == [TEXT]
    assert site.times_asked == 3


def test_static_files_are_not_for_the_cache(front: Front, site: Site) -> None:
    for _ in range(2):
        front.get("/static/site.css", HTTP_IF_NONE_MATCH='"x"')
    assert site.times_asked == 2
    assert site.seen[0]["HTTP_IF_NONE_MATCH"] == '"x"'


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_other_methods_pass_through(front: Front, site: Site, method: str) -> None:
    front.get()
    site.body = b"posted"
    assert front.get(method=method).body == b"posted"
    assert site.seen[1]["REQUEST_METHOD"] == method
    assert site.seen[1]["wsgi.input"].read() == b"typed by the visitor"


@pytest.mark.parametrize(
    ("method", "status", "asked_again"),
    [
        ("POST", "303 See Other", True),
        ("POST", "200 OK", True),
        ("POST", "405 Method Not Allowed", False),
        ("OPTIONS", "200 OK", False),
    ],
)
def test_a_post_that_succeeds_makes_the_copy_of_its_address_invalid(
    front: Front, site: Site, method: str, status: str, asked_again: bool
) -> None:
    front.get()
    site.status = status
    front.get(method=method)
    site.status = "200 OK"
    front.get()
    assert site.times_asked == (3 if asked_again else 2)


def test_a_page_too_large_to_keep_is_passed_through_whole(site: Site) -> None:
    front = Front(PageCache(site, capacity_bytes=8 * 1000))
    site.iterable = body = Body(b"a" * 600, b"b" * 600, b"c" * 600)
    assert front.get().body == b"".join(body.chunks)
    assert body.is_closed
    assert front.get().body == b"".join(body.chunks)
    assert site.times_asked == 2


def test_a_page_that_says_it_is_too_large_is_not_even_read(site: Site) -> None:
    cache = PageCache(site, capacity_bytes=8 * 1000)
    site.headers, site.iterable = [("Content-Length", "1001")], Body(b"d" * 1001)
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "HTTP_HOST": "a",
        "wsgi.url_scheme": "http",
    }
    assert cache(environ, lambda *_: None) is site.iterable
    assert site.iterable.taken == 0


def test_a_stream_is_passed_through_chunk_by_chunk(front: Front, site: Site) -> None:
    site.cache_control, site.iterable = "no-store", Body(b"one", b"two", b"three")
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/",
        "HTTP_HOST": "a",
        "wsgi.url_scheme": "http",
    }
    stream = front.cache(environ, lambda *_: None)
    assert site.iterable.taken == 0, "nothing is read before the server asks"
    assert next(iter(stream)) == b"one"
    assert site.iterable.taken == 1
    stream.close()
    assert site.iterable.is_closed


def test_a_cache_in_front_is_given_way_only_when_it_is_trusted(site: Site) -> None:
    trusting, wary = Front(PageCache(site, trust_front=True)), Front(PageCache(site))
    for _ in range(2):
        reply = trusting.get(HTTP_X_CACHE_IN_FRONT="1")
    assert (site.times_asked, reply["Age"]) == (2, None)
    for _ in range(2):
        trusting.get()
        wary.get(HTTP_X_CACHE_IN_FRONT="1")
    assert site.times_asked == 4


# --- HEAD, conditions, ranges ---------------------------------------------------------


def test_head_is_answered_from_the_stored_page(front: Front, site: Site) -> None:
    page = front.get()
    reply = front.head()
    assert (reply.status, reply.body, site.times_asked) == ("200 OK", b"", 1)
    assert reply["Content-Length"] == str(len(TEXT))
    assert reply.headers == page.headers


def test_head_first_does_not_leave_an_empty_page(front: Front, site: Site) -> None:
    reply = front.head()
    assert (reply.body, reply["Content-Length"]) == (b"", str(len(TEXT)))
    assert front.get().body == TEXT
    assert site.times_asked == 1


def test_head_of_a_page_that_is_not_stored_has_no_body(front: Front, site: Site) -> None:
    site.cache_control, site.iterable = "no-store", Body(TEXT)
    assert front.head().body == b""
    assert site.iterable.is_closed


def test_who_has_the_page_already_gets_304(front: Front, site: Site) -> None:
    site.headers = [("Content-Security-Policy", "default-src 'none'"), ("Expires", "0")]
    page = front.get()
    for tag in (page["ETag"], page["ETag"].removeprefix("W/"), f'"other", {page["ETag"]}', "*"):
        reply = front.get(HTTP_IF_NONE_MATCH=tag)
        assert (reply.status, reply.body) == ("304 Not Modified", b"")
        assert {name for name, _ in reply.headers} == {
            *("Cache-Control", "Expires", "Vary", "ETag", "Age"),
        }
        assert (reply["ETag"], reply["Vary"]) == (page["ETag"], "Accept-Encoding")
    assert front.get(HTTP_IF_NONE_MATCH='W/"other"').status == "200 OK"
    assert site.times_asked == 1


def test_the_tag_is_weak_and_the_same_for_all_encodings_and_processes(
    front: Front, site: Site
) -> None:
    site.headers = [("ETag", '"by Django"')]
    tags = {front.get(HTTP_ACCEPT_ENCODING=coding)["ETag"] for coding in ("br", "gzip", "")}
    tags.add(Front(PageCache(site)).get()["ETag"])
    assert len(tags) == 1
    assert tags.pop().startswith('W/"')


def test_a_changed_page_has_another_tag(front: Front, site: Site, clock: Clock) -> None:
    old = front.get()["ETag"]
    clock.advance(30)
    site.body = TEXT + b"!"
    assert front.get(HTTP_IF_NONE_MATCH=old).body == TEXT + b"!"


def test_even_the_first_request_may_be_a_condition(front: Front, site: Site, clock: Clock) -> None:
    """After a restart all browsers come back with the tags they have."""
    tag = Front(PageCache(site, clock=clock)).get()["ETag"]
    assert front.get(HTTP_IF_NONE_MATCH=tag).status == "304 Not Modified"
    assert front.get().body == TEXT


def test_a_date_is_a_condition_too(front: Front, site: Site) -> None:
    site.headers = [("Last-Modified", "Tue, 02 Jan 2024 10:00:00 GMT")]
    for since, status in {
        "Tue, 02 Jan 2024 10:00:00 GMT": "304 Not Modified",
        "Wed, 03 Jan 2024 10:00:00 GMT": "304 Not Modified",
        "Mon, 01 Jan 2024 10:00:00 GMT": "200 OK",
        "yesterday": "200 OK",
        "Wed, 03 Jan 2024 10:00:00 -0000": "200 OK",
    }.items():
        assert front.get(HTTP_IF_MODIFIED_SINCE=since).status == status
    both = {
        "HTTP_IF_MODIFIED_SINCE": "Wed, 03 Jan 2024 10:00:00 GMT",
        "HTTP_IF_NONE_MATCH": '"other"',
    }
    assert front.get(**both).status == "200 OK", "a tag makes the date irrelevant"


def test_a_date_means_nothing_for_a_page_without_one(front: Front) -> None:
    since = "Wed, 03 Jan 2024 10:00:00 GMT"
    assert front.get(HTTP_IF_MODIFIED_SINCE=since).status == "200 OK"


def test_conditions_count_only_where_the_answer_is_200(front: Front, site: Site) -> None:
    site.status = "404 Not Found"
    tag = front.get()["ETag"]
    assert front.get(HTTP_IF_NONE_MATCH=tag).status == "404 Not Found"


def test_a_range_is_ignored(front: Front, site: Site) -> None:
    site.headers = [("Accept-Ranges", "bytes")]
    for _ in range(2):
        reply = front.get(HTTP_RANGE="bytes=0-3")
        assert (reply.status, reply.body, reply["Accept-Ranges"]) == ("200 OK", TEXT, None)


# --- Encodings ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("", None),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br; q=0, gzip", "gzip"),
        ("br;q=0,gzip;q=0.000", None),
        ("gzip;q=0.001", "gzip"),
        ("*", "br"),
        ("*;q=0", None),
        ("br;q=0.2, gzip;q=0.2, *;q=0.5", None),
        ("br;q=0, *;q=0.3", "gzip"),
        ("gzip;q=0.5, identity", None),
        ("identity;q=0, gzip;q=0", None),
        ("identity;q=0, *;q=0.5", "br"),
        ("deflate", None),
        ("br;q=2", None),
        ("br;q=nan", None),
        ("br;level=9", None),
        (", ,;;=", None),
    ],
)
def test_the_reader_chooses_the_encoding(
    front: Front, site: Site, accepted: str, coding: str | None
) -> None:
    decode = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    for _ in range(2):
        reply = front.get(HTTP_ACCEPT_ENCODING=accepted)
        assert reply["Content-Encoding"] == coding
        assert reply["Content-Length"] == str(len(reply.body))
        assert reply["Vary"] == "Accept-Encoding"
        assert decode(reply.body) == TEXT
    assert site.times_asked == 1


def test_a_page_is_compressed_once(front: Front, clock: Clock) -> None:
    for coding in ("br", "gzip", ""):
        first = front.cache.store.get(("http", "openseat.example", "/articles/one/"))
        front.get(HTTP_ACCEPT_ENCODING=coding)
    clock.advance(30)
    front.get()
    again = front.cache.store.get(("http", "openseat.example", "/articles/one/"))
    assert again is not first
    assert again.bodies is first.bodies, "nor does an unchanged page cost compression again"


def test_what_does_not_get_smaller_stays_as_it_is(front: Front, site: Site) -> None:
    site.body = b"short"
    reply = front.get(HTTP_ACCEPT_ENCODING="br, gzip, identity;q=0.1")
    assert (reply.body, reply["Content-Encoding"]) == (b"short", None)
    site.body = random.Random(1).randbytes(1000)
    reply = front.get("/articles/noise/", HTTP_ACCEPT_ENCODING="br, gzip, identity;q=0.1")
    assert (reply.body, reply["Content-Encoding"]) == (site.body, None)


def test_head_names_the_length_of_the_encoding(front: Front) -> None:
    page = front.get(HTTP_ACCEPT_ENCODING="br")
    assert front.head(HTTP_ACCEPT_ENCODING="br")["Content-Length"] == str(len(page.body))


def test_a_vary_on_the_encoding_alone_is_welcome(front: Front, site: Site) -> None:
    site.headers = [("Vary", "accept-encoding")]
    front.get()
    assert front.get()["Vary"] == "Accept-Encoding"
    assert site.times_asked == 1


def test_the_choice_of_an_encoding_is_remembered() -> None:
    best_coding.cache_clear()
    for _ in range(3):
        best_coding("gzip, br", ("br", "gzip", "identity"))
    assert best_coding.cache_info().misses == 1


# --- Stale, and fetched anew behind the reader ----------------------------------------


def test_a_stale_page_is_served_while_one_thread_fetches_it_anew(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(15)
    asked, may_answer = threading.Event(), threading.Event()
    site.during = lambda: (asked.set(), may_answer.wait(DEADLINE_S))
    site.body = b"new"
    for _ in range(3):
        reply = front.get()
        assert (reply.body, reply["Age"]) == (TEXT, "15")
    assert asked.wait(DEADLINE_S)
    assert front.get().body == TEXT
    may_answer.set()
    front.finish_refreshing()
    reply = front.get()
    assert (reply.body, reply["Age"], site.times_asked) == (b"new", "0", 2)


def test_many_readers_of_a_stale_page_cause_one_refresh(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(15)
    replies = all_at_once(8, front.get)
    front.finish_refreshing()
    assert {reply.body for reply in replies} == {TEXT}
    assert site.times_asked == 2


def test_the_refresh_asks_for_a_plain_page(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    clock.advance(15)
    front.head("/articles/one/?utm_source=x", HTTP_IF_NONE_MATCH='"x"')
    front.finish_refreshing()
    assert site.seen[1]["REQUEST_METHOD"] == "GET"
    assert site.seen[1]["QUERY_STRING"] == ""
    assert "HTTP_IF_NONE_MATCH" not in site.seen[1]


def test_after_its_stale_time_a_page_is_fetched_before_it_is_served(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(20)
    site.body = b"new"
    assert front.get().body == b"new"


def test_a_page_without_leave_to_be_stale_never_is(front: Front, site: Site, clock: Clock) -> None:
    site.cache_control = PUBLIC + ", must-revalidate"
    front.get()
    clock.advance(10)
    site.body = b"new"
    assert front.get().body == b"new"


def test_age_counts_from_the_question_not_from_the_answer(
    front: Front, site: Site, clock: Clock
) -> None:
    """A page that took 12 s to make may already miss a change of 12 s ago."""
    site.during = lambda: clock.advance(12)
    front.get()
    site.during = lambda: None
    assert front.get()["Age"] == "12"
    front.finish_refreshing()
    assert site.times_asked == 2


def test_an_unpublished_article_is_gone_after_the_stale_time_for_good(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(20)
    site.status, site.cache_control = "404 Not Found", None
    assert front.get().status == "404 Not Found"
    site.failure = OSError("the database is away")
    with pytest.raises(OSError, match="away"):
        front.get()


def test_a_refresh_that_finds_nothing_to_store_drops_the_page(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(15)
    site.cache_control, site.iterable = "no-store", Body(b"private now")
    assert front.get().body == TEXT
    front.finish_refreshing()
    assert site.iterable.is_closed
    assert front.get().body == b"private now"


def test_a_page_is_refreshed_each_time_it_is_stale(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    for number in range(1, 4):
        clock.advance(15)
        front.get()
        front.finish_refreshing()
        assert site.times_asked == 1 + number


def test_refreshes_do_not_queue_up_behind_one_that_hangs(
    front: Front, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    submitted = []
    monkeypatch.setattr(front.cache.refresher, "submit", lambda *task: submitted.append(task))
    front.get()
    clock.advance(15)
    for _ in range(3):
        front.get()
    assert len(submitted) == 1


@pytest.mark.parametrize("reader_is_done", [True, False])
def test_a_refresh_that_comes_late_leaves_the_page_to_its_readers(
    front: Front, site: Site, clock: Clock, reader_is_done: bool
) -> None:
    """The thread is busy with another page; meanwhile this one is too old to wait for it."""
    thread_is_free, reader_is_in, may_answer = (threading.Event() for _ in range(3))
    front.get()
    front.cache.refresher.submit(thread_is_free.wait, DEADLINE_S)
    clock.advance(15)
    front.get()
    clock.advance(15)
    site.during = lambda: (reader_is_in.set(), may_answer.wait(DEADLINE_S))
    with ThreadPoolExecutor(1) as pool:
        reader = pool.submit(front.get)
        assert reader_is_in.wait(DEADLINE_S)
        if reader_is_done:
            may_answer.set()
            reader.result(DEADLINE_S)
        thread_is_free.set()
        front.finish_refreshing()
        may_answer.set()
        assert reader.result(DEADLINE_S)["Age"] == "0"
    assert site.times_asked == 2


# --- One flight for all ---------------------------------------------------------------


def all_at_once(count: int, act: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(count)

    def start() -> Any:
        barrier.wait(DEADLINE_S)
        return act()

    with ThreadPoolExecutor(count) as pool:
        return [future.result(DEADLINE_S) for future in [pool.submit(start) for _ in range(count)]]


def test_many_readers_of_a_new_page_cause_one_request(front: Front, site: Site) -> None:
    for number in range(20):
        replies = all_at_once(8, lambda number=number: front.get(f"/articles/{number}/"))
        assert {reply.body for reply in replies} == {TEXT}
        assert site.times_asked == number + 1


def test_a_page_stored_between_look_and_turn_is_not_fetched_twice(
    front: Front, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = front.cache.join

    def late(key: tuple[str, str, str]) -> Any:
        monkeypatch.setattr(front.cache, "join", join)
        front.get()  # somebody else is quicker
        return join(key)

    monkeypatch.setattr(front.cache, "join", late)
    assert front.get().body == TEXT
    assert site.times_asked == 1


def test_followers_of_a_page_that_cannot_be_shared_ask_for_themselves(
    front: Front, site: Site
) -> None:
    """And they ask as they are: with their own method, query and conditions."""
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 1:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)

    site.during, site.cache_control = during, "private"
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        follower = pool.submit(front.get, HTTP_IF_NONE_MATCH='"x"')
        may_answer.set()
        assert leader.result(DEADLINE_S).body == follower.result(DEADLINE_S).body == TEXT
    assert site.times_asked == 2


def test_nobody_waits_for_ever_for_another(site: Site, clock: Clock) -> None:
    front = Front(PageCache(site, clock=clock, patience_s=0))
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 1:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)

    site.during = during
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        assert front.get().body == TEXT
        assert site.times_asked == 2
        may_answer.set()
        leader.result(DEADLINE_S)
    assert not front.cache.flights


def test_a_leader_that_fails_takes_nobody_down(front: Front, site: Site) -> None:
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 1:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)
            raise OSError("only for the first")

    site.during = during
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        follower = pool.submit(front.get)
        may_answer.set()
        assert follower.result(DEADLINE_S).body == TEXT
        with pytest.raises(OSError, match="only for the first"):
            leader.result(DEADLINE_S)
    assert not front.cache.flights


# --- While the application is down ----------------------------------------------------


@pytest.mark.parametrize("failure", [OSError("the database is away"), None])
def test_the_copy_serves_while_the_application_fails(
    front: Front,
    site: Site,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
    failure: Exception | None,
) -> None:
    front.get()
    clock.advance(86_000)
    site.failure, site.status, site.iterable = failure, "503 Service Unavailable", Body(b"sorry")
    reply = front.get()
    assert (reply.status, reply.body, reply["Age"]) == ("200 OK", TEXT, "86000")
    assert site.iterable.is_closed == (failure is None)
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "/articles/one/" in caplog.text
    assert "86000 s ago" in caplog.text


def test_a_dead_application_is_asked_once_a_second_not_for_each_reader(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(60)
    site.failure = OSError("the database is away")
    for _ in range(5):
        assert front.get().body == TEXT
    assert site.times_asked == 2
    clock.advance(1)
    front.get()
    assert site.times_asked == 3
    site.failure, site.body = None, b"back again"
    clock.advance(1)
    assert front.get().body == b"back again"


def test_a_refresh_that_fails_pauses_too(
    front: Front, site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    front.get()
    clock.advance(15)
    site.failure = OSError("the database is away")
    for _ in range(3):
        assert front.get().body == TEXT
        front.finish_refreshing()
    assert site.times_asked == 2
    assert "the database is away" in caplog.text


def test_the_copy_does_not_outlive_its_leave(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    clock.advance(10 + 86_400)
    site.status = "503 Service Unavailable"
    assert front.get().status == "503 Service Unavailable"
    site.failure = OSError("the database is away")
    with pytest.raises(OSError, match="away"):
        front.get()


def test_the_pause_after_a_failure_does_not_prolong_it(
    front: Front, site: Site, clock: Clock
) -> None:
    front.get()
    clock.advance(10 + 86_399.5)
    site.status = "503 Service Unavailable"
    assert front.get().status == "200 OK"
    clock.advance(0.6)
    assert front.get().status == "503 Service Unavailable"


def test_a_page_without_leave_to_stand_in_for_errors_may_still_be_stale(
    front: Front, site: Site, clock: Clock
) -> None:
    site.cache_control = "public, s-maxage=10, stale-while-revalidate=10"
    front.get()
    clock.advance(15)
    site.failure = OSError("the database is away")
    for _ in range(3):
        assert front.get().body == TEXT
        front.finish_refreshing()
    assert site.times_asked == 2
    clock.advance(5)
    with pytest.raises(OSError, match="away"):
        front.get()


def test_without_a_copy_the_failure_is_shown_and_not_stored(front: Front, site: Site) -> None:
    site.status = "500 Internal Server Error"
    assert front.get().status == "500 Internal Server Error"
    site.status = "200 OK"
    assert front.get().status == "200 OK"


def test_a_copy_serves_when_the_application_only_hangs(
    site: Site, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    front = Front(PageCache(site, clock=clock, patience_s=0))
    front.get()
    clock.advance(60)
    leader_is_in, may_answer = threading.Event(), threading.Event()
    site.during = lambda: (leader_is_in.set(), may_answer.wait(DEADLINE_S))
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        assert front.get()["Age"] == "60"
        assert "no answer in time" in caplog.text
        may_answer.set()
        assert leader.result(DEADLINE_S)["Age"] == "0"
    assert site.times_asked == 2


def test_a_copy_that_is_too_old_does_not_serve_when_the_application_hangs(
    site: Site, clock: Clock
) -> None:
    front = Front(PageCache(site, clock=clock, patience_s=0))
    front.get()
    clock.advance(10 + 86_400)
    leader_is_in, may_answer = threading.Event(), threading.Event()

    def during() -> None:
        if site.times_asked == 2:
            leader_is_in.set()
            may_answer.wait(DEADLINE_S)

    site.during = during
    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(front.get)
        assert leader_is_in.wait(DEADLINE_S)
        assert front.get()["Age"] is None
        may_answer.set()
        leader.result(DEADLINE_S)
    assert site.times_asked == 3


def test_a_body_that_breaks_half_way_is_a_failure(front: Front, site: Site, clock: Clock) -> None:
    front.get()
    clock.advance(60)

    def breaking() -> Iterator[bytes]:
        yield b"half a "
        raise OSError("cut")

    site.iterable = breaking()
    assert front.get().body == TEXT


def test_who_comes_for_another_reason_sees_the_failure(
    front: Front, site: Site, clock: Clock
) -> None:
    """The editor must know that his database is away."""
    front.get()
    clock.advance(60)
    site.status = "503 Service Unavailable"
    assert front.get(HTTP_COOKIE="sessionid=a").status == "503 Service Unavailable"


# --- WSGI's finer points --------------------------------------------------------------


def test_the_iterable_is_closed_after_storing(front: Front, site: Site) -> None:
    site.iterable = body = Body(b"one ", b"two")
    assert front.get().body == b"one two"
    assert body.is_closed
    assert front.get().body == b"one two"


def test_a_body_that_breaks_is_closed(front: Front, site: Site) -> None:
    class Breaking(Body):
        def __iter__(self) -> Iterator[bytes]:
            raise OSError("cut")

    site.iterable = body = Breaking()
    with pytest.raises(OSError, match="cut"):
        front.get()
    assert body.is_closed


@pytest.mark.parametrize("cache_control", [PUBLIC, "no-store"])
def test_an_application_may_be_a_generator(cache_control: str) -> None:
    def application(environ: dict, start_response: Callable) -> Iterator[bytes]:
        start_response("200 OK", [("Cache-Control", cache_control)])
        yield b"one "
        yield b"two"

    front = Front(PageCache(application))
    assert front.get().body == front.get().body == b"one two"


@pytest.mark.parametrize("cache_control", [PUBLIC, "no-store"])
def test_an_application_may_write(cache_control: str) -> None:
    def application(environ: dict, start_response: Callable) -> list[bytes]:
        write = start_response("200 OK", [("Cache-Control", cache_control)])
        write(b"one ")
        return [b"two"]

    front = Front(PageCache(application))
    assert front.get().body == front.get().body == b"one two"


def changes_its_mind(cache_control: str) -> Callable:
    """Starts a page, then finds that it cannot finish it: what `exc_info` is for."""

    def application(environ: dict, start_response: Callable) -> Iterator[bytes]:
        start_response("200 OK", [("Cache-Control", cache_control)])
        try:
            yield b""
            raise OSError("the database is away")
        except OSError:
            start_response("500 Oh", [("Cache-Control", cache_control)], sys.exc_info())
            yield b"sorry"

    return application


def test_an_application_may_change_its_mind_before_the_headers_are_sent() -> None:
    front = Front(PageCache(changes_its_mind(PUBLIC)))
    for _ in range(2):
        reply = front.get()
        assert (reply.status, reply.body, reply["Age"]) == ("500 Oh", b"sorry", None)


def test_afterwards_the_server_is_told_as_pep_3333_says() -> None:
    front = Front(PageCache(changes_its_mind("no-store")))
    with pytest.raises(OSError, match="away"):
        front.get()


def test_a_change_of_mind_is_a_failure_that_the_copy_stands_in_for(clock: Clock) -> None:
    site = Site()
    current: list[Callable] = [site]
    front = Front(PageCache(lambda *arguments: current[0](*arguments), clock=clock))
    front.get()
    clock.advance(60)
    current[0] = changes_its_mind(PUBLIC)
    assert front.get().body == TEXT


def test_the_server_may_change_the_headers_it_gets(front: Front) -> None:
    for _ in range(2):
        reply = front.get()
        assert reply["Server"] is None
        reply.headers.append(("Server", "granian"))


# --- Room -----------------------------------------------------------------------------


def test_the_least_recently_read_page_makes_room(site: Site) -> None:
    front = Front(PageCache(site, capacity_bytes=30_000))
    names = [f"/articles/{number}/" for number in range(8)]
    store = front.cache.store
    for name in names:
        front.get(name)
        front.get(names[0])
        assert store.size_bytes == sum(page.size_bytes for page in store.pages.values()) <= 30_000
    assert site.times_asked == len(names), "the page that is read again and again stays"
    kept = [path for _, _, path in store.pages]
    assert names[0] in kept
    assert names[-1] in kept
    assert names[1] not in kept


def test_all_encodings_count_as_used_room(front: Front) -> None:
    front.get()
    page = next(iter(front.cache.store.pages.values()))
    assert set(page.bodies) == {"br", "gzip", "identity"}
    assert page.size_bytes > sum(map(len, page.bodies.values()))


def test_a_page_stored_again_counts_once(front: Front, clock: Clock) -> None:
    front.get()
    size = front.cache.store.size_bytes
    for _ in range(5):
        clock.advance(60)
        front.get()
    assert front.cache.store.size_bytes == size


def test_guessed_addresses_do_not_push_out_articles(site: Site) -> None:
    front = Front(PageCache(site, capacity_bytes=30_000))
    front.get("/articles/one/")
    front.get("/articles/two/")
    site.status = "404 Not Found"
    for number in range(50):
        front.get(f"/wp-login-{number}.php")
    kept = [path for _, _, path in front.cache.store.pages]
    assert {"/articles/one/", "/articles/two/", "/wp-login-49.php"} <= set(kept)


def test_many_threads_leave_the_books_in_order(site: Site) -> None:
    front = Front(PageCache(site, capacity_bytes=30_000))
    store = front.cache.store

    def read_much() -> None:
        for number in range(60):
            assert front.get(f"/articles/{number % 7}/").body == TEXT

    all_at_once(6, read_much)
    assert store.size_bytes == sum(page.size_bytes for page in store.pages.values()) <= 30_000
    assert not front.cache.flights


# --- What a page says about itself ----------------------------------------------------


def test_the_policy_is_read_as_the_rfcs_say() -> None:
    assert Policy.parsed(PUBLIC) == Policy(10, 10, 86_400)
    assert Policy.parsed("Public , S-MaxAge = 5") == Policy(5)
    assert Policy.parsed('public, s-maxage="5", x="a, no-store"') == Policy(5)
    assert Policy.parsed("public, s-maxage=5, stale-if-error=soon") == Policy(5)
    assert Policy.parsed("public, s-maxage=5, proxy-revalidate, stale-if-error=9") == Policy(5)
    assert Policy.parsed("public, s-maxage=99999999999999999999") is None
