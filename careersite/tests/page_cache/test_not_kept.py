"""What the page cache never stores: what is not for everybody, too large, or not a page."""

import pytest

from careersite.page_cache import PageCache
from careersite.tests.page_cache.doubles import TEXT, Body, Front, Site


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
