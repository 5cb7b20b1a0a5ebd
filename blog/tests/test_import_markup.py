"""Markdown and HTML, with a head or without, come in sanitised and whole."""

from datetime import datetime
from pathlib import Path

import pytest
from django.utils import timezone

from blog.models import Article, Author, Topic
from blog.tests.factories import make_author, make_topic
from blog.tests.importing import import_content, refusal, write

pytestmark = pytest.mark.django_db

HEAD = """---
title: "Comparing two offers: a sum"
slug: two-offers
date: 2025-08-28T08:00:00+00:00
topics: [offers, Job search]
author: Maya Lindqvist
summary: "The envelope, to the end."
---
"""
TEXT = """A friend had **two** offers.

## The letters

| Job | Pay |
|---|---|
| A | $71,000 |

> Ask first.

1. Read
2. [Ask](/ask/)
"""


def taken(folder: Path, content: str | bytes, *options: str, name: str = "a.md") -> Article:
    import_content(write(folder / name, content), *options)
    return Article.objects.get()


@pytest.mark.parametrize("ending", ["md", "markdown"])
def test_markdown_with_a_head(tmp_path: Path, ending: str) -> None:
    article = taken(tmp_path, HEAD + TEXT, "--publish", name=f"a.{ending}")
    assert article.title == "Comparing two offers: a sum"
    assert article.slug == "two-offers"
    assert article.published_at == timezone.make_aware(datetime(2025, 8, 28, 8))
    assert article.author.name == "Maya Lindqvist"
    assert article.summary == "The envelope, to the end."
    assert {topic.name for topic in article.topics.all()} == {"Offers", "Job search"}
    for part in ("<strong>two</strong>", "<h2>The letters</h2>", "<td>$71,000</td>", "<ol>"):
        assert part in article.body
    assert "<blockquote>" in article.body


def test_html_with_a_head(tmp_path: Path) -> None:
    article = taken(tmp_path, HEAD + "<p>A <em>friend</em>.</p>", name="a.html")
    assert (article.slug, article.body) == ("two-offers", "<p>A <em>friend</em>.</p>")
    assert article.is_draft


def test_topics_and_authors_that_are_there_are_found(tmp_path: Path) -> None:
    make_topic("Offers")
    make_topic("Job search")
    make_author("Maya Lindqvist")
    taken(tmp_path, HEAD.replace("Maya Lindqvist", "maya-lindqvist") + TEXT)
    assert Topic.objects.count() == 2
    assert Author.objects.count() == 1


def test_unknown_ones_are_made(tmp_path: Path) -> None:
    taken(tmp_path, "---\ntitle: A\ntopics: career-change, Networking\nauthor: Zoë\n---\nText.")
    assert set(Topic.objects.values_list("name", "slug")) == {
        ("Career change", "career-change"),
        ("Networking", "networking"),
    }
    assert Author.objects.get().slug == "zoë"


def test_unsigned_it_is_the_only_authors_or_the_publications(tmp_path: Path) -> None:
    assert taken(tmp_path, "# A\n\nText.").author.name == "Open Seat"
    make_author("Maya Lindqvist")
    import_content(write(tmp_path / "b.md", "# B\n\nText."))
    assert Article.objects.get(slug="b").author.name == "Open Seat"


def test_the_only_author_signs(tmp_path: Path) -> None:
    make_author("Maya Lindqvist")
    assert taken(tmp_path, "# A\n\nText.").author.name == "Maya Lindqvist"


# --- Titles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "title", "body"),
    [
        ("a.md", "# One *title*\n\nText.", "One title", "<p>Text.</p>"),
        ("a.md", "## One title\n\nText.", "One title", "<p>Text.</p>"),
        ("a.md", "One title\n=========\n\nText.", "One title", "<p>Text.</p>"),
        ("a.md", "Text.\n\n# One title", "One title", "<p>Text.</p>"),
        ("a.html", "<h1 class=x>One<br>title</h1><p>Text.", "One title", "<p>Text.</p>"),
        ("a.html", "<title>One title</title><p>Text.", "One title", "<p>Text.</p>"),
        ("a.html", "<title>Site</title><h1>One title</h1><p>Text.", "One title", "<p>Text.</p>"),
        (
            "a.md",
            "---\ntitle: One title\n---\n# One Title\n\nText.",
            "One title",
            "<p>Text.</p>",
        ),
        (
            "a.md",
            "---\ntitle: One title\n---\n# Another\n\nText.",
            "One title",
            "<h2>Another</h2>\n<p>Text.</p>",
        ),
        ("a.md", "---\ntitle: 2024\n---\nText.", "2024", "<p>Text.</p>"),
    ],
)
def test_a_title_is_found(tmp_path: Path, name: str, content: str, title: str, body: str) -> None:
    article = taken(tmp_path, content, name=name)
    assert (article.title, article.body) == (title, body)


def test_the_option_wins_over_the_head(tmp_path: Path) -> None:
    assert taken(tmp_path, HEAD + TEXT, "--title", "Mine").title == "Mine"


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.txt"])
def test_without_a_title_the_import_says_how_to_give_one(tmp_path: Path, name: str) -> None:
    said = refusal(write(tmp_path / name, "Only text."))
    assert f"{name} has no title" in said
    assert "--title" in said


# --- The text -----------------------------------------------------------------------------


def test_everything_is_sanitised(tmp_path: Path) -> None:
    hostile = "# A\n\nHi <script>alert(1)</script><img onerror=alert(1)>"
    hostile += "<a href='java&#10;script:alert(1)'>x</a>"
    article = taken(tmp_path, hostile)
    assert "script" not in article.body
    assert "onerror" not in article.body
    assert article.body == "<p>Hi <a>x</a></p>"


