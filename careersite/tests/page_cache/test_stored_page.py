"""How a stored page answers: HEAD, conditions, ranges, encodings; and what it says of itself."""

import gzip
import hashlib
import random

import brotli
import pytest

from careersite.page_cache import PageCache
from careersite.stored_page import Policy, best_coding
from careersite.tests.page_cache.doubles import PUBLIC, TEXT, Body, Clock, Front, Site

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
    # Of the plain bytes: what compresses them may pad them at random, or write the time into them.
    assert tags == {f'W/"{hashlib.sha256(TEXT).hexdigest()[:32]}"'}


def test_the_bytes_of_a_coding_are_the_same_in_all_processes(front: Front) -> None:
    packed = front.get(HTTP_ACCEPT_ENCODING="gzip").body
    assert packed[4:8] == bytes(4)  # where gzip writes the time (RFC 1952 §2.3.1)


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


# --- What a page says about itself ----------------------------------------------------


def test_the_policy_is_read_as_the_rfcs_say() -> None:
    assert Policy.parsed(PUBLIC) == Policy(10, 10, 86_400)
    assert Policy.parsed("Public , S-MaxAge = 5") == Policy(5)
    assert Policy.parsed('public, s-maxage="5", x="a, no-store"') == Policy(5)
    assert Policy.parsed("public, s-maxage=5, stale-if-error=soon") == Policy(5)
    assert Policy.parsed("public, s-maxage=5, proxy-revalidate, stale-if-error=9") == Policy(5)
    assert Policy.parsed("public, s-maxage=99999999999999999999") is None
