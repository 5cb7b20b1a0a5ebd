"""What nginx does not keep: other answers, what cookies and queries make one’s own, the admin."""

import pytest

from careersite.tests.e2e.front import ARTICLE, Nginx, state
from careersite.tests.e2e.nginx.spoken_site import LASTING, SpokenSite

pytestmark = pytest.mark.nginx


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cache-Control": "public, max-age=600"},
        {"Cache-Control": "s-maxage=600"},
        {"Cache-Control": "public, s-maxage=0"},
        {"Cache-Control": "private, s-maxage=600"},
        {"Cache-Control": "no-store"},
        {"Cache-Control": "private, no-cache"},
        {"Cache-Control": LASTING, "Set-Cookie": "sessionid=secret"},
        {"Cache-Control": LASTING, "Vary": "*"},
        {"Cache-Control": LASTING, "Vary": "Cookie"},
        {"Cache-Control": LASTING, "Vary": "Accept-Encoding, Cookie"},
        {"Expires": "Fri, 01 Jan 2100 00:00:00 GMT"},
        {"Cache-Control": "no-store", "X-Accel-Expires": "600"},
    ],
)
def test_what_is_not_for_all_is_not_kept(
    nginx: Nginx, site: SpokenSite, headers: dict[str, str]
) -> None:
    site.headers = headers
    assert [state(nginx.get(ARTICLE)) for _ in range(2)] == [(200, "MISS")] * 2
    assert site.times_asked == 2


@pytest.mark.parametrize("status", [200, 302, 400, 403, 429, 500, 503])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_other_answers_are_not_kept(
    nginx: Nginx, site: SpokenSite, method: str, status: int
) -> None:
    site.status = status
    for _ in range(2):
        assert nginx.ask(method, ARTICLE).status == status
    is_a_page = (method, status) == ("GET", 200)
    assert site.times_asked == (1 if is_a_page else 2)


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "sessionid=abc"},
        {"Cookie": "theme=dark; __Host-sessionid=abc"},
        {"Authorization": "Basic eDp5"},
    ],
)
def test_who_is_signed_in_neither_reads_nor_writes(
    nginx: Nginx, site: SpokenSite, headers: dict[str, str]
) -> None:
    assert state(nginx.get(ARTICLE, **headers)) == (200, "BYPASS")
    assert state(nginx.get(ARTICLE)) == (200, "MISS")
    assert state(nginx.get(ARTICLE, **headers)) == (200, "BYPASS")
    assert site.times_asked == 3


def test_other_cookies_do_not_matter(nginx: Nginx, site: SpokenSite) -> None:
    nginx.get(ARTICLE)
    assert state(nginx.get(ARTICLE, Cookie="theme=dark")) == (200, "HIT")


@pytest.mark.parametrize("query", ["?q=pay", "?utm_source=x&page=2", "?x", "?utm%5Fsource=x"])
def test_any_other_query_goes_through(nginx: Nginx, site: SpokenSite, query: str) -> None:
    nginx.get(ARTICLE)
    assert state(nginx.get(ARTICLE + query)) == (200, "BYPASS")
    assert site.asked[-1][1] == ARTICLE + query
    assert state(nginx.get(ARTICLE)) == (200, "HIT")


def test_two_addresses_are_two_pages_however_alike(nginx: Nginx, site: SpokenSite) -> None:
    for path in ("/a/b", "/a%2Fb", "/a%2fb", "/A/b", "/a/b/", "//a/b", "/a/./b"):
        assert state(nginx.get(path)) == (200, "MISS"), path
        assert site.asked[-1][1] == path


def test_nothing_under_admin_is_kept(nginx: Nginx, site: SpokenSite) -> None:
    for _ in range(2):
        assert state(nginx.get("/admin/login/")) == (200, None)
    assert site.times_asked == 2
