"""HTML as the text a person reads: for search, excerpts, reading time and text parts of mails."""

import html
import re

import nh3

BLOCK_END = re.compile(
    r"</(?:p|h[1-6]|li|blockquote|figcaption|caption|td|th|tr|dd|dt|pre)>|<(?:br|hr)\b"
)
BLANKS = re.compile(r"\s+")
EMPTY_LINES = re.compile(r"\s*\n\s*")
# Soft hyphens, zero-width characters and byte order marks: seen on the page, ignored in search.
INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
WORDS_PER_MINUTE = 220


def plain_text(body: str) -> str:
    """One line for each block of `body`, without markup."""
    one_line = BLANKS.sub(" ", body.replace("&nbsp;", " "))
    separated = BLOCK_END.sub(lambda match: "\n" + match.group(), one_line)
    text = html.unescape(nh3.clean(separated, tags=set(), clean_content_tags={"script", "style"}))
    return EMPTY_LINES.sub("\n", text.translate(INVISIBLE).replace("\xa0", " ")).strip()


def excerpt(text: str, length: int) -> str:
    """At most `length` characters of `text`, cut at a word."""
    text = " ".join(text.split())
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip(",.;:–- ") + "…"


def reading_minutes(text: str) -> int:
    return max(1, round(len(text.split()) / WORDS_PER_MINUTE))
