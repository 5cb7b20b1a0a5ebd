"""Where a page leads to on its own site."""

import re
from html import unescape
from urllib.parse import urljoin, urlsplit

LINK = re.compile(r'(?:href|src)="([^"#]+)')


def own_paths(html: str, url: str) -> list[str]:
    """Without their queries. `url` is the page's own address."""
    here = urlsplit(url)
    targets = [urlsplit(urljoin(url, unescape(link))) for link in LINK.findall(html)]
    return [target.path for target in targets if target[:2] == here[:2]]
