"""Passing an article on: plain links, and scripts that stay small."""

import gzip
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings as site_settings
from django.test import Client

from blog.sharing import share_links
from blog.tests.factories import make_article

TITLE, URL = "Ask & be asked + more: “why?”", "https://seat.example/articles/ask/"


def test_a_link_carries_title_and_address_whole() -> None:
    for name, url in share_links(TITLE, URL):
        assert "+" not in url, name
        values = " ".join(value for all in parse_qs(urlsplit(url).query).values() for value in all)
        assert URL in values
        assert TITLE in values or name == "LinkedIn"


@pytest.mark.django_db
def test_the_page_has_plain_links_to_its_own_address(client: Client, settings: object) -> None:
    settings.SITE_URL = "https://seat.example"
    article = make_article('"><script>x</script>', slug="ask")

    html = client.get(f"{article.get_absolute_url()}?utm_source=x").content.decode()

    links = re.findall(r'<a rel="noopener nofollow" href="([^"]+)">', html)
    assert [urlsplit(link).netloc or "mail" for link in links] == [
        *("mail", "www.linkedin.com", "wa.me", "x.com")
    ]
    assert f'data-url="{URL}"' in html
    assert "utm_source" not in html
    assert "<script>x" not in html


def test_all_scripts_of_the_site_together_are_small() -> None:
    scripts = sorted((site_settings.BASE_DIR / "static").glob("*.js"))

    assert len(scripts) > 1
    assert sum(len(gzip.compress(script.read_bytes())) for script in scripts) < 10_000
