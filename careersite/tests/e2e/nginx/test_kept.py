"""What `deploy/nginx.conf` keeps, and how it knows a page again."""

import gzip

import pytest

from careersite.tests.e2e.front import ARTICLE, Nginx, state
from careersite.tests.e2e.nginx.spoken_site import LASTING, TEXT, SpokenSite

pytestmark = pytest.mark.nginx
TAG = 'W/"0123456789abcdef"'


def test_a_page_is_fetched_once(nginx: Nginx, site: SpokenSite) -> None:
    first, second = nginx.get(ARTICLE), nginx.get(ARTICLE)
    assert (state(first), state(second)) == ((200, "MISS"), (200, "HIT"))
    assert first.body == second.body == TEXT
    assert second["Cache-Control"] == LASTING
    assert site.times_asked == 1


@pytest.mark.parametrize("status", [301, 404, 410])
def test_what_is_moved_or_missing_is_kept_too(nginx: Nginx, site: SpokenSite, status: int) -> None:
    site.status, site.headers["Location"] = status, "/articles/two/"
    assert [state(nginx.get(ARTICLE)) for _ in range(2)] == [(status, "MISS"), (status, "HIT")]


@pytest.mark.parametrize("query", ["?", "?utm_source=letter&utm_medium=mail", "?fbclid=x&ref=y"])
def test_what_only_counts_clicks_makes_no_other_page(
    nginx: Nginx, site: SpokenSite, query: str
) -> None:
    assert state(nginx.get(ARTICLE + query)) == (200, "MISS")
    assert state(nginx.get(ARTICLE)) == (200, "HIT")
    assert [path for _, path, _ in site.asked] == [ARTICLE]


def test_a_head_is_answered_from_the_page(nginx: Nginx, site: SpokenSite) -> None:
    nginx.get(ARTICLE)
    reply = nginx.ask("HEAD", ARTICLE)
    assert (state(reply), reply.body) == ((200, "HIT"), b"")


def test_a_page_that_began_as_a_head_is_whole(nginx: Nginx, site: SpokenSite) -> None:
    nginx.ask("HEAD", ARTICLE)
    assert nginx.get(ARTICLE).body == TEXT


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_who_has_the_page_is_told_so_without_asking_the_site(
    nginx: Nginx, site: SpokenSite, coding: str
) -> None:
    site.headers["ETag"] = TAG
    assert nginx.get(ARTICLE, Accept_Encoding=coding)["ETag"] == TAG
    reply = nginx.get(ARTICLE, Accept_Encoding=coding, If_None_Match=TAG)
    assert (reply.status, reply.body, reply["ETag"]) == (304, b"", TAG)
    other = nginx.get(ARTICLE, Accept_Encoding=coding, If_None_Match='W/"other"')
    assert other.status == 200
    assert site.times_asked == 1


def test_the_first_question_may_be_a_condition(nginx: Nginx, site: SpokenSite) -> None:
    site.headers["ETag"] = TAG
    assert nginx.get(ARTICLE, If_None_Match=TAG).status == 304
    assert "If-None-Match" not in site.asked[0][2], "or one reader would decide for the next"
    assert nginx.get(ARTICLE).body == TEXT


def test_the_site_compresses_once_for_all_who_take_gzip(nginx: Nginx, site: SpokenSite) -> None:
    site.headers["Vary"] = "Accept-Encoding"
    replies = [
        nginx.get(ARTICLE, Accept_Encoding=taken)
        for taken in ("gzip", "gzip, deflate", "deflate,GZIP;q=0.5", "br;q=0, gzip;q=1.0")
    ]
    assert [reply["X-Cache"] for reply in replies] == ["MISS", "HIT", "HIT", "HIT"]
    assert {reply.body for reply in replies} == {gzip.compress(TEXT, mtime=0)}
    assert {reply["Content-Encoding"] for reply in replies} == {"gzip"}
    assert {reply["Vary"] for reply in replies} == {"Accept-Encoding"}
    assert [asked["Accept-Encoding"] for _, _, asked in site.asked] == ["gzip"]


@pytest.mark.parametrize("taken", ["", "identity", "gzip;q=0", "x, gzip;q=0.000", "deflate", "*"])
def test_who_does_not_take_gzip_gets_it_plain(nginx: Nginx, site: SpokenSite, taken: str) -> None:
    assert nginx.get(ARTICLE, Accept_Encoding="gzip")["X-Cache"] == "MISS"
    for state_of_cache in ("MISS", "HIT"):
        reply = nginx.get(ARTICLE, Accept_Encoding=taken)
        assert (reply["X-Cache"], reply.body) == (state_of_cache, TEXT)
        assert reply["Content-Encoding"] is None
    assert "Accept-Encoding" not in site.asked[-1][2]


def test_brotli_comes_before_gzip(nginx: Nginx, site: SpokenSite) -> None:
    nginx.get(ARTICLE, Accept_Encoding="gzip, deflate, br, zstd")
    assert site.asked[0][2]["Accept-Encoding"] == "br"
