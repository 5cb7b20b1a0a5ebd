"""Two versions of a text, laid over one another word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest

from blog.models import Article, Revision, Topic
from blog.plain_text import plain_text

WORD = re.compile(r"\S+\s*|\s+")
SAME, GONE, NEW = "same", "gone", "new"


@dataclass(frozen=True)
class Piece:
    kind: str
    text: str


Line = list[Piece]


@dataclass(frozen=True)
class Comparison:
    """Of what an article says with what a version of it says: texts word by word, and facts."""

    texts: list[tuple[str, list[Line]]]
    facts: list[tuple[str, str, str]]
    # The words are the same: only their form, a link or a picture differs.
    is_form_only: bool

    @classmethod
    def of(cls, article: Article, version: Revision) -> "Comparison":
        """Without what is the same in both."""
        after = Article.objects.get(pk=article.pk)
        after.read_as(version)
        texts = [
            ("Title", compared(article.title, after.title)),
            ("Summary", compared(article.summary, after.summary)),
            ("Text", compared(plain_text(article.body), plain_text(after.body))),
        ]
        is_form_only = article.body != after.body and not texts[-1][1]
        before_ids = article.topics.values_list("pk", flat=True)
        pairs = zip(
            facts(article, before_ids), facts(after, version.content["topics"]), strict=True
        )
        found = [(name, old, new) for (name, old), (_, new) in pairs if old != new]
        return cls([text for text in texts if text[1]], found, is_form_only)


def facts(article: Article, topic_ids: list[int]) -> list[tuple[str, str]]:
    topics = Topic.objects.filter(pk__in=topic_ids)
    part = f"{article.series}, part {article.series_part or '–'}" if article.series else "–"
    return [
        ("Author", article.author.name),
        ("Topics", ", ".join(topic.name for topic in topics) or "–"),
        ("Cover picture", str(article.cover) if article.cover else "–"),
        ("Series", part),
        ("First published at", article.original_url or "–"),
    ]


def compared(before: str, after: str) -> list[Line]:
    """The lines that differ, each with what is gone from it and what is new in it."""
    old, new = before.split("\n"), after.split("\n")
    lines: list[Line] = []
    for kind, i, to_i, j, to_j in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            pairs = zip_longest(old[i:to_i], new[j:to_j], fillvalue="")
            lines += [list(word_by_word(*pair)) for pair in pairs]
    return lines


def word_by_word(before: str, after: str) -> Iterator[Piece]:
    old, new = WORD.findall(before), WORD.findall(after)
    words = [[word.rstrip() for word in line] for line in (old, new)]
    for kind, i, to_i, j, to_j in SequenceMatcher(None, *words, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Piece(SAME, "".join(new[j:to_j]))
            continue
        if i < to_i:
            yield Piece(GONE, "".join(old[i:to_i]))
        if j < to_j:
            yield Piece(NEW, "".join(new[j:to_j]))
