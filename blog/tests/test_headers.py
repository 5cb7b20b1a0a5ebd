"""What stands at the head of every public page, seen and unseen."""

import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.test import Client

from blog.tests.factories import make_articles, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_sitemap_of_articles")]

PAGES = [
    "/",
    "/page/2/",
    "/topics/offers/",
    "/authors/maya-lindqvist/",
    "/archive/",
    "/articles/article-1/",
    "/about/",
    "/privacy/",
]
NOT_INDEXED = ["/search/?q=article", "/nothing-here/"]
FOR_MACHINES = [
    *("/feed.xml", "/atom.xml", "/feed.json", "/sitemap.xml", "/robots.txt", "/llms.txt"),
    *("/sitemaps/pages.xml", "/sitemaps/articles-1.xml"),
    *("/articles/article-1.md", "/topics/offers/feed.xml", "/authors/maya-lindqvist/feed.xml"),
]
STAMP = re.compile(r'(name="form_stamp" value=")[^"]*')


@pytest.fixture(autouse=True)
def articles() -> None:
    make_articles(13, topics=[make_topic("Offers")])


class Heads(HTMLParser):
    """Counts what a page may have once only."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[dict] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if tag in ("title", "h1"):
            self.found.append(tag)
        if tag == "meta" and named.get("name") == "description":
            self.found.append("description" if named["content"] else "empty description")
        if tag == "link":
            self.links.append(named)
            self.found += ["canonical"] if named["rel"] == "canonical" else []


@pytest.mark.parametrize("address", PAGES)
def test_a_page_has_one_title_description_canonical_address_and_headline(
    client: Client, address: str
) -> None:
    heads = Heads(client.get(address).content.decode())

    assert sorted(heads.found) == ["canonical", "description", "h1", "title"]


@pytest.mark.parametrize("address", PAGES)
def test_the_canonical_address_is_on_the_sites_own_host(
    client: Client, settings: object, address: str
) -> None:
    settings.SITE_URL = "https://seat.example"
    html = client.get(f"{address}?utm_source=x", HTTP_HOST="localhost").content.decode()

    links = Heads(html).links
    (canonical,) = [link["href"] for link in links if link["rel"] == "canonical"]

    assert canonical == f"https://seat.example{address}"


@pytest.mark.parametrize("address", [*PAGES, *NOT_INDEXED])
def test_every_page_names_the_feeds(client: Client, address: str) -> None:
    links = Heads(client.get(address).content.decode()).links

    types = {link.get("type") for link in links if link["rel"] == "alternate"}
    feeds = {"application/rss+xml", "application/atom+xml", "application/feed+json"}
    assert types - {"text/markdown"} == feeds


@pytest.mark.parametrize("address", [*PAGES, *NOT_INDEXED, *FOR_MACHINES])
def test_a_page_sets_no_cookie_and_is_the_same_for_all(client: Client, address: str) -> None:
    response = client.get(address)

    assert "Cookie" not in response.headers.get("Vary", "")
    assert not response.cookies
    assert response.headers["Cache-Control"] == (
        "public, max-age=0, s-maxage=10, stale-while-revalidate=10, stale-if-error=86400"
    )


@pytest.mark.parametrize("address", [*PAGES, *NOT_INDEXED, *FOR_MACHINES])
def test_staff_read_what_strangers_read(client: Client, admin_user: User, address: str) -> None:
    stranger = STAMP.sub(r"\1", client.get(address).content.decode())

    client.force_login(admin_user)
    staff = STAMP.sub(r"\1", client.get(address).content.decode())

    assert staff == stranger


@pytest.mark.parametrize("address", PAGES)
def test_a_page_asks_nothing_of_other_sites(client: Client, address: str) -> None:
    html = client.get(address).content.decode()

    fetched = re.findall(r'<(?:script|img|iframe|source)[^>]+src="([^"]+)', html)
    assert [url for url in fetched if not url.startswith("/")] == []


@pytest.mark.parametrize("address", [*PAGES, *NOT_INDEXED])
def test_a_public_page_carries_no_token_of_anybody(client: Client, address: str) -> None:
    assert "csrfmiddlewaretoken" not in client.get(address).content.decode()


@pytest.mark.parametrize("address", [*PAGES, *NOT_INDEXED, "/ask/", "/resume/", "/newsletter/"])
def test_the_first_link_of_a_page_skips_to_its_content(client: Client, address: str) -> None:
    html = client.get(address).content.decode()

    assert re.search(r'<body>\s*<a class="skip-link" href="#content">Skip to', html)
    assert len(re.findall(r'<main\b[^>]* id="content"', html)) == 1
    assert all(f"<{landmark} " in html for landmark in ("header", "nav", "footer"))


@pytest.mark.parametrize("address", ["/", "/page/2/", "/topics/offers/", "/search/?q=article"])
def test_each_article_of_a_list_stands_under_a_heading_that_leads_to_it(
    client: Client, address: str
) -> None:
    html = client.get(address).content.decode()

    main = html.partition("</main>")[0]
    heading = r'<h[23]><a href="(/articles/[^"]+)">(?:<mark>)?Article'
    assert set(re.findall(heading, main)) == set(re.findall(r'href="(/articles/[^"]+)"', main))
