"""Addresses made from titles, in any script."""

import unicodedata

from django.db.models import QuerySet
from django.utils.text import slugify

MAX_LENGTH = 100


def slug_from(title: str, fallback: str) -> str:
    """The slug `title` leads to (NFC), or `fallback` when nothing is left of it."""
    words = slugify(unicodedata.normalize("NFC", title), allow_unicode=True)
    return unicodedata.normalize("NFC", words)[:MAX_LENGTH].strip("-_") or fallback


def slug_for(title: str, taken: QuerySet, fallback: str) -> str:
    """The same, but one that no row of `taken` has."""
    stem = slug_from(title, fallback)
    used = set(taken.filter(slug__startswith=stem[:80]).values_list("slug", flat=True))
    slug, number = stem, 2
    while slug in used:
        ending = f"-{number}"
        slug, number = stem[: MAX_LENGTH - len(ending)] + ending, number + 1
    return slug
