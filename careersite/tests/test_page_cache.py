"""What the page cache keeps, for whom, and how it behaves as a part of WSGI."""

import sys
from collections.abc import Callable, Iterator

import pytest

from careersite.page_cache import PageCache
from careersite.tests.wsgi_doubles import PUBLIC, TEXT, Body, Clock, Front, Site, all_at_once


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
        HTTP_IF_MATCH='"x"',
        HTTP_IF_UNMODIFIED_SINCE="Mon, 01 Jan 2024 00:00:00 GMT",
        CONTENT_LENGTH="20",
        CONTENT_TYPE="text/plain",
        HTTP_TRANSFER_ENCODING="chunked",
    )
    asked = site.seen[0]
    assert asked["REQUEST_METHOD"] == "GET"
    assert asked["wsgi.input"].read() == b""
    assert not asked.keys() & {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_RANGE"}
    assert not asked.keys() & {"HTTP_IF_RANGE", "CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}
    assert not asked.keys() & {"HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE"}


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
