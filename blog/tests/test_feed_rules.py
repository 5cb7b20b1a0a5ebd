"""Every feed that a page names is valid, whatever stands in the articles."""

import re
from collections.abc import Callable
from datetime import timedelta

import feedparser
import pytest
from django.test import Client
from django.utils import timezone

from blog.models import Article, Publication
from blog.tests.factories import make_article, make_author, make_image, make_topic
from blog.tests.feed_rules import atom_faults, json_feed_faults, rss_faults

pytestmark = pytest.mark.django_db

SITE = "https://seat.example"
NAMED = re.compile(
    r'<link rel="alternate" type="application/([a-z+]+)" title="[^"]+" href="([^"]+)'
)
RULES = {"rss+xml": rss_faults, "atom+xml": atom_faults, "feed+json": json_feed_faults}
VERSIONS = {"rss+xml": "rss20", "atom+xml": "atom10"}
ODD = "Q&A: <b>R&D</b> ]]> “C++” \x0b😀 \u2028 é"

Feeds = dict[str, tuple[str, bytes]]


@pytest.fixture(autouse=True)
def site(settings: object) -> None:
    settings.SITE_URL = SITE


@pytest.fixture
def articles() -> None:
    topic = make_topic("Pay & offers", slug="pay", introduction=ODD)
    author = make_author("Zoë “Z” O’Neil & Sons", slug="zoe", biography=ODD)
    make_article("Plain", author=author)
    make_article("With all", author=author, topics=[topic], cover=make_image(), summary=ODD)
    make_article(
        "With links",
        author=author,
        body='<h2>Why?</h2><p><a href="/about/">a</a> <a href="#x">b</a> <a href="c">c</a>'
        '<img src="/media/x.png" srcset="/media/x.png 1x, /media/y.png 2x" alt="x"></p>'
        "<table><tr><td>1</td></tr></table><pre>&lt;script&gt;</pre>",
    )
    odd = make_article("Odd", slug="größe-ändern", author=author, topics=[topic])
    Article.objects.filter(pk=odd.pk).update(title=ODD, summary=ODD, body=f"<p>{ODD}</p>")
    Publication.objects.update_or_create(pk=1, defaults={"name": "Seat & Co", "tagline": ODD})
    make_article("Scheduled", published_at=timezone.now() + timedelta(days=1), author=author)


def named_feeds(client: Client, *pages: str) -> Feeds:
    """Their kinds and contents by address."""
    found = {}
    for page in pages:
        html = client.get(page).content.decode()
        found |= {url: kind for kind, url in NAMED.findall(html)}
    feeds = {}
    for url, kind in found.items():
        answer = client.get(url.removeprefix(SITE))
        assert answer.status_code == 200
        assert answer["Content-Type"] == f"application/{kind}; charset=utf-8"
        feeds[url] = (kind, answer.content)
    return feeds


def faults(feeds: Feeds) -> dict[str, list[str]]:
    found = {url: RULES[kind](content, url) for url, (kind, content) in feeds.items()}
    return {url: listed for url, listed in found.items() if listed}


@pytest.mark.usefixtures("articles")
def test_every_feed_a_page_names_is_valid(client: Client) -> None:
    feeds = named_feeds(client, "/", "/topics/pay/", "/authors/zoe/", "/articles/plain/")
    assert {kind for kind, _ in feeds.values()} == set(RULES)
    assert {f"{SITE}/topics/pay/feed.xml", f"{SITE}/authors/zoe/feed.xml"} <= set(feeds)
    assert faults(feeds) == {}


@pytest.mark.usefixtures("articles")
def test_a_feed_reader_reads_them_without_a_murmur(client: Client) -> None:
    for url, (kind, content) in named_feeds(client, "/", "/topics/pay/").items():
        if kind not in VERSIONS:
            continue
        said = {"content-type": f"application/{kind}; charset=utf-8", "content-location": url}
        read = feedparser.parse(content, response_headers=said)
        assert (bool(read.bozo), read.version) == (False, VERSIONS[kind])
        assert all(
            entry.id and entry.title and entry.link and entry.author for entry in read.entries
        )
        assert all(entry.published_parsed and entry.content[0].value for entry in read.entries)


def test_feeds_of_nothing_are_valid(client: Client) -> None:
    feeds = named_feeds(client, "/")
    assert len(feeds) == 3
    assert faults(feeds) == {}


# --- The rules see what is wrong ------------------------------------------------------


@pytest.mark.usefixtures("articles")
@pytest.mark.parametrize(
    ("path", "rule", "good", "bad"),
    [
        ("/feed.xml", rss_faults, b'isPermaLink="false"', b""),
        ("/feed.xml", rss_faults, b"<link>https://seat.example/articles/plain/", b"<link>/plain/"),
        ("/feed.xml", rss_faults, b"<title>Plain</title>", b"<title></title>"),
        ("/feed.xml", rss_faults, b"<title>Plain</title>", b"<title>A</title><title>B</title>"),
        ("/feed.xml", rss_faults, b'href="https://seat.example/feed.xml"', b'href="/feed.xml"'),
        ("/feed.xml", rss_faults, b"<pubDate>", b"<pubDate>On "),
        ("/feed.xml", rss_faults, b' length="', b' size="'),
        ("/feed.xml", rss_faults, b"<guid", b"<subject>x</subject><guid"),
        ("/feed.xml", rss_faults, b"&lt;h2", b"&lt;script&gt;&lt;/script&gt;&lt;h2"),
        ("/feed.xml", rss_faults, b'href="https://seat.example/about/"', b'href="/about/"'),
        ("/atom.xml", atom_faults, b'rel="alternate"', b'rel="self"'),
        ("/atom.xml", atom_faults, b"<author>", b"<author><x/></author><author>"),
        ("/atom.xml", atom_faults, b"<name>", b"<uri>/zoe/</uri><name>"),
        ("/atom.xml", atom_faults, b"<id>urn:uuid:", b"<id>"),
        ("/atom.xml", atom_faults, b"<published>20", b"<published>'"),
        ("/atom.xml", atom_faults, b' type="html"', b""),
        ("/atom.xml", atom_faults, b' term="', b' name="'),
        ("/feed.json", json_feed_faults, b"version/1.1", b"version/1"),
        ("/feed.json", json_feed_faults, b'"id": "urn:uuid:', b'"uid": "'),
        ("/feed.json", json_feed_faults, b'"content_html"', b'"content"'),
        ("/feed.json", json_feed_faults, b'"date_published": "20', b'"date_published": "'),
        ("/feed.json", json_feed_faults, b'"mime_type": "image/', b'"mime_type": "'),
        ("/feed.json", json_feed_faults, b'"url": "https://seat.example/art', b'"url": "/art'),
    ],
)
def test_a_fault_is_seen(
    client: Client, path: str, rule: Callable[[bytes, str], list[str]], good: bytes, bad: bytes
) -> None:
    content = client.get(path).content
    assert rule(content, SITE + path) == []
    broken = content.replace(good, bad)
    assert broken != content
    assert rule(broken, SITE + path) != []
