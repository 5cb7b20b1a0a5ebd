"""What `deploy/nginx.conf` keeps, for whom, for how long, and what it lets through."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from careersite.tests.e2e.front import HOST, Nginx, Reply, nginx_in_front_of
from careersite.tests.e2e.spoken_site import LASTING, TEXT, SpokenSite, speaking_site

pytestmark = pytest.mark.nginx

Eventually = Callable[..., object]
BRIEF = "public, max-age=0, s-maxage=1"  # nginx counts whole seconds
ARTICLE = "/articles/one/"
TAG = 'W/"0123456789abcdef"'
MEGABYTE = 1024 * 1024


@pytest.fixture
def site() -> Iterator[SpokenSite]:
    with speaking_site() as site:
        yield site


@pytest.fixture
def nginx(site: SpokenSite, tmp_path: Path) -> Iterator[Nginx]:
    with nginx_in_front_of(site.port, tmp_path / "data", tmp_path) as nginx:
        yield nginx


def state(reply: Reply) -> tuple[int, str | None]:
    return reply.status, reply["X-Cache"]


# --- What it keeps --------------------------------------------------------------------


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


# --- What it does not keep ------------------------------------------------------------


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


# --- For how long ---------------------------------------------------------------------


def test_while_it_may_be_stale_a_page_is_served_first_and_fetched_then(
    nginx: Nginx, site: SpokenSite, eventually: Eventually
) -> None:
    site.cache(f"{BRIEF}, stale-while-revalidate=600")
    nginx.get(ARTICLE)
    site.body = b"changed"
    replies = []

    def is_changed() -> bool:
        replies.append(nginx.get(ARTICLE))
        return replies[-1].body == b"changed"

    eventually(is_changed)
    assert {reply.status for reply in replies} == {200}
    assert "STALE" in {reply["X-Cache"] for reply in replies}
    assert "EXPIRED" not in {reply["X-Cache"] for reply in replies}, "nobody waited"


def test_without_leave_to_be_stale_a_page_is_fetched_before_it_is_served(
    nginx: Nginx, site: SpokenSite, eventually: Eventually
) -> None:
    site.cache(BRIEF)
    nginx.get(ARTICLE)
    site.body = b"changed"
    reply = eventually(lambda: (reply := nginx.get(ARTICLE))["X-Cache"] != "HIT" and reply)
    assert (reply["X-Cache"], reply.body) == ("EXPIRED", b"changed")


def test_pages_outlive_the_site_and_forms_say_so(
    nginx: Nginx, site: SpokenSite, eventually: Eventually
) -> None:
    site.cache(f"{BRIEF}, stale-if-error=86400")
    nginx.get(ARTICLE)
    site.stop()
    reply = eventually(lambda: (reply := nginx.get(ARTICLE))["X-Cache"] != "HIT" and reply)
    assert (state(reply), reply.body) == ((200, "STALE"), TEXT)
    assert nginx.get("/ask/").status == 502
    assert nginx.ask("POST", "/newsletter/subscribe/", b"email=a@b.example").status == 502


def test_a_page_stands_in_for_errors(
    nginx: Nginx, site: SpokenSite, eventually: Eventually
) -> None:
    site.cache(f"{BRIEF}, stale-if-error=86400")
    nginx.get(ARTICLE)
    site.status, site.body = 500, b"broken"
    eventually(lambda: nginx.get(ARTICLE)["X-Cache"] != "HIT")
    for site.status in (500, 502, 503, 504):
        reply = nginx.get(ARTICLE)
        assert (state(reply), reply.body) == ((200, "STALE"), TEXT)


def test_what_is_gone_takes_the_place_of_what_was_there(
    nginx: Nginx, site: SpokenSite, eventually: Eventually
) -> None:
    site.cache(f"{BRIEF}, stale-if-error=86400")
    nginx.get(ARTICLE)
    site.status = 404
    eventually(lambda: nginx.get(ARTICLE).status == 404)


# --- What it lets through -------------------------------------------------------------


def test_the_site_hears_of_the_visitor_from_nginx_alone(nginx: Nginx, site: SpokenSite) -> None:
    claimed = {
        "X-Forwarded-For": "198.51.100.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Port": "1",
        "X-Real-IP": "198.51.100.7",
        "Forwarded": "for=198.51.100.7",
        "Proxy": "http://evil.example",
        "X-Cache-In-Front": "0",
        "X_Cache_In_Front": "0",
        "X_Forwarded_For": "198.51.100.7",
    }
    nginx.ask_as("GET", ARTICLE, None, {"Host": HOST, **claimed})
    heard = {name: value for name, value in site.asked[0][2].items() if name != "Connection"}
    assert heard == {
        "Host": HOST,
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "http",
        "X-Cache-In-Front": "1",
    }


def test_a_link_of_ones_own_stands_in_no_log(
    nginx: Nginx, tmp_path: Path, eventually: Eventually
) -> None:
    token = "AWsIwL8F-1iD_r7cGav9rrElGBy0ZQtnFMy4gZZCAdlt7N_HP6pF"
    for kind in ("newsletter/confirm", "newsletter/preferences", "newsletter/your-data", "preview"):
        assert nginx.get(f"/{kind}/{token}/").status == 200
    nginx.get(ARTICLE, Referer=f"https://careersite.example/preview/{token}/")
    log = tmp_path / "access.log"
    eventually(lambda: ARTICLE in log.read_text())  # nginx writes after it has answered
    assert token not in log.read_text()


def test_whom_staff_look_for_stands_in_no_log(
    nginx: Nginx, tmp_path: Path, eventually: Eventually
) -> None:
    path = "/admin/newsletter/subscriber/"
    nginx.get(f"{path}?q=ada%40example.com")
    nginx.get(ARTICLE, Referer=f"https://{HOST}{path}?q=ada%40example.com")
    log = eventually(lambda: ARTICLE in (log := (tmp_path / "access.log").read_text()) and log)
    assert f'"GET {path} HTTP/1.1" 200' in log
    assert f'"https://{HOST}{path}"' in log
    assert "ada" not in log


def test_nothing_repeats_what_it_was_sent(nginx: Nginx, site: SpokenSite) -> None:
    assert nginx.ask("TRACE", ARTICLE).status == 405
    assert site.times_asked == 0


@pytest.mark.parametrize(
    ("path", "most_megabytes"),
    [("/newsletter/subscribe/", 1), ("/resume/", 12), ("/ask/", 12), ("/admin/upload/", 25)],
)
def test_each_place_takes_so_much_and_no_more(
    nginx: Nginx, site: SpokenSite, path: str, most_megabytes: int
) -> None:
    assert nginx.ask("POST", path, b"x" * most_megabytes * MEGABYTE).status == 200
    too_much = {"Host": HOST, "Content-Length": str(most_megabytes * MEGABYTE + 1)}
    assert nginx.ask_as("POST", path, None, too_much).status == 413
    assert site.times_asked == 1


def test_http_leads_to_https_on_our_own_name(nginx: Nginx) -> None:
    reply = nginx.redirecting.get("/articles/one/?q=a%20b", Host="evil.example")
    assert reply.status == 301
    assert reply["Location"] == "https://careersite.example/articles/one/?q=a%20b"


# --- Files ----------------------------------------------------------------------------


@pytest.fixture
def files(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    for name in ("media/a.png", "static/site.0123456789ab.css", "static/plain.css"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        (data / name).write_text("a file")
    for name in ("secret_key", "secret.css", "secret.css.br"):
        (data / name).write_text("secret")
    return data


def test_files_come_from_nginx_with_what_a_browser_must_know(
    files: Path, nginx: Nginx, site: SpokenSite
) -> None:
    for path, lifetime_s in {
        "/media/a.png": 31536000,
        "/static/site.0123456789ab.css": 31536000,
        "/static/plain.css": 3600,
    }.items():
        reply = nginx.get(path)
        assert (reply.status, reply.body) == (200, b"a file")
        assert f"max-age={lifetime_s}" in reply["Cache-Control"]
        assert reply["X-Content-Type-Options"] == "nosniff"
    assert site.times_asked == 0


PACKED_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
TAKEN = {"br": "gzip, br", "gzip": "gzip, br;q=0", None: "identity"}


@pytest.fixture
def packed(files: Path) -> Path:
    """As collectstatic leaves them; each says how it is packed instead of being packed."""
    for kind in PACKED_TYPES:
        for end, words in {"": "None", ".br": "br", ".gz": "gzip"}.items():
            (files / f"static/a.0123456789ab.{kind}{end}").write_text(words)
    (files / "static/a.0123456789ab.woff2").write_text("None")
    return files


@pytest.mark.parametrize("kind", PACKED_TYPES)
def test_a_file_comes_packed_as_the_reader_takes_it(
    packed: Path, nginx: Nginx, site: SpokenSite, kind: str
) -> None:
    for coding, taken in TAKEN.items():
        reply = nginx.get(f"/static/a.0123456789ab.{kind}", Accept_Encoding=taken)
        assert (reply.status, reply.body) == (200, str(coding).encode())
        assert reply["Content-Encoding"] == coding
        assert reply["Content-Type"].split(";")[0] == PACKED_TYPES[kind].split(";")[0]
        assert reply["Vary"] == "Accept-Encoding"
        assert reply["Cache-Control"] == "public, max-age=31536000, immutable"
        assert reply["X-Content-Type-Options"] == "nosniff"
    assert (
        nginx.get(f"/static/a.0123456789ab.{kind}", Accept_Encoding="br")["Content-Type"]
        == (PACKED_TYPES[kind])
    )
    assert site.times_asked == 0


def test_a_packed_file_is_known_again(packed: Path, nginx: Nginx) -> None:
    path = "/static/a.0123456789ab.css"
    tag = nginx.get(path, Accept_Encoding="br")["ETag"]
    reply = nginx.get(path, Accept_Encoding="br", If_None_Match=tag)
    assert (reply.status, reply.body, reply["Vary"]) == (304, b"", "Accept-Encoding")
    reply = nginx.ask("HEAD", path, Accept_Encoding="br")
    assert (reply.status, reply.body, reply["Content-Length"]) == (200, b"", "2")


def test_what_is_not_packed_comes_as_it_is(packed: Path, nginx: Nginx) -> None:
    for path, kind in {"a.0123456789ab.woff2": "font/woff2", "plain.css": "text/css"}.items():
        reply = nginx.get(f"/static/{path}", Accept_Encoding="gzip, br")
        assert (reply.status, reply["Content-Encoding"]) == (200, None)
        assert reply["Content-Type"].split(";")[0] == kind


@pytest.mark.parametrize("taken", ["br", "gzip", "identity"])
def test_a_missing_file_is_missing_in_every_coding(
    packed: Path, nginx: Nginx, site: SpokenSite, taken: str
) -> None:
    for path in ("/static/none.css", "/static/none.woff2", "/static/sub/none.js"):
        assert nginx.get(path, Accept_Encoding=taken).status == 404
    assert site.times_asked == 0


@pytest.mark.parametrize("taken", ["identity", "br"])
@pytest.mark.parametrize(
    "path",
    [
        *("/static/../secret.css", "/static../secret.css", "/static/..%2fsecret.css"),
        *("/static/%2e%2e/secret.css", "/static/x/../../secret.css"),
        *("/static/", "/media/", "/static/../secret_key", "/static../secret_key"),
        *("/media/..%2fsecret_key", "/media/%2e%2e/secret_key", "/media/x/../../secret_key"),
    ],
)
def test_no_other_file_is_found(
    files: Path, nginx: Nginx, site: SpokenSite, path: str, taken: str
) -> None:
    site.status, site.body = 404, b"nothing here"
    reply = nginx.get(path, Accept_Encoding=taken)
    assert reply.status in (400, 403, 404)
    assert b"secret" not in reply.body
