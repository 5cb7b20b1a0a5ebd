"""What is wrong with a feed, by RSS 2.0 and its Best Practices Profile, RFC 4287 and JSON Feed 1.1.

These are the rules of the W3C feed validator that can break here; it does not come as a package.
Each function gives its findings as sentences, and none for a valid feed.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
MEDIA = "{http://search.yahoo.com/mrss/}content"
CREATOR = "{http://purl.org/dc/elements/1.1/}creator"

RSS_CHANNEL_ONCE = {"title", "link", "description"}
RSS_CHANNEL = RSS_CHANNEL_ONCE | {
    *("language", "copyright", "managingEditor", "webMaster", "pubDate", "lastBuildDate"),
    *("category", "generator", "docs", "ttl", "image", "item", f"{ATOM}link"),
}
RSS_ITEM_MANY = {"category", f"{ATOM}link", MEDIA}
RSS_ITEM = RSS_ITEM_MANY | {
    *("title", "link", "description", "author", "comments", "enclosure", "guid", "pubDate"),
    *("source", f"{ATOM}updated", CONTENT, CREATOR),
}
ATOM_FEED_MANY = {"author", "category", "contributor", "link", "entry"}
ATOM_FEED = ATOM_FEED_MANY | {
    *("generator", "icon", "id", "logo", "rights", "subtitle", "title", "updated"),
}
ATOM_ENTRY_MANY = {"author", "category", "contributor", "link"}
ATOM_ENTRY = ATOM_ENTRY_MANY | {
    *("content", "id", "published", "rights", "source", "summary", "title", "updated"),
}
JSON_FEED = {
    *("version", "title", "home_page_url", "feed_url", "description", "user_comment", "next_url"),
    *("icon", "favicon", "authors", "language", "expired", "hubs", "items"),
}
JSON_ITEM = {
    *("id", "url", "external_url", "title", "content_html", "content_text", "summary", "image"),
    *("banner_image", "date_published", "date_modified", "authors", "tags", "language"),
    "attachments",
}

RFC822_DATE = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"\d{4} \d\d:\d\d:\d\d (?:GMT|[+-]\d{4})"
)
RFC3339_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
SAFE_SCHEMES = {"http", "https", "mailto", "tel", "urn"}
UNSAFE_ELEMENTS = {
    *("script", "style", "iframe", "object", "embed", "form", "input", "meta", "link", "base"),
}

Faults = Iterator[str]


def rss_faults(xml: bytes, url: str) -> list[str]:
    root = ElementTree.fromstring(xml)
    if root.tag != "rss" or root.get("version") != "2.0" or len(root) != 1:
        return ["this is no RSS 2.0"]
    return [*channel_faults(root[0], url), *each(rss_item_faults, root[0].findall("item"))]


def channel_faults(channel: Element, url: str) -> Faults:
    yield from wrong_children(channel, RSS_CHANNEL, many={"category", "item", f"{ATOM}link"})
    yield from missing(channel, RSS_CHANNEL_ONCE)
    yield from not_absolute(channel.findtext("link"))
    yield from wrong_self(channel, f"{ATOM}link", url)
    for name in ("pubDate", "lastBuildDate"):
        yield from not_rfc822(channel.find(name))
    if not LANGUAGE.fullmatch(channel.findtext("language", "en")):
        yield "the language has no such name"
    yield from twice("guid", (item.findtext("guid") for item in channel.findall("item")))


def rss_item_faults(item: Element) -> Faults:
    yield from wrong_children(item, RSS_ITEM, many=RSS_ITEM_MANY)
    yield from missing(item, {"title", "description", "link", "guid", "pubDate"})
    yield from not_absolute(item.findtext("link"))
    yield from not_rfc822(item.find("pubDate"))
    if item.find("guid").get("isPermaLink", "true") != "false":
        yield from not_absolute(item.findtext("guid"))
    if "@" not in item.findtext("author", "@"):
        yield "author is an address, dc:creator a name"
    for enclosure in [*item.findall("enclosure"), *item.findall(MEDIA)]:
        length = enclosure.get("length") or enclosure.get("fileSize")
        yield from enclosure_faults(enclosure.get("url"), length, enclosure.get("type"))
    for updated in item.findall(f"{ATOM}updated"):
        yield from not_rfc3339(updated.text)
    yield from html_faults(item.findtext(CONTENT, ""))


def atom_faults(xml: bytes, url: str) -> list[str]:
    root = ElementTree.fromstring(xml)
    if root.tag != f"{ATOM}feed":
        return ["this is no Atom feed"]
    entries = root.findall(f"{ATOM}entry")
    return [*feed_faults(root, entries, url), *each(entry_faults, entries)]


def feed_faults(feed: Element, entries: list[Element], url: str) -> Faults:
    yield from wrong_children(feed, in_atom(ATOM_FEED), many=in_atom(ATOM_FEED_MANY))
    yield from missing(feed, in_atom({"id", "title", "updated"}))
    yield from atom_construct_faults(feed)
    yield from wrong_self(feed, f"{ATOM}link", url)
    named = f"{ATOM}author/{ATOM}name"
    if feed.find(named) is None and any(entry.find(named) is None for entry in entries):
        yield "an entry has no author, nor has the feed"
    yield from twice("id", (entry.findtext(f"{ATOM}id") for entry in entries))


def entry_faults(entry: Element) -> Faults:
    yield from wrong_children(entry, in_atom(ATOM_ENTRY), many=in_atom(ATOM_ENTRY_MANY))
    yield from missing(entry, in_atom({"id", "title", "updated"}))
    yield from atom_construct_faults(entry)
    content = entry.find(f"{ATOM}content")
    if content is None or content.get("type") != "html":
        yield "the content has no type of its own"
    else:
        yield from html_faults(content.text or "")


def atom_construct_faults(parent: Element) -> Faults:
    """What holds for a feed and an entry alike (RFC 4287, section 3 and 4.2)."""
    if not urlsplit(parent.findtext(f"{ATOM}id", "")).scheme:
        yield "the id is no IRI"
    for name in ("updated", "published"):
        for found in parent.findall(f"{ATOM}{name}"):
            yield from not_rfc3339(found.text)
    for person in parent.findall(f"{ATOM}author"):
        yield from missing(person, in_atom({"name"}))
        yield from not_absolute(person.findtext(f"{ATOM}uri", "https://none.example"))
    for category in parent.findall(f"{ATOM}category"):
        if not category.get("term"):
            yield "a category has no term"
    alternates = []
    for link in parent.findall(f"{ATOM}link"):
        yield from not_absolute(link.get("href"))
        if link.get("rel") == "enclosure":
            yield from enclosure_faults(link.get("href"), link.get("length"), link.get("type"))
        if link.get("rel", "alternate") == "alternate":
            alternates.append(f"{link.get('type')} {link.get('hreflang')}")
    yield from twice("alternate link", alternates)
    if not alternates:
        yield "there is no alternate link"


def json_feed_faults(content: bytes, url: str) -> list[str]:
    feed = json.loads(content)
    return [*json_top_faults(feed, url), *each(json_item_faults, feed.get("items", []))]


def json_top_faults(feed: dict, url: str) -> Faults:
    yield from (f"{name} is unknown" for name in feed.keys() - JSON_FEED if name[0] != "_")
    yield from (f"{name} is missing" for name in {"version", "title", "items"} - feed.keys())
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield "the version is another one"
    if feed.get("feed_url") != url:
        yield "feed_url is not where the feed is"
    yield from not_absolute(feed.get("home_page_url"))
    yield from twice("id", (item.get("id") for item in feed.get("items", [])))


def json_item_faults(item: dict) -> Faults:
    yield from (f"{name} is unknown" for name in item.keys() - JSON_ITEM if name[0] != "_")
    if not isinstance(item.get("id"), str) or not item["id"]:
        yield "an id is a text"
    if "content_html" not in item and "content_text" not in item:
        yield "there is no content"
    for name in ("url", "external_url", "image", "banner_image"):
        yield from not_absolute(item.get(name, url_of_nothing()))
    for name in ("date_published", "date_modified"):
        yield from not_rfc3339(item.get(name, "2026-01-01T00:00:00Z"))
    for author in item.get("authors", []):
        if not author.keys() & {"name", "url", "avatar"}:
            yield "an author has nothing to be known by"
    if not all(isinstance(tag, str) for tag in item.get("tags", [])):
        yield "a tag is a text"
    for attached in item.get("attachments", []):
        length = str(attached.get("size_in_bytes", 1))
        yield from enclosure_faults(attached.get("url"), length, attached.get("mime_type"))
    yield from html_faults(item.get("content_html", ""))


# --- Rules that several formats share -------------------------------------------------


def each(rule: object, things: Iterable) -> Faults:
    for number, thing in enumerate(things, start=1):
        yield from (f"item {number}: {fault}" for fault in rule(thing))


def in_atom(names: set[str]) -> set[str]:
    return {f"{ATOM}{name}" for name in names}


def wrong_children(parent: Element, known: set[str], many: set[str]) -> Faults:
    counted = Counter(child.tag for child in parent)
    yield from (f"{tag} has no place here" for tag in counted if tag not in known)
    yield from (f"{tag} is there twice" for tag in counted if counted[tag] > 1 and tag not in many)


def missing(parent: Element, names: set[str]) -> Faults:
    """An empty element counts as missing."""
    yield from (f"{n} is missing" for n in names if not (parent.findtext(n) or "").strip())


def wrong_self(parent: Element, tag: str, url: str) -> Faults:
    own = [link.get("href") for link in parent.findall(tag) if link.get("rel") == "self"]
    if own != [url]:
        yield f"it says that it lies at {own}"


def twice(what: str, values: Iterable[object]) -> Faults:
    yield from (f"{what} {v} is there twice" for v, count in Counter(values).items() if count > 1)


def url_of_nothing() -> str:
    return "https://none.example/"


def not_absolute(url: str | None) -> Faults:
    parts = urlsplit(url or "")
    is_good = parts.scheme in ("http", "https") and parts.netloc
    if not is_good or re.search(r"[\s<>\"{}|\\^`]", url):
        yield f"{url} is no absolute address"


def not_rfc822(element: Element | None) -> Faults:
    if element is None:
        return
    text = element.text or ""
    if not RFC822_DATE.fullmatch(text) or f"{parsedate_to_datetime(text):%a}" != text[:3]:
        yield f"{text} is no date of RFC 822"


def not_rfc3339(text: str | None) -> Faults:
    try:
        datetime.fromisoformat(text or "")
    except ValueError:
        text = None
    if not text or not RFC3339_DATE.fullmatch(text):
        yield f"{text} is no date of RFC 3339"


def enclosure_faults(url: str | None, length: str | None, media_type: str | None) -> Faults:
    yield from not_absolute(url)
    if not (length or "").isdigit():
        yield f"{length} is no length of a file"
    if not MEDIA_TYPE.fullmatch(media_type or ""):
        yield f"{media_type} is no kind of file"


def html_faults(html: str) -> list[str]:
    reader = ContentReader()
    reader.feed(html)
    return reader.faults


class ContentReader(HTMLParser):
    """What a feed reader would drop for safety, and what leads nowhere outside of the site."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag in UNSAFE_ELEMENTS:
            self.faults.append(f"<{tag}> is not safe")
        for name, value in attributes:
            if name == "style" or name.startswith("on"):
                self.faults.append(f"{name} on <{tag}> is not safe")
            if name in ("href", "src", "poster", "cite"):
                self.note_address(value or "")
            if name == "srcset":
                for candidate in (value or "").split(","):
                    self.note_address(candidate.split()[0])

    def note_address(self, value: str) -> None:
        if urlsplit(value).scheme not in SAFE_SCHEMES:
            self.faults.append(f"{value} leads nowhere")