def test_a_whole_html_page_gives_its_body(tmp_path: Path) -> None:
    page = (
        "<!doctype html><html><head><title>T</title><style>p{}</style></head>"
        "<body class=x><p>One.</p><p>Two.</p></body></html>"
    )
    assert taken(tmp_path, page, name="a.html").body == "<p>One.</p>\n<p>Two.</p>"


def test_boxes_and_line_breaks_become_paragraphs(tmp_path: Path) -> None:
    html = (
        "<title>T</title><div>One <b>bold</b> line.</div><div>Two.<br><br>Three.<br>And.</div>"
        "Loose.<section><h1>Part</h1><ul><li><div>item</div></li></ul></section>"
    )
    assert taken(tmp_path, html, "--title", "T", name="a.html").body == (
        "<p>One <b>bold</b> line.</p>\n<p>Two.</p>\n<p>Three.<br>And.</p>\n<p>Loose.</p>\n"
        "<h2>Part</h2>\n<ul><li>item</li></ul>"
    )


@pytest.mark.parametrize(
    ("embed", "link"),
    [
        (
            '<iframe width="5" src="https://video.example/x?a=1&amp;b=2" title="A &lt;talk&gt;" '
            "allowfullscreen></iframe>",
            '<a href="https://video.example/x?a=1&amp;b=2">A &lt;talk&gt;</a>',
        ),
        (
            "<IFRAME SRC='//maps.example/here'>\n</IFRAME>",
            '<a href="https://maps.example/here">maps.example</a>',
        ),
        ('<iframe src="https://["></iframe>', ""),
        ('<iframe src="javascript:alert(1)"></iframe>', ""),
        ('<iframe srcdoc="<p>x</p>"></iframe>', ""),
    ],
)
def test_what_was_embedded_becomes_a_link(tmp_path: Path, embed: str, link: str) -> None:
    import_content(write(tmp_path / "a.html", f"<h1>A</h1><p>See:</p><p>{embed}</p>"))
    body = Article.objects.get().body
    assert link in body
    assert body.count("<a ") == bool(link)
    assert "iframe" not in body


def test_figures_tables_and_captions_come_through(tmp_path: Path) -> None:
    html = (
        '<figure class="image"><blockquote>Q</blockquote><figcaption>C</figcaption></figure>\n'
        '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>\n<hr>\n<pre>a\n  b</pre>'
    )
    assert taken(tmp_path, html, "--title", "T", name="a.html").body == html


def test_the_end_is_left_out_of_markup_too(tmp_path: Path) -> None:
    file = write(tmp_path / "a.md", "# A\n\nText.\n\n## Recent Posts\n\n- one\n- two\n")
    assert "“Recent Posts” looks like" in import_content(file)
    said = import_content(file, "--until", "recent posts")
    assert Article.objects.get().body == "<p>Text.</p>"
    for line in ("Recent Posts", "one", "two"):
        assert f"  Left out: {line}\n" in said


def test_no_break_spaces_and_soft_hyphens_survive_in_markup(tmp_path: Path) -> None:
    article = taken(tmp_path, "# A\n\n10\xa0km, Be\u00adwer\u00adbung")
    assert article.body == "<p>10&nbsp;km, Be\u00adwer\u00adbung</p>"


def test_a_missing_summary_is_made_of_the_first_words(tmp_path: Path) -> None:
    text = "Short.\n\n" + "These are the words of a sentence that is long enough. " * 6
    file = write(tmp_path / "a.md", f"# A\n\n{text}")
    said = import_content(file)
    summary = Article.objects.get().summary
    assert summary.startswith("These are the words")
    assert summary.endswith("…")
    assert len(summary) <= 200
    assert "no summary" in said


def test_a_summary_that_is_too_long_is_cut(tmp_path: Path) -> None:
    article = taken(tmp_path, f"---\ntitle: A\nsummary: {'long ' * 100}\n---\nText.")
    assert len(article.summary) <= 300


# --- Heads that are wrong -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("title: [unclosed", "cannot be read"),
        ("title: A: B: C", "cannot be read"),
        ("title: A\ndate: 2024-13-45", "cannot be read"),
        ("title: A\ndate: yesterday", "“yesterday”, cannot be read"),
        ("title: A\ndate: 07/10/2024", "two ways"),
        (f"title: {'long ' * 50}", "longer than the 160 characters"),
        (f"title: A\nauthor: {'long ' * 50}", "longer than the 80 characters"),
        (f"title: A\ntopics: {'long ' * 50}", "longer than the 60 characters"),
        ("title: !!python/object/apply:os.system ['true']", "cannot be read"),
    ],
)
def test_a_wrong_head_is_named_in_one_line(tmp_path: Path, head: str, reason: str) -> None:
    said = refusal(write(tmp_path / "a.md", f"---\n{head}\n---\nText."))
    assert reason in said
    assert not Article.objects.exists()


def test_an_unknown_word_in_the_head_is_told(tmp_path: Path) -> None:
    said = import_content(write(tmp_path / "a.md", "---\ntitle: A\ntag: x\n---\nText."))
    assert "do not know tag" in said


def test_a_slug_of_the_head_is_made_fit(tmp_path: Path) -> None:
    article = taken(tmp_path, "---\ntitle: A\nslug: ../My Page?/\n---\nText.")
    assert article.slug == "my-page"


def test_a_heading_that_is_not_the_title_stays(tmp_path: Path) -> None:
    article = taken(tmp_path, "# Part one\n\nText.", "--title", "Mine")
    assert (article.title, article.body) == ("Mine", "<h2>Part one</h2>\n<p>Text.</p>")
