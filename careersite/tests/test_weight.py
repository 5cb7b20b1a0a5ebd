"""What an article weighs on a bad line: its page, with the stylesheet in it, and its script."""

import re

import brotli
import pytest
from django.test import Client

from blog.tests.factories import make_article
from careersite.static_files import shortened
from careersite.stored_page import BROTLI_QUALITY
from careersite.supervisor import ROOT

STATIC = ROOT / "static"
HEADERS = 500  # of both answers, as HTTP/2 sends them
MOST_TEXT = 15_000 - HEADERS
FIRST_FLIGHT = 10 * 1460  # what a server sends before it waits for an answer (RFC 6928)
MOST_SCRIPT = 10_000
MOST_FONTS = 20_000  # as they come with each page; italics and other letters cost extra
MOST_SERIF = 11_200  # all that a phone gets
SECTION = "<h2>What is <em>asked</em>?</h2><p>" + "Four words and more. " * 60 + "</p>"


def packed(text: str, quality: int = 11) -> int:
    return len(brotli.compress(text.encode(), quality=quality))


def sheet() -> str:
    return (STATIC / "site.css").read_text()


@pytest.mark.django_db
def test_an_article_is_light(client: Client) -> None:
    article, *_ = [make_article(body=SECTION * 8) for _ in range(8)]  # with related and recent ones
    page = client.get(article.get_absolute_url()).content.decode()
    script = (STATIC / "article.js").read_text()

    assert page.count("/articles/") > 8
    assert packed(page, BROTLI_QUALITY) + packed(script) < MOST_TEXT
    assert packed(page, BROTLI_QUALITY) + HEADERS < FIRST_FLIGHT
    assert len(re.findall(r"<script[^>]+src=", page)) == page.count("<style") == 1


def test_scripts_and_fonts_are_light() -> None:
    scripts = [(STATIC / name).read_text() for name in ("article.js", "search.js")]
    fonts = [STATIC / "fonts" / name for name in ("newsreader.woff2", "figtree.woff2")]

    assert sum(map(packed, scripts)) < MOST_SCRIPT
    assert sum(font.stat().st_size for font in fonts) < MOST_FONTS
    assert fonts[0].stat().st_size < MOST_SERIF
    assert sheet().count("unicode-range") == len(list((STATIC / "fonts").glob("*.woff2"))) == 6


def test_nothing_comes_from_another_host() -> None:
    assert not re.search(r"url\(\W*(?:https?:)?//", sheet())


def test_the_sheet_that_readers_get_says_the_same_in_fewer_bytes() -> None:
    told = "/* why */\n.a, .b {\n  color: red;\n}\n.c:hover .d :is(p) { margin: 0 auto }\n"

    assert shortened(told) == ".a,.b{color:red;}.c:hover .d :is(p){margin:0 auto}"
    assert "/*" not in shortened(sheet())
    assert sheet().count("{") == shortened(sheet()).count("{")
