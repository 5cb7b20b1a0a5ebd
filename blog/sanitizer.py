"""One allow-list for all HTML that is stored, whatever way it came in."""

import html
import re

import nh3
from django.conf import settings

TAGS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "hr", "br"),
    *("ul", "ol", "li", "dl", "dt", "dd"),
    *("a", "strong", "b", "em", "i", "s", "u", "sub", "sup", "code", "kbd", "mark", "small"),
    *("abbr", "cite", "q", "time", "del", "ins"),
    *("figure", "figcaption", "img"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
ATTRIBUTES = {
    "*": {"id", "lang", "dir"},
    "a": {"href", "title"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start", "reversed"},
    "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"},
    "time": {"datetime"},
    "abbr": {"title"},
}
CLASSES = {"figure": {"image", "align-left", "align-right", "pull-quote"}}
SCHEMES = {"http", "https", "mailto", "tel"}
# The element goes, and what stood in it goes as well.
DROPPED_WITH_CONTENT = {
    *("script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math"),
    *("form", "select", "textarea", "button", "title", "noembed", "noframes", "xmp", "plaintext"),
}
NUMBERS = {"width", "height", "colspan", "rowspan", "start"}
# Ids share one name space with the page around the text: unmarked, they could take the place of
# its form fields and anchors. So those of a text, and links to them, begin with this.
ID_PREFIX = "text-"
SAFE_ID = re.compile(r"[A-Za-z0-9][\w.:-]{0,79}")
SAME_SITE_PATH = re.compile(r"/(?![/\\])[^\s\\]*")
# Only for HTML that nh3 has written: each value is quoted, and no `<`, `>` or `"` stands in one.
PICTURE = re.compile(r"<img\b[^>]*>")
SOURCE, ALTERNATIVE = re.compile(r' src="([^"]*)"'), re.compile(r' alt="([^"]*)"')
MAX_PASSES = 6


def sanitize(text: str) -> str:
    """Return `text` with only the allowed elements and attributes.

    Pictures of other sites become links: readers load nothing from elsewhere. Idempotent:
    cleaning a result again changes nothing (a few hostile inputs need some passes to settle).
    """
    cleaned = _once(text.replace("\x00", ""))
    for _ in range(MAX_PASSES):
        again = _once(cleaned)
        if again == cleaned:
            return cleaned
        cleaned = again
    return nh3.clean(cleaned, tags=set())


def allowed(text: str) -> str:
    """The first half of the work: allowed elements only, each value quoted, and pictures from
    anywhere. For importers, which look after pictures beside a file. Not for storing."""
    return nh3.clean(
        text,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        attribute_filter=_attribute,
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=True,
    )


def _once(text: str) -> str:
    return PICTURE.sub(_own_picture, allowed(text))


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "id":
        return _marked(value)
    if name == "href" and value.startswith("#"):
        return f"#{_marked(value[1:]) or ''}"
    if name == "src":
        return value.removeprefix(settings.SITE_URL)
    if name in NUMBERS:
        return value if value.isascii() and value.isdecimal() and len(value) <= 5 else None
    return value


def _marked(name: str) -> str | None:
    bare = name.removeprefix(ID_PREFIX)
    return ID_PREFIX + bare if SAFE_ID.fullmatch(bare) else None


def _own_picture(match: re.Match[str]) -> str:
    """The picture if it is ours, a link to it if it is on another site, and else nothing."""
    source = SOURCE.search(match.group())
    address = html.unescape(source.group(1)) if source else ""
    if SAME_SITE_PATH.fullmatch(address):
        return match.group()
    if not address.startswith(("https://", "http://")):
        return ""
    alternative = ALTERNATIVE.search(match.group())
    label = alternative.group(1) if alternative and alternative.group(1).strip() else "Picture"
    return f'<a href="{source.group(1)}">{label}</a>'
