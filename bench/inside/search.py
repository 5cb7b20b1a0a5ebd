"""Searches of each kind: finding alone, and the whole page."""

import time
from collections.abc import Callable
from statistics import median
from urllib.parse import urlencode

from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from bench.inside.requests import ask
from bench.site import FROM_THE_FRONT
from blog.models import Article
from blog.navigation import public_topics
from blog.searching.finding import Search

KINDS = {
    "a word of most articles": "interview",
    "two words": "salary notice",
    "a phrase": '"notice period"',
    "half a word": "negot",
    "without a word": "salary -notice",
    "a slip": "intervew salry",
    "nothing": "zeppelin",
}


def main(requests: str) -> dict[str, object]:
    rows = [measured(name, text, int(requests)) for name, text in KINDS.items()]
    return {"articles": Article.objects.published().count(), "searches": rows}


def measured(name: str, text: str, requests: int) -> dict[str, object]:
    path = f"{reverse('search')}?{urlencode({'q': text})}"
    environ = RequestFactory(headers=FROM_THE_FRONT).get(path, secure=True).environ
    topics = public_topics(timezone.now())
    finding_ms = typical_ms(lambda: find(text, topics), requests)
    page_ms = typical_ms(lambda: ask(environ), requests)
    found = find(text, topics)
    return {"name": name, "found": found, "finding_ms": finding_ms, "page_ms": page_ms}


def find(text: str, topics: list) -> int:
    return Search(text, topics).page(1, str).total


def typical_ms(act: Callable[[], object], times: int) -> float:
    act()
    return 1000 * median(timed(act) for _ in range(times))


def timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
