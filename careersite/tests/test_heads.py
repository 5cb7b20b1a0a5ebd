"""What search engines are told at the head of the pages that are no articles and no lists."""

import re
from pathlib import Path

import pytest
from django.conf import settings as site_settings
from django.test import Client
from django.utils import timezone
from PIL import Image as Pillow

from newsletter.tests.factories import make_subscriber
from newsletter.tokens import Purpose

pytestmark = pytest.mark.django_db

LISTED = {
    "/search/": "/search/",
    "/newsletter/": "/newsletter/",
    "/ask/?from=/about/&placement=corner": "/ask/",
    "/resume/?utm_source=mail": "/resume/",
}
NOT_LISTED = [
    *("/search/?q=pay", "/search/?q=", "/ask/thanks/", "/resume/thanks/", "/nothing/"),
    *("/newsletter/confirm/x/", "/newsletter/unsubscribe/x/", "/preview/x/"),
]
FEEDS = [f"http://127.0.0.1:8000/{name}" for name in ("feed.xml", "atom.xml", "feed.json")]
FEED = re.compile(r'<link rel="alternate" type="application/[^"]+" title="[^"]+" href="([^"]+)"')


@pytest.mark.parametrize("address", LISTED)
def test_a_page_to_be_found_has_one_of_each(client: Client, address: str) -> None:
    html = client.get(address).content.decode()

    canonical = re.findall(r'<link rel="canonical" href="([^"]*)"', html)
    assert canonical == [f"http://127.0.0.1:8000{LISTED[address]}"]
    for once in (r'<meta name="description" content="[^"]+">', "<title>[^<]+", "<h1[ >]"):
        assert len(re.findall(once, html)) == 1, once
    assert "noindex" not in html
    assert FEED.findall(html) == FEEDS


@pytest.mark.parametrize("address", NOT_LISTED)
def test_what_is_nobody_elses_business_is_not_to_be_listed(client: Client, address: str) -> None:
    assert_not_listed(client, address)


@pytest.mark.parametrize("purpose", ["unsubscribe", "preferences", "confirm"])
def test_pages_of_one_subscriber_are_not_to_be_listed(client: Client, purpose: str) -> None:
    token = make_subscriber().token(Purpose(purpose), timezone.now())
    assert_not_listed(client, f"/newsletter/{purpose}/{token}/")


def assert_not_listed(client: Client, address: str) -> None:
    html = client.get(address).content.decode()
    assert len(re.findall('<meta name="robots" content="noindex', html)) == 1
    assert 'rel="canonical"' not in html
    assert FEED.findall(html) in (FEEDS, [])


def test_the_picture_that_stands_for_the_site_is_as_large_as_pages_say(client: Client) -> None:
    html = client.get("/").content.decode()
    said = dict(re.findall(r'<meta property="og:image(?::(\w+))?" content="([^"]+)"', html))

    assert said[""] == "http://127.0.0.1:8000/static/share.png"
    with Pillow.open(Path(site_settings.BASE_DIR) / "static" / "share.png") as picture:
        assert picture.size == (int(said["width"]), int(said["height"])) == (1200, 630)
    assert said["alt"]
