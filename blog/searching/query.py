"""What somebody typed, as the terms that an article must hold.

pay rise     both, in any of their forms       "pay rise"   one after the other
pay -rise    the first without the second      pay negot    the last may be unfinished
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from blog.plain_text import INVISIBLE
from blog.searching.stemming import stem
from blog.searching.words import stems, words

MAX_LENGTH = 200
MAX_WORDS = 12
SHORTEST_PREFIX = 3
QUOTES = '"“”„«»'
TYPED = re.compile(
    rf"(?P<minus>(?<!\S)-)?(?:[{QUOTES}](?P<phrase>[^{QUOTES}]*)[{QUOTES}]?|(?P<plain>[^\s{QUOTES}]+))"
)
# They stand in nearly every article, so that beside other words they say nothing.
COMMON = (
    "a about an and are as at be by can could did do does for from had has have how i if in is it "
    "its me my of on or our should so that the their them they this to was we were what when where "
    "which who why will with would you your"
)
STOP_WORDS = frozenset(COMMON.split())


@dataclass(frozen=True)
class Term:
    """Words one after the other, folded; `start` and `end` say where they were typed.

    `topics`: ids of the topics with these words in their names; their articles hold the term.
    """

    words: tuple[str, ...]
    start: int
    end: int
    is_quoted: bool = False
    is_excluded: bool = False
    is_prefix: bool = False
    topics: tuple[int, ...] = ()

    @property
    def stems(self) -> tuple[str, ...]:
        return tuple(map(stem, self.words))

    @property
    def says_nothing(self) -> bool:
        return not self.is_quoted and STOP_WORDS.issuperset(self.words)

    def is_in(self, text: str) -> bool:
        if self.is_prefix and any(word.startswith(self.words[0]) for word in words(text)):
            return True
        found, wanted = tuple(stems(text)), self.stems
        return any(found[n : n + len(wanted)] == wanted for n in range(len(found)))


@dataclass(frozen=True)
class Query:
    """False, if it has no term. `in_titles`: look nowhere else."""

    text: str
    terms: tuple[Term, ...]
    excluded: tuple[Term, ...] = ()
    in_titles: bool = False

    def __bool__(self) -> bool:
        return bool(self.terms)

    def with_topics(self, names: Iterable[tuple[int, str]]) -> "Query":
        """The same, where a topic's name counts as a text of all its articles."""
        names = list(names)

        def known(term: Term) -> Term:
            return replace(term, topics=tuple(pk for pk, name in names if term.is_in(name)))

        return replace(
            self, terms=tuple(map(known, self.terms)), excluded=tuple(map(known, self.excluded))
        )


def parsed(text: str, *, in_titles: bool = False) -> Query:
    """Understands any text. Words to leave out are words to find if there are no others."""
    text = tidy(text)
    terms = [term for typed in TYPED.finditer(text) if (term := term_of(typed))]
    wanted = [term for term in terms if not term.is_excluded]
    excluded = [term for term in terms if term.is_excluded]
    if not wanted:
        wanted, excluded = [replace(term, is_excluded=False) for term in excluded], []
    shortest = 1 if in_titles else SHORTEST_PREFIX
    if wanted and can_be_unfinished(wanted[-1], text, shortest):
        wanted[-1] = replace(wanted[-1], is_prefix=True)
    wanted = [term for term in wanted if not term.says_nothing] or wanted
    return Query(text, tuple(wanted), tuple(excluded), in_titles)


def tidy(text: str) -> str:
    """What a person can have meant: no control characters, no endless text."""
    visible = "".join(c if c.isprintable() else " " for c in text.translate(INVISIBLE))
    return " ".join(visible[:MAX_LENGTH].split()[:MAX_WORDS])


def term_of(typed: re.Match) -> Term | None:
    found = tuple(words(typed["phrase"] or typed["plain"] or ""))
    if not found:
        return None
    is_quoted = typed["phrase"] is not None
    start, end = typed.span("phrase" if is_quoted else "plain")
    return Term(
        words=found,
        start=start,
        end=end,
        is_quoted=is_quoted,
        is_excluded=typed["minus"] is not None,
    )


def can_be_unfinished(term: Term, text: str, shortest: int) -> bool:
    first, *others = term.words
    is_last = term.end == len(text)
    return is_last and not term.is_quoted and not others and len(first) >= shortest
