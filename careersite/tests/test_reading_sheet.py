"""Each page for readers brings its stylesheet along, and the browser takes no other one in it."""

import base64
import hashlib
import os
import re
from pathlib import Path

import pytest
from django.test import Client

from blog.tests.factories import make_article
from careersite import reading_sheet

pytestmark = pytest.mark.django_db

ADDRESSES = ["/", "/articles/ask/", "/search/?q=ask", "/newsletter/", "/resume/", "/nothing/"]
STYLE = re.compile("<style>(.*?)</style>", re.DOTALL)
PRELOADED = re.compile(r'<link rel="preload" href="([^"]+)"')


@pytest.fixture(autouse=True)
def article() -> None:
    make_article("Ask", slug="ask", body="<p>Ask <b>twice</b>.</p>")


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_policy_names_the_one_style_of_a_page(client: Client, address: str) -> None:
    answer = client.get(address)
    html = answer.content.decode()
    (style,) = STYLE.findall(html)

    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'self' 'sha256-{digest}';" in answer["Content-Security-Policy"]
    assert html.count("<style") == 1
    assert not re.search(r"style=|rel=.stylesheet", html)


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_has_to_come_before_a_page_can_be_seen(client: Client, address: str) -> None:
    html = client.get(address).content.decode()

    assert not re.search(r"<script(?! type=\"(?:module|application/ld\+json)\")", html)
    preloaded, (style,) = PRELOADED.findall(html), STYLE.findall(html)
    assert len(preloaded) >= 2
    assert [font for font in preloaded if f'url("{font}")' not in style] == []


def test_who_has_a_page_already_is_told_the_same_policy(client: Client) -> None:
    whole = client.get("/")
    known = client.get("/", headers={"If-None-Match": whole["ETag"]})

    assert known.status_code == 304
    assert known["Content-Security-Policy"] == whole["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("body", "fetches"),
    [
        ("<p>Ask <em>twice</em>.</p>", True),
        ('<figure class="pull-quote"><blockquote>Ask.</blockquote></figure>', True),
        ("<p>Ask <embed>, <b>imagine</b>.</p>", False),
    ],
)
def test_italics_are_fetched_where_there_are_any(client: Client, body: str, fetches: bool) -> None:
    address = make_article(body=body).get_absolute_url()
    preloaded = PRELOADED.findall(client.get(address).content.decode())

    assert any("newsreader-italic" in font for font in preloaded) is fetches


def test_a_change_of_the_sheet_is_seen_without_a_new_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "site.css"
    monkeypatch.setattr(reading_sheet, "PATH", path)
    path.write_text("/* why */ a { color: red }")
    os.utime(path, (1, 1))
    assert reading_sheet.reading_sheet() == "a{color:red}"
    before = reading_sheet.source()

    path.write_text("a { color: blue }")
    os.utime(path, (2, 2))

    assert reading_sheet.reading_sheet() == "a{color:blue}"
    assert reading_sheet.source() != before
