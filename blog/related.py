"""What to read next: articles that share topics first, those that use like words second."""

import re
from collections import Counter
from math import log
from typing import NamedTuple

from django.db.models import Count, Q

from blog.models import Article, Topic
from blog.models.article import ArticleQuerySet

SHOWN = 3
# Enough to choose from; so an article costs the same among a hundred as among ten thousand.
NEWEST_OF_A_TOPIC, NEWEST = 50, 30
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


class Candidate(NamedTuple):
    pk: int
    shared: int
    title: str
    summary: str


def related_ids(article: Article, topics: list[Topic], public: ArticleQuerySet) -> list[int]:
    """The best first, three at the most. One query."""
    candidates = [
        Candidate(*row) for row in candidates_for(article, topics, public) if row[0] != article.pk
    ]
    ours = stems(article.title, article.summary)
    theirs = {one.pk: stems(one.title, one.summary) & ours for one in candidates}
    frequency = Counter(stem for found in theirs.values() for stem in found)
    weight = {stem: log(1 + len(candidates) / count) for stem, count in frequency.items()}
    likely = [
        one for one in candidates if one.shared or len(theirs[one.pk]) >= LIKE_WORDS_WITHOUT_A_TOPIC
    ]
    likely.sort(key=lambda one: (-one.shared, -sum(weight[stem] for stem in theirs[one.pk])))
    return [one.pk for one in likely[:SHOWN]]


def candidates_for(
    article: Article, topics: list[Topic], public: ArticleQuerySet
) -> ArticleQuerySet:
    """Newest first. Parts of the same series have a list of their own."""
    near = Q(pk__in=public.newest_first().values("pk")[:NEWEST])
    for topic in topics:
        memberships = Article.topics.through.objects.filter(topic=topic).order_by("-pk")
        near |= Q(pk__in=memberships.values("article")[:NEWEST_OF_A_TOPIC])
    found = public.filter(near)
    if article.series_id:
        found = found.exclude(series=article.series_id)
    shared = Count("topics", filter=Q(topics__in=topics))
    return found.annotate(shared=shared).newest_first().values_list(*Candidate._fields)


def stems(*texts: str) -> set[str]:
    words = (word for text in texts for word in WORD.findall(text.lower()))
    return {word[:STEM_LENGTH] for word in words} - EVERYWHERE_STEMS
