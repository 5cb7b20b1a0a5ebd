"""One allow-list for all HTML that is stored, whatever way it came in."""

import re

import nh3

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
    "a": {"href", "title", "rel", "name"},
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
# Ids live in the page's own name space: without a prefix they could shadow form fields.
SAFE_ID = re.compile(r"[A-Za-z][\w-]{0,79}")
MAX_PASSES = 5


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name in ("id", "name"):
        return value if SAFE_ID.fullmatch(value) else None
    if name == "src" and not value.startswith(("/", "https://", "http://")):
        return None
    if name in ("width", "height", "colspan", "rowspan", "start"):
        return value if value.isdecimal() and len(value) <= 5 else None
    return value


def _once(html: str) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=DROPPED_WITH_CONTENT,
        attributes=ATTRIBUTES,
        allowed_classes=CLASSES,
        attribute_filter=_attribute,
        url_schemes=SCHEMES,
        link_rel=None,
        strip_comments=True,
    )


def sanitize(html: str) -> str:
    """Return `html` with only the allowed elements and attributes.

    Idempotent: cleaning a result again changes nothing (a few hostile inputs need a second pass
    until they settle).
    """
    cleaned = _once(html.replace("\x00", ""))
    for _ in range(MAX_PASSES):
        again = _once(cleaned)
        if again == cleaned:
            return cleaned
        cleaned = again
    return nh3.clean_text(cleaned)
