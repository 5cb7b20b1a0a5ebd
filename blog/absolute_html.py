"""Articles that are read elsewhere: every address in them must lead back to the site."""

from functools import partial
from urllib.parse import urljoin

import nh3

from blog.sanitizer import ATTRIBUTES, CLASSES, SCHEMES, TAGS

ADDRESSES = {"href", "src", "cite", "poster"}
WITH_SRCSET = {**ATTRIBUTES, "img": ATTRIBUTES["img"] | {"srcset", "sizes"}}


def absolute_html(html: str, base: str) -> str:
    """`html` with each address made absolute as seen from `base`; `#x` becomes `base#x`."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=WITH_SRCSET,
        allowed_classes=CLASSES,
        attribute_filter=partial(_absolute_attribute, base),
        url_schemes=SCHEMES,
        link_rel=None,
    )


def _absolute_attribute(base: str, tag: str, name: str, value: str) -> str:
    if name in ADDRESSES:
        return absolute_url(base, value)
    if name == "srcset":
        return ", ".join(_absolute_candidate(base, part) for part in value.split(", "))
    return value


def _absolute_candidate(base: str, candidate: str) -> str:
    """One picture of a srcset: its address, then how wide it is."""
    address, *width = candidate.split()
    return " ".join([absolute_url(base, address), *width])


def absolute_url(base: str, value: str) -> str:
    try:
        return urljoin(base, value)
    except ValueError:  # such as "http://[": nothing we could mend
        return value
