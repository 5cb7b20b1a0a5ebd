"""The sitemap and robots.txt."""

from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from django.test import Client

from blog.models import Article
from blog.tests.factories import make_article, make_author, make_topic

pytestmark = pytest.mark.django_db

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
SITE = "https://seat.example"


@pytest.fixture(autouse=True)
def site(settings: object) -> None:
    settings.SITE_URL = SITE


def entries(client: Client) -> dict[str, str | None]:
    tree = ElementTree.fromstring(client.get("/sitemap.xml").content)
    return {
        url.findtext("s:loc", namespaces=NAMES): url.findtext("s:lastmod", namespaces=NAMES)
        for url in tree.findall("s:url", NAMES)
    }


def test_it_lists_everything_that_stands_for_itself(client: Client) -> None:
    make_article(slug="hello", topics=[make_topic("Offers")], author=make_author("Daniel Osei"))

    assert set(entries(client)) == {
        f"{SITE}{path}"
        for path in (
            *("/", "/archive/", "/about/", "/privacy/"),
            *("/articles/hello/", "/topics/offers/", "/authors/daniel-osei/"),
        )
    }


def test_everything_in_it_is_really_there(client: Client) -> None:
    make_article("Über uns & die anderen", topics=[make_topic("Vorstellungsgespräche")])

    for url in entries(client):
        assert client.get(url.removeprefix(SITE)).status_code == 200


def test_dates_are_those_of_the_last_change_of_what_is_public(client: Client) -> None:
    topic = make_topic("Offers")
    make_article("Old", slug="old", topics=[topic])
    make_article("Draft", topics=[topic], published_at=None)
    changed_at = datetime(2026, 3, 14, 9, tzinfo=UTC)
    published_at = datetime(2026, 3, 1, tzinfo=UTC)
    Article.objects.filter(slug="old").update(revised_at=changed_at, published_at=published_at)

    found = entries(client)

    for path in ("/articles/old/", "/topics/offers/", "/authors/maya-lindqvist/", "/"):
        assert datetime.fromisoformat(found[f"{SITE}{path}"]) == changed_at


def test_it_says_what_it_is(client: Client) -> None:
    assert client.get("/sitemap.xml").headers["Content-Type"] == "application/xml; charset=utf-8"


def test_robots_are_told_of_it_and_kept_out_of_what_is_private(client: Client) -> None:
    response = client.get("/robots.txt")
    lines = response.content.decode().splitlines()

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    assert {"Disallow: /admin/", "Disallow: /outbox/", "Disallow: /preview/"} <= set(lines)
    assert not [line for line in lines if "/static" in line or "/media" in line]
