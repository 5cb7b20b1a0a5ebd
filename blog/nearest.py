"""What somebody may have meant whose address leads nowhere."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

from django.db.models import Case, IntegerField, QuerySet, Value, When

from blog.models import Article, Topic
from blog.slugs import slug_from

SHOWN = 3
CONSIDERED = 30
LIKENESS = 0.6
PIECE_LENGTH = 4
MOST_WORDS = 5
# Other endings are those of programs and files that nobody here ever wrote.
LAST_PART = re.compile(r"/(?P<stem>[^/.]+)(?:\.(?:html?|md))?/?$", re.I)


def asked_for(path: str) -> str:
    """The slug that `path` comes nearest to; empty when it names no page of ours."""
    found = LAST_PART.search(path)
    return slug_from(found["stem"], "") if found else ""


def candidates(slug: str) -> QuerySet:
    """The articles, public or not, whose slugs hold most pieces of the words of `slug`.

    Read from the index of the slugs alone, so that a lost visitor costs little.
    """
    hits = sum(
        (
            Case(When(slug__contains=piece, then=Value(1)), default=Value(0))
            for piece in pieces(slug)
        ),
        start=Value(0, output_field=IntegerField()),
    )
    return Article.objects.order_by(hits.desc()).values("pk")[:CONSIDERED]


def pieces(slug: str) -> set[str]:
    """Beginnings and ends of the longest words: one slip spoils one of them only."""
    words = sorted((word for word in slug.split("-") if len(word) >= PIECE_LENGTH), key=len)
    longest = words[-MOST_WORDS:]
    return {word[:PIECE_LENGTH] for word in longest} | {word[-PIECE_LENGTH:] for word in longest}


def nearest(slug: str, found: Iterable[Article | Topic]) -> list[Article | Topic]:
    """The few of `found` whose slugs are like `slug`, the likest first."""
    by_slug = {one.slug: one for one in found}
    return [by_slug[one] for one in get_close_matches(slug, by_slug, SHOWN, LIKENESS)]
