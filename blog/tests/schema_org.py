"""What is wrong with a page's JSON-LD: by schema.org's vocabulary, as far as we use it, and by
what Google asks of articles, breadcrumbs, questions, organizations and the site's name
(developers.google.com/search/docs/appearance/structured-data).
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

SCRIPT = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?")

Faults = Iterator[str]
Check = Callable[[Any], bool]


def is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def is_url(value: object) -> bool:
    parts = urlsplit(value) if isinstance(value, str) else None
    return bool(parts and parts.scheme in ("http", "https") and parts.netloc and " " not in value)


def is_moment(value: object) -> bool:
    """With a zone: without one Google takes its own."""
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def is_language(value: object) -> bool:
    return isinstance(value, str) and bool(LANGUAGE.fullmatch(value))


def a(*types: str) -> Check:
    """One of these, or a list of them, or a pointer to one by its @id."""

    def check(value: object) -> bool:
        if isinstance(value, list):
            return bool(value) and all(map(check, value))
        is_pointer = isinstance(value, dict) and value.keys() == {"@id"}
        return is_pointer or (isinstance(value, dict) and value.get("@type") in types)

    return check


def any_of(*checks: Check) -> Check:
    return lambda value: any(check(value) for check in checks)


def several(check: Check) -> Check:
    return lambda value: isinstance(value, list) and bool(value) and all(map(check, value))


THING = {
    "name": is_text,
    "description": is_text,
    "url": is_url,
    "image": any_of(is_url, several(is_url), a("ImageObject")),
    "sameAs": any_of(is_url, several(is_url)),
}
WORK = THING | {
    "headline": is_text,
    "author": a("Person", "Organization"),
    "publisher": a("Organization"),
    "datePublished": is_moment,
    "dateModified": is_moment,
    "inLanguage": is_language,
    "isPartOf": a("CreativeWorkSeries", "Blog", "WebSite"),
    "keywords": any_of(is_text, several(is_text)),
    "mainEntityOfPage": any_of(is_url, a("WebPage")),
    "position": is_number,
    "isAccessibleForFree": lambda value: isinstance(value, bool),
}
ARTICLE = WORK | {"articleSection": is_text, "wordCount": is_number, "timeRequired": is_text}
VOCABULARY: dict[str, dict[str, Check]] = {
    "Article": ARTICLE,
    "BlogPosting": ARTICLE,
    "Blog": WORK,
    "CreativeWorkSeries": WORK,
    "WebPage": WORK,
    "CollectionPage": WORK,
    "ProfilePage": WORK | {"mainEntity": a("Person", "Organization")},
    "WebSite": WORK | {"alternateName": is_text},
    "FAQPage": WORK | {"mainEntity": a("Question")},
    "Question": WORK | {"acceptedAnswer": a("Answer")},
    "Answer": WORK | {"text": is_text},
    "Person": THING | {"jobTitle": is_text, "worksFor": a("Organization")},
    "Organization": THING | {"logo": any_of(is_url, a("ImageObject"))},
    "ImageObject": THING | {"width": is_number, "height": is_number, "caption": is_text},
    "BreadcrumbList": THING | {"itemListElement": a("ListItem")},
    "ListItem": THING | {"position": is_number, "item": is_url},
}
ARTICLE_NEEDS = {"headline", "datePublished", "dateModified", "author", "publisher", "url"}
NEEDED = {
    "Article": ARTICLE_NEEDS,
    "BlogPosting": ARTICLE_NEEDS,
    "CreativeWorkSeries": {"name"},
    "WebSite": {"name", "url"},
    "ProfilePage": {"mainEntity"},
    "FAQPage": {"mainEntity"},
    "Question": {"name", "acceptedAnswer"},
    "Answer": {"text"},
    "Person": {"name", "url"},
    "Organization": {"name", "url", "logo"},
    "ImageObject": {"url", "width", "height"},
    "BreadcrumbList": {"itemListElement"},
    "ListItem": {"position", "name", "item"},
}


def things_of(html: str) -> list[dict]:
    """All that the page says of itself; each block may hold one thing or a graph of them."""
    found = []
    for block in SCRIPT.findall(html):
        content = json.loads(block)
        assert content.pop("@context") == "https://schema.org"
        found += content.get("@graph", [content])
    return found


def faults(html: str) -> list[str]:
    things = things_of(html)
    known = {
        one["@id"] for thing in things for one in nodes(thing) if len(one) > 1 and "@id" in one
    }
    return [fault for thing in things for one in nodes(thing) for fault in node_faults(one, known)]


def nodes(value: object) -> Iterator[dict]:
    """The thing and all that is in it."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from nodes(inner)


def node_faults(node: dict, known: set[str]) -> Faults:
    if node.keys() == {"@id"}:
        if node["@id"] not in known:
            yield f"nothing here is {node['@id']}"
        return
    kind = node.get("@type")
    if kind not in VOCABULARY:
        yield f"{kind} is no type we know"
        return
    for name, value in node.items():
        check = VOCABULARY[kind].get(name)
        if check is None and not name.startswith("@"):
            yield f"{kind} has no {name}"
        elif check is not None and not check(value):
            yield f"{kind}’s {name} cannot be {value!r}"
    yield from (f"{kind} needs {name}" for name in sorted(NEEDED.get(kind, set()) - node.keys()))
    if kind == "BreadcrumbList":
        yield from breadcrumb_faults(node["itemListElement"])


def breadcrumb_faults(steps: list[dict]) -> Faults:
    if [step.get("position") for step in steps] != list(range(1, len(steps) + 1)):
        yield "the steps of the breadcrumb are not in order"
    if len(steps) < 2:
        yield "a breadcrumb has two steps at least"
