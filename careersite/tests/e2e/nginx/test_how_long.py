"""For how long nginx keeps a page, and when its copy stands in for the site."""

import pytest

from careersite.tests.e2e.front import ARTICLE, Eventually, Nginx, state
from careersite.tests.e2e.nginx.spoken_site import TEXT, SpokenSite

pytestmark = pytest.mark.nginx
BRIEF = "public, max-age=0, s-maxage=1"  # nginx counts whole seconds


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
