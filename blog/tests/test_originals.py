"""An article that another site had first: search engines are sent there, readers read it here."""

from pathlib import Path

import pytest
from django.test import Client

from blog.models import Article
from blog.tests.desk import ADD, make_editor, sheet, signed_in
from blog.tests.factories import make_article
from blog.tests.importing import import_content, refusal, write

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_sitemap_of_articles")]

ORIGINAL = "https://www.paper.example/2026/11/how?id=1&x=2"


@pytest.fixture
def article() -> Article:
    return make_article("Lent", slug="lent", original_url=ORIGINAL)


def test_search_engines_are_sent_to_the_original(client: Client, article: Article) -> None:
    html = client.get("/articles/lent/").content.decode()
    link = '<link rel="canonical" href="https://www.paper.example/2026/11/how?id=1&amp;x=2">'
    assert html.count('rel="canonical"') == html.count(link) == 1
    assert f"<{ORIGINAL}>" in client.get("/articles/lent.md").headers["Link"]


def test_readers_are_told_where_it_appeared_first(client: Client, article: Article) -> None:
    html = client.get("/articles/lent/").content.decode()
    assert "first appeared at" in html
    assert ">paper.example</a>" in html


def test_its_copy_for_machines_says_so_too(client: Client, article: Article) -> None:
    copy = client.get("/articles/lent.md").content.decode()
    assert f"First published at <{ORIGINAL}>" in copy
    ours = client.get(make_article(slug="ours").get_absolute_url().rstrip("/") + ".md")
    assert b"First published" not in ours.content


def test_the_sitemap_leaves_it_out_and_feeds_keep_it(client: Client, article: Article) -> None:
    make_article("Ours", slug="ours")
    sitemap = client.get("/sitemaps/articles-1.xml").content
    assert b"/articles/ours/" in sitemap
    assert b"/articles/lent/" not in sitemap
    for feed in ("/feed.xml", "/atom.xml", "/feed.json"):
        assert b"/articles/lent/" in client.get(feed).content


def test_an_article_of_our_own_is_its_own_original(client: Client) -> None:
    html = client.get(make_article(slug="ours").get_absolute_url()).content.decode()
    assert '<link rel="canonical" href="http://127.0.0.1:8000/articles/ours/">' in html
    assert "first appeared" not in html


def test_the_editor_names_the_original() -> None:
    desk = signed_in(make_editor())
    desk.post(ADD, sheet(original_url=ORIGINAL))
    assert Article.objects.get().original_url == ORIGINAL


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "ftp://paper.example/",
        "nonsense",
        "http://127.0.0.1:8000/articles/x/",
    ],
)
def test_it_must_be_a_page_of_another_site(typed: str) -> None:
    signed_in(make_editor()).post(ADD, sheet(original_url=typed))
    assert not Article.objects.exists()


# --- Import -------------------------------------------------------------------------------


def lent(url: str) -> str:
    return f"---\ntitle: Lent\ncanonical_url: {url}\n---\nText."


def test_a_file_names_the_original_and_keeps_it_where_it_says_nothing(tmp_path: Path) -> None:
    file = write(tmp_path / "lent.md", lent(ORIGINAL))
    assert "do not know" not in import_content(file)
    assert Article.objects.get().original_url == ORIGINAL

    import_content(write(file, "# Lent\n\nOther text."))

    assert Article.objects.get().original_url == ORIGINAL


def test_a_file_from_this_site_is_its_own_original(tmp_path: Path) -> None:
    file = write(tmp_path / "lent.html", lent(ORIGINAL))
    import_content(file)
    import_content(write(file, lent("http://127.0.0.1:8000/articles/lent/")))
    assert Article.objects.get().original_url == ""


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "ftp://paper.example/", "/how/", f"https://x.example/{'x' * 500}"],
)
def test_a_file_with_an_original_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    assert "lent.md" in refusal(write(tmp_path / "lent.md", lent(url)))
    assert not Article.objects.exists()
