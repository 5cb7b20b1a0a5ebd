"""What the page cache serves from memory, and how it knows a page again."""

import pytest

from careersite.tests.page_cache.doubles import PUBLIC, TEXT, Clock, Front, Site


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
