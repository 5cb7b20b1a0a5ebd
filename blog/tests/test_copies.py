"""Copies for machines that read: `/articles/<slug>.md` and `/llms.txt`."""

from datetime import UTC, datetime

import pytest
from django.test import Client

from blog.as_markdown import to_markdown
from blog.models import Publication
from blog.sanitizer import sanitize
from blog.tests.factories import make_article, make_articles, make_author, make_topic

pytestmark = pytest.mark.django_db

SITE = "https://seat.example"


@pytest.fixture(autouse=True)
def site(settings: object) -> None:
    settings.SITE_URL = SITE


def test_an_article_is_there_as_markdown(client: Client) -> None:
    make_article(
        "Ask & listen",
        slug="ask",
        summary="In short.",
        author=make_author("Ann Ko", slug="ann"),
        published_at=datetime(2026, 3, 14, 9, tzinfo=UTC),
        body='<h2>Why</h2><p>See <a href="/about/">us</a>.</p><ul><li>One</li><li>Two</li></ul>'
        '<figure class="image"><img src="/media/x.png" alt="An x"><figcaption>X.</figcaption>'
        "</figure>",
    )

    response = client.get("/articles/ask.md")

    assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert response.headers["Link"] == f'<{SITE}/articles/ask/>; rel="canonical"'
    assert response.headers["X-Robots-Tag"] == "noindex"
    lines = [line for line in response.content.decode().splitlines() if line]
    assert lines == [
        "# Ask & listen",
        "In short.",
        f"By [Ann Ko]({SITE}/authors/ann/), published 14 March 2026. <{SITE}/articles/ask/>",
        "## Why",
        f"See [us]({SITE}/about/).",
        "- One",
        "- Two",
        f"![An x]({SITE}/media/x.png)",
        "X.",
    ]


def test_what_looks_like_a_tag_or_a_link_stays_text() -> None:
    body = "<p>&lt;script&gt;x()&lt;/script&gt; *a* _b_ [c](d)</p>"

    written = to_markdown(sanitize(body))

    assert "<script>" not in written.replace("\\<", "")
    for escaped in (r"\*a\*", r"\_b\_", r"\[c"):
        assert escaped in written


def test_tables_and_quotes_and_code_keep_their_form() -> None:
    table = "<table><thead><tr><th>A</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>"

    written = to_markdown(
        f"<blockquote><p>Said.</p></blockquote><pre><code>a *b*</code></pre>{table}"
    )

    assert "> Said." in written
    assert "```\na *b*\n```" in written
    assert "| A |\n| --- |\n| 1 |" in written


def test_the_page_names_its_copy(client: Client) -> None:
    html = client.get(make_article(slug="ask").get_absolute_url()).content.decode()

    assert '<link rel="alternate" type="text/markdown" href="/articles/ask.md">' in html


def test_who_has_the_copy_is_told_so(client: Client) -> None:
    make_article(slug="ask")
    tag = client.get("/articles/ask.md").headers["ETag"]

    assert client.get("/articles/ask.md", headers={"If-None-Match": tag}).status_code == 304


def test_llms_txt_says_what_is_here(client: Client) -> None:
    Publication.objects.update_or_create(
        pk=1, defaults={"name": "Open Seat", "tagline": "Plain & good."}
    )
    topic = make_topic("Offers", introduction="What to say\n\nand when.")
    make_article("What [not] to <b>say</b>", slug="say", summary="Short.", topics=[topic])
    make_topic("Empty")

    response = client.get("/llms.txt")
    text = response.content.decode()

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.startswith("# Open Seat\n\n> Plain & good.\n")
    assert f"- [Offers]({SITE}/topics/offers/): What to say and when.\n" in text
    assert rf"- [What \[not\] to <b>say</b>]({SITE}/articles/say.md): Short." in text
    assert "Empty" not in text
    assert f"{SITE}/sitemap.xml" in text


def test_llms_txt_of_an_empty_site_is_short(client: Client) -> None:
    text = client.get("/llms.txt").content.decode()

    assert "## Newest articles" not in text


def test_llms_txt_has_the_newest_hundred(client: Client) -> None:
    make_articles(101)

    text = client.get("/llms.txt").content.decode()

    assert f"{SITE}/articles/article-100.md" in text
    assert f"{SITE}/articles/article-101.md" not in text
