"""The parts a text is made of, one below the other."""

import re
from html import unescape

from django.utils.html import format_html

from blog.plain_text import plain_text
from blog.sanitizer import allowed

BLOCKS = {
    *("p", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "blockquote", "pre", "figure", "table"),
    "hr",
}
TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)\b[^>]*>")
HEADING_1 = re.compile(r"<(/?)h1(?=[\s>/])", re.I)
# Boxes without a meaning of their own part what stands in them from what stands around them.
BOX = re.compile(
    r"</?(?:div|section|article|main|header|footer|aside|center|address|nav)\b[^>]*>", re.I
)
# A video or a map of another site, which no page of ours loads.
EMBED = re.compile(r"<iframe\b([^<>]*)>(?:\s*</iframe>)?", re.I)
EMBED_SOURCE = re.compile(
    r"""\ssrc\s*=\s*["'](?:(https?):)?//([^"'/\s\[\]]+)([^"'\s]*)["']""", re.I
)
EMBED_TITLE = re.compile(r"""\stitle\s*=\s*(?:"([^"]+)"|'([^']+)')""", re.I)
GAP = re.compile(r"(?:<br>\s*){2,}")
INNER_EDGE = r"(?:li|td|th|dd|dt|blockquote|figcaption|figure|p|h[2-6])"
BREAKS_INSIDE = re.compile(
    rf"(<{INNER_EDGE}\b[^>]*>)\s*(?:<br>\s*)+|\s*(?:<br>\s*)+(</{INNER_EDGE}>)"
)
QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "\xa0": " "})


def blocks_of(html: str) -> list[str]:
    """`html` as blocks with allowed elements only. Loose text becomes paragraphs."""
    html = EMBED.sub(_link_to_embed, html)
    html = BOX.sub("<br><br>", HEADING_1.sub(r"<\1h2", html))
    html = BREAKS_INSIDE.sub(lambda match: match[1] or match[2], allowed(html))
    blocks, start, depth = [], 0, 0
    for tag in TAG.finditer(html):
        closes, name = tag.groups()
        if name not in BLOCKS:
            continue
        if depth == 0:
            blocks += _loose(html[start : tag.start()])
            start = tag.start()
        depth += 0 if name == "hr" else -1 if closes else 1
        if depth == 0:
            blocks.append(html[start : tag.end()])
            start = tag.end()
    return [block for block in [*blocks, *_loose(html[start:])] if _says_something(block)]


def split_at(blocks: list[str], words: str) -> tuple[list[str], list[str]]:
    """Before the first block that begins with `words`, and from it on."""
    for number, block in enumerate(blocks):
        if begins_with(block, words):
            return blocks[:number], blocks[number:]
    return blocks, []


def begins_with(block: str, words: str) -> bool:
    """However its quotes are typed, and in capitals or not."""
    return _comparable(plain_text(block)).startswith(_comparable(words))


def says(block: str, words: str) -> bool:
    return _comparable(plain_text(block)) == _comparable(words)


def _comparable(text: str) -> str:
    return " ".join(text.translate(QUOTES).casefold().split())


def _link_to_embed(match: re.Match[str]) -> str:
    source, title = EMBED_SOURCE.search(match[1]), EMBED_TITLE.search(match[1])
    if not source:
        return ""
    scheme, host, rest = source.groups()
    label = (title[1] or title[2]) if title else host
    return format_html(
        '<a href="{}://{}">{}</a>', scheme or "https", unescape(host + rest), unescape(label)
    )


def _loose(html: str) -> list[str]:
    return [f"<p>{part.strip()}</p>" for part in GAP.split(html) if part.strip()]


def _says_something(block: str) -> bool:
    return "<img" in block or block == "<hr>" or bool(plain_text(block))
