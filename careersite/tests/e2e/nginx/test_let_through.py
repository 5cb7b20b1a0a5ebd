"""What nginx lets through to the site and into its log, and how much of it."""

from pathlib import Path

import pytest

from careersite.tests.e2e.front import ARTICLE, HOST, Eventually, Nginx
from careersite.tests.e2e.nginx.spoken_site import SpokenSite

pytestmark = pytest.mark.nginx
MEGABYTE = 1024 * 1024


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
