"""What to read next: articles that share topics first, those that use like words second."""

import re
from collections import Counter
from functools import lru_cache
from math import log
from typing import Protocol, TypeVar

from blog.models import Article

SHOWN = 3
WORD = re.compile(r"[^\W\d_]{4,}")
STEM_LENGTH = 6  # interview, interviews, interviewer
LIKE_WORDS_WITHOUT_A_TOPIC = 2
EVERYWHERE = """
about after again also because been before being could does down each even ever every find first
from give goes have here high into just know last like long made make many more most much must need
never only other over people really said same should some such take tell than that their them then
there these they thing things this those time under until very want well were what when where which
while will with without work would year years your
"""
EVERYWHERE_STEMS = {word[:STEM_LENGTH] for word in WORD.findall(EVERYWHERE)}


class Candidate(Protocol):
    pk: int
    shared: int  # topics
    title: str
    summary: str


One = TypeVar("One", bound=Candidate)


def related(article: Article, candidates: list[One]) -> list[One]:
    """The best first, three at the most."""
    ours = stems(article.title, article.summary)
    theirs = {one.pk: stems(one.title, one.summary) & ours for one in candidates}
    frequency = Counter(stem for found in theirs.values() for stem in found)
    weight = {stem: log(1 + len(candidates) / count) for stem, count in frequency.items()}
    likely = [
        one for one in candidates if one.shared or len(theirs[one.pk]) >= LIKE_WORDS_WITHOUT_A_TOPIC
    ]
    likely.sort(key=lambda one: (-one.shared, -sum(weight[stem] for stem in theirs[one.pk])))
    return likely[:SHOWN]


@lru_cache(maxsize=1024)
def stems(title: str, summary: str) -> frozenset[str]:
    words = WORD.findall(f"{title} {summary}".lower())
    return frozenset(word[:STEM_LENGTH] for word in words) - EVERYWHERE_STEMS
