"""The feeds: RSS, Atom and JSON Feed."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from xml.etree import ElementTree

import pytest
from django.contrib.auth.models import User
from django.core.files.storage import default_storage
from django.test import Client

from blog.absolute_html import absolute_html
from blog.models import Article
from blog.tests.factories import make_article, make_articles, make_author, make_image, make_topic

pytestmark = pytest.mark.django_db

NAMES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "media": "http://search.yahoo.com/mrss/",
}
CONTENT_TYPES = {
    "/feed.xml": "application/rss+xml; charset=utf-8",
    "/atom.xml": "application/atom+xml; charset=utf-8",
    "/feed.json": "application/feed+json; charset=utf-8",
    "/topics/offers/feed.xml": "application/rss+xml; charset=utf-8",
    "/authors/maya-lindqvist/feed.xml": "application/rss+xml; charset=utf-8",
}
SITE = "https://seat.example"


@pytest.fixture(autouse=True)
def site(settings: object) -> None:
    settings.SITE_URL = SITE


@pytest.fixture
def offers() -> object:
    return make_topic("Offers")


def rss_items(client: Client, address: str = "/feed.xml") -> list[ElementTree.Element]:
    return ElementTree.fromstring(client.get(address).content).findall("channel/item")


def atom_entries(client: Client) -> list[ElementTree.Element]:
    return ElementTree.fromstring(client.get("/atom.xml").content).findall("atom:entry", NAMES)


def json_items(client: Client) -> list[dict]:
    return client.get("/feed.json").json()["items"]


def contents(client: Client) -> list[str]:
    """The text of the newest article in each of the three feeds."""
    return [
        rss_items(client)[0].findtext("content:encoded", namespaces=NAMES),
        atom_entries(client)[0].findtext("atom:content", namespaces=NAMES),
        json_items(client)[0]["content_html"],
    ]


def ids(client: Client) -> list[str]:
    return [
        rss_items(client)[0].findtext("guid"),
        atom_entries(client)[0].findtext("atom:id", namespaces=NAMES),
        json_items(client)[0]["id"],
    ]


@pytest.mark.parametrize("address", CONTENT_TYPES)
def test_each_feed_says_what_it_is(client: Client, offers: object, address: str) -> None:
    make_article(topics=[offers])

    assert client.get(address).headers["Content-Type"] == CONTENT_TYPES[address]


@pytest.mark.parametrize("address", ["/feed.xml", "/atom.xml", "/feed.json"])
def test_a_feed_of_nothing_is_a_feed(client: Client, address: str) -> None:
    assert client.get(address).status_code == 200


def test_items_hold_the_whole_text(client: Client) -> None:
    last = "<p>And this is the very end of it.</p>"
    make_article(summary="Short.", body="<p>Much to read.</p>" * 200 + last)

    assert all(content.endswith(last) for content in contents(client))


def test_every_address_in_an_item_leads_back_to_the_site(client: Client) -> None:
    make_article(
        slug="here",
        body='<p><a href="/about/">a</a> <a href="#part">b</a> <a href="other">c</a>'
        '<a href="//cdn.example/x">d</a> <a href="mailto:a@b.example">e</a>'
        '<img src="/media/x.png" alt="An x"> <code>&lt;img src="/untouched"&gt;</code></p>',
    )

    for content in contents(client):
        assert f'<a href="{SITE}/about/">a</a>' in content
        assert f'<a href="{SITE}/articles/here/#text-part">b</a>' in content
        assert f'<a href="{SITE}/articles/here/other">c</a>' in content
        assert '<a href="https://cdn.example/x">d</a>' in content
        assert '<a href="mailto:a@b.example">e</a>' in content
        assert f'src="{SITE}/media/x.png"' in content
        assert 'alt="An x"' in content
        assert 'src="/untouched"' in content


def test_each_picture_of_a_srcset_is_made_absolute() -> None:
    html = '<img src="a.png" srcset="/s.webp 480w, l.webp 2x, https://o.example/x.webp">'

    assert (
        f'srcset="{SITE}/s.webp 480w, {SITE}/articles/x/l.webp 2x, https://o.example/x.webp"'
        in absolute_html(html, f"{SITE}/articles/x/")
    )


def test_an_address_that_is_none_breaks_nothing() -> None:
    assert absolute_html('<a href="http://[">x</a>', SITE).endswith("x</a>")


def test_an_item_is_known_by_the_same_id_for_ever(client: Client, settings: object) -> None:
    article = make_article()
    before = ids(client)

    article.title = "Another title"
    article.rename("another-address")
    settings.SITE_URL = "http://another.example"

    assert ids(client) == before == [f"urn:uuid:{article.uid}"] * 3


def test_an_id_is_not_said_to_be_an_address(client: Client) -> None:
    make_article()

    assert rss_items(client)[0].find("guid").get("isPermaLink") == "false"


def test_editing_changes_when_it_was_updated_and_nothing_else(
    client: Client, admin_user: User
) -> None:
    published_at = datetime(2026, 3, 14, 9, tzinfo=UTC)
    make_article("Newer", published_at=published_at + timedelta(days=1))
    article = make_article("Older", published_at=published_at)
    article.record_revision(admin_user)

    article.summary = "Said better."
    article.save()
    article.record_revision(admin_user)

    rss, atom, found = rss_items(client)[1], atom_entries(client)[1], json_items(client)[1]
    updated = article.revised_at.replace(microsecond=0)
    assert found["title"] == "Older"
    assert parsedate_to_datetime(rss.findtext("pubDate")) == published_at
    for text in (atom.findtext("atom:published", namespaces=NAMES), found["date_published"]):
        assert datetime.fromisoformat(text) == published_at
    for text in (
        rss.findtext("atom:updated", namespaces=NAMES),
        atom.findtext("atom:updated", namespaces=NAMES),
        found["date_modified"],
    ):
        assert datetime.fromisoformat(text).replace(microsecond=0) == updated


def test_the_cover_is_in_the_text_and_beside_it(client: Client) -> None:
    cover = make_image(alternative_text="Two chairs & a table")
    make_article(cover=cover)
    length, url = default_storage.size(cover.file.name), f"{SITE}{cover.url}"

    rss, atom, found = rss_items(client)[0], atom_entries(client)[0], json_items(client)[0]

    enclosure = {"url": url, "length": str(length), "type": "image/jpeg"}
    assert rss.find("enclosure").attrib == enclosure
    media = rss.find("media:content", NAMES).attrib
    assert (media["url"], media["width"], media["height"]) == (url, "1600", "900")
    links = atom.findall("atom:link[@rel='enclosure']", NAMES)
    assert [(link.get("href"), link.get("length")) for link in links] == [(url, str(length))]
    assert found["attachments"] == [
        {"url": url, "mime_type": "image/jpeg", "size_in_bytes": length}
    ]
    for content in contents(client):
        assert f'<img src="{url}" alt="Two chairs &amp; a table" width="1600"' in content


def test_a_lost_picture_costs_the_enclosure_and_not_the_feed(client: Client) -> None:
    article = make_article(cover=make_image())
    default_storage.delete(article.cover.file.name)

    assert rss_items(client)[0].find("enclosure") is None


def test_xml_stays_well_formed_whatever_is_written(client: Client, offers: object) -> None:
    odd = "A ]]> & <b> \x0b\x01\x1f 😀 \ufffe \u2028 end"
    author = make_author("Ann \x02& Co", slug="ann")
    article = make_article("x", author=author, topics=[offers], body="<p>x</p>")
    Article.objects.filter(pk=article.pk).update(title=odd, summary=odd, body=f"<p>{odd}</p>")

    for items in (rss_items(client), rss_items(client, "/topics/offers/feed.xml")):
        assert items[0].findtext("title") == "A ]]> & <b>  😀  \u2028 end"
    assert len(atom_entries(client)) == 1
    assert json.loads(client.get("/feed.json").content)["items"][0]["title"] == odd


def test_nothing_that_acts_is_in_an_item(client: Client) -> None:
    make_article(
        body='<p style="color:red" onclick="x()">Hi</p><script>x()</script>'
        '<form action="/x"><input></form><iframe src="https://v.example"></iframe>'
    )

    for content in contents(client):
        assert content == "<p>Hi</p>"


@pytest.mark.parametrize("address", CONTENT_TYPES)
def test_who_has_it_already_is_told_so(client: Client, offers: object, address: str) -> None:
    article = make_article(topics=[offers])
    first = client.get(address)

    by_tag = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    by_date = client.get(address, headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert (by_tag.status_code, by_date.status_code) == (304, 304)
    assert by_tag.content == b""

    Article.objects.filter(pk=article.pk).update(title="Changed")
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200


def test_a_feed_has_the_newest_twenty(client: Client) -> None:
    make_articles(22)

    titles = [item["title"] for item in json_items(client)]

    assert titles == [f"Article {n}" for n in range(1, 21)]
    assert len(rss_items(client)) == len(atom_entries(client)) == 20


def test_a_topics_feed_has_its_own_articles(client: Client, offers: object) -> None:
    make_article("In it", topics=[offers, make_topic("Resumes")])
    make_article("Not in it")

    titles = [item.findtext("title") for item in rss_items(client, "/topics/offers/feed.xml")]

    assert titles == ["In it"]


def test_an_authors_feed_has_the_authors_articles(client: Client) -> None:
    make_article("Hers", author=make_author("Ann Ko", slug="ann", biography="Writes."))
    make_article("His", author=make_author("Bo"))
    make_article("Hers, not yet", author=Article.objects.first().author, published_at=None)

    channel = ElementTree.fromstring(client.get("/authors/ann/feed.xml").content)[0]

    assert [item.findtext("title") for item in channel.findall("item")] == ["Hers"]
    assert channel.findtext("title") == "Ann Ko · Open Seat"
    assert channel.findtext("description") == "Writes."
    assert channel.findtext("link") == f"{SITE}/authors/ann/"


def test_an_author_without_a_public_article_has_no_feed(client: Client) -> None:
    make_article(author=make_author("Ann Ko", slug="ann"), published_at=None)

    assert client.get("/authors/ann/feed.xml").status_code == 404
    assert client.get("/authors/nobody/feed.xml").status_code == 404


@pytest.mark.parametrize(
    "address", ["/feed.xml", "/topics/offers/feed.xml", "/authors/maya-lindqvist/feed.xml"]
)
def test_a_feed_knows_its_own_address(client: Client, offers: object, address: str) -> None:
    make_article(topics=[offers])

    channel = ElementTree.fromstring(client.get(address, HTTP_HOST="localhost").content)[0]

    assert channel.find("atom:link[@rel='self']", NAMES).get("href") == f"{SITE}{address}"


@pytest.mark.parametrize("address", ["/feed.xml", "/atom.xml", "/feed.json", "/sitemap.xml"])
def test_the_host_header_is_never_believed(client: Client, address: str) -> None:
    make_article()

    assert "localhost" not in client.get(address, HTTP_HOST="localhost").content.decode()
