"""The sitemap and robots.txt."""

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test import Client

from blog import sitemaps
from blog.models import Article
from blog.tests.factories import make_article, make_author, make_image, make_topic

pytestmark = pytest.mark.django_db

NAMES = {
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
    "image": "http://www.google.com/schemas/sitemap-image/1.1",
}
SITE = "https://seat.example"
# Their ids are 1 to 2,001; `uid` is a text on SQLite.
MANY = """
    INSERT INTO blog_article (
        id, uid, title, slug, summary, body, body_text, reading_minutes, author_id, original_url,
        published_at, wants_notice, created_at, updated_at
    )
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 2001)
    SELECT n, {uid}, 'Many', 'many-' || n, '', '', '', 1, %(author)s, '',
        %(at)s, FALSE, %(at)s, %(at)s
    FROM numbers"""
UID = {
    "sqlite": "substr('00000000000000000000000000000000' || n, -32)",
    "postgresql": "lpad(n::text, 32, '0')::uuid",
}


@pytest.fixture(autouse=True)
def site(settings: object) -> None:
    settings.SITE_URL = SITE


def found_in(client: Client, path: str, what: str) -> dict[str, str | None]:
    tree = ElementTree.fromstring(client.get(path).content)
    return {
        one.findtext("s:loc", namespaces=NAMES): one.findtext("s:lastmod", namespaces=NAMES)
        for one in tree.findall(f"s:{what}", NAMES)
    }


def parts(client: Client) -> dict[str, str | None]:
    return found_in(client, "/sitemap.xml", "sitemap")


def entries(client: Client) -> dict[str, str | None]:
    """Of all parts together."""
    found: dict[str, str | None] = {}
    for part in parts(client):
        found |= found_in(client, part.removeprefix(SITE), "url")
    return found


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

    make_article("Lent", original_url="https://paper.example/lent")
    renamed = make_article("Renamed", slug="old")
    renamed.rename("new")

    for url in entries(client):
        response = client.get(url.removeprefix(SITE))
        assert response.status_code == 200
        assert f'<link rel="canonical" href="{url}">' in response.content.decode()


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


@pytest.mark.parametrize(
    "address", ["/sitemap.xml", "/sitemaps/pages.xml", "/sitemaps/articles-1.xml"]
)
def test_it_says_what_it_is(client: Client, address: str) -> None:
    make_article(pk=1)

    assert client.get(address).headers["Content-Type"] == "application/xml; charset=utf-8"


def test_articles_are_parted_by_their_ids(client: Client) -> None:
    for pk in (1_999, 2_000, 4_001):
        make_article(f"Article {pk}", pk=pk, slug=str(pk))
    make_article("Draft", pk=6_000, published_at=None)

    assert list(parts(client)) == [
        f"{SITE}/sitemaps/{name}.xml"
        for name in ("pages", "articles-1", "articles-2", "articles-3")
    ]
    assert list(found_in(client, "/sitemaps/articles-2.xml", "url")) == [f"{SITE}/articles/2000/"]
    for number in (0, 4, "01", 99_999_999_999, "x"):
        assert client.get(f"/sitemaps/articles-{number}.xml").status_code == 404


def test_many_articles_are_parted_in_one_query_and_none_is_left_out(
    client: Client, django_assert_num_queries: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sitemaps.ARTICLES_A_PART <= 50_000  # what the protocol allows
    monkeypatch.setattr(sitemaps, "ARTICLES_A_PART", 1_000)
    at = connection.ops.adapt_datetimefield_value(datetime(2026, 3, 1, tzinfo=UTC))
    with connection.cursor() as cursor:
        many = MANY.format(uid=UID[connection.vendor])
        cursor.execute(many, {"author": make_author().pk, "at": at})

    with django_assert_num_queries(2):  # the parts, and the pages that are no articles
        listed = list(parts(client))[1:]
    with django_assert_num_queries(len(listed)):
        found = [found_in(client, part.removeprefix(SITE), "url") for part in listed]

    assert [len(one) for one in found] == [999, 1_000, 2]
    assert len(set().union(*found)) == 2_001


def test_a_part_changed_when_the_last_of_its_articles_did(client: Client) -> None:
    published_at, revised_at = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 14, tzinfo=UTC)
    make_article("A", pk=1, published_at=published_at, revised_at=revised_at)
    make_article("B", pk=2, published_at=published_at)
    make_article("C", pk=7_000, published_at=published_at)
    make_article("Draft", pk=7_001, published_at=None, revised_at=revised_at)

    dates = [datetime.fromisoformat(date) for date in list(parts(client).values())[1:]]

    assert dates == [revised_at, published_at]


def test_an_article_is_listed_with_its_cover(client: Client) -> None:
    article = make_article(pk=1, cover=make_image())

    tree = ElementTree.fromstring(client.get("/sitemaps/articles-1.xml").content)

    pictures = tree.findall("s:url/image:image/image:loc", NAMES)
    assert [picture.text for picture in pictures] == [f"{SITE}{article.cover.url}"]


def test_an_empty_site_has_a_sitemap_of_its_pages(client: Client) -> None:
    assert list(parts(client)) == [f"{SITE}/sitemaps/pages.xml"]
    assert f"{SITE}/about/" in entries(client)


def test_robots_are_told_of_it_and_kept_out_of_what_is_private(client: Client) -> None:
    response = client.get("/robots.txt")
    lines = response.content.decode().splitlines()

    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert f"Sitemap: {SITE}/sitemap.xml" in lines
    assert {"Disallow: /admin/", "Disallow: /outbox/", "Disallow: /preview/"} <= set(lines)
    assert not [line for line in lines if "/static" in line or "/media" in line]
