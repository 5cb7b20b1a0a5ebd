"""Passing an article on by plain links: nothing is asked of another site before one is pressed."""

from typing import NamedTuple
from urllib.parse import quote, urlencode


class ShareLink(NamedTuple):
    name: str
    url: str


def share_links(title: str, url: str) -> list[ShareLink]:
    words = f"{title} {url}"
    return [
        ShareLink("Mail", _link("mailto:", subject=title, body=url)),
        ShareLink("LinkedIn", _link("https://www.linkedin.com/sharing/share-offsite/", url=url)),
        ShareLink("WhatsApp", _link("https://wa.me/", text=words)),
        ShareLink("X", _link("https://x.com/intent/post", text=title, url=url)),
    ]


def _link(address: str, **values: str) -> str:
    """Mail programs take a plus for a plus, so a space is written as %20."""
    return f"{address}?{urlencode(values, quote_via=quote)}"
