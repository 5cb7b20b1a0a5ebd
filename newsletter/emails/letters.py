"""The body of a letter, as the sanitiser wrote it, made fit for a mail."""

import html
import re

from markdownify import MarkdownConverter

from blog.absolute_html import absolute_html
from blog.site_address import absolute
from newsletter.emails.stories import MAIL_WIDTH

# The sanitiser quotes every value, and writes no `>` into one.
PICTURE = re.compile(r"<img\b([^>]*?)/?>")
SIZE = re.compile(r' (width|height)="(\d+)"')
TABLE = re.compile(r"<table\b")


def for_mail(body: str) -> str:
    """With absolute addresses, pictures no wider than the mail, and tables named as such."""
    whole = absolute_html(body, absolute("/"))
    return TABLE.sub('<table class="figures"', PICTURE.sub(_fitted, whole))


def _fitted(match: re.Match[str]) -> str:
    """Outlook obeys the attributes and nothing else. Elsewhere it is as wide as there is room: in a
    table a share of the room has to be its width, since as its greatest width it holds nothing."""
    sizes = {name: int(value) for name, value in SIZE.findall(match[1])}
    others = SIZE.sub("", match[1]).rstrip()
    width = min(sizes.get("width", MAIL_WIDTH), MAIL_WIDTH)
    height = ""
    if sizes.get("width") and sizes.get("height"):
        height = f' height="{max(1, round(sizes["height"] * width / sizes["width"]))}"'
    alternative = "" if " alt=" in others else ' alt=""'
    attributes = f'{others}{alternative} width="{width}"{height}'
    return f'<img class="picture" style="max-width:{width}px"{attributes}>'


def for_text(body: str) -> str:
    """As a person would type it: no markup but dashes, numbers and addresses."""
    return (
        Typist(bullets="-", heading_style="ATX", autolinks=False)
        .convert(absolute_html(body, absolute("/")))
        .strip()
    )


class Typist(MarkdownConverter):
    """Writes what Markdown would mark as people do in plain mails."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        return text

    def convert_a(self, el: object, text: str, parent_tags: set[str]) -> str:
        address = html.unescape(el.get("href") or "").removeprefix("mailto:")
        if not text.strip() or text.strip() == address:
            return address
        return f"{text} ({address})" if address else text

    def convert_img(self, el: object, text: str, parent_tags: set[str]) -> str:
        alternative = el.get("alt") or ""
        return f"[{alternative}]" if alternative else ""

    def convert_hN(self, n: int, el: object, text: str, parent_tags: set[str]) -> str:
        title = " ".join(text.split())
        return f"\n\n{title}\n{'-' * min(len(title), 72)}\n\n" if title else ""

    def _as_it_is(self, el: object, text: str, parent_tags: set[str]) -> str:
        return text

    convert_b = convert_strong = convert_em = convert_i = convert_code = convert_kbd = _as_it_is
    convert_del = convert_s = convert_sub = convert_sup = convert_mark = _as_it_is
