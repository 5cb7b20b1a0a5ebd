"""The part of a text where the words of a query stand, with these marked."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from blog.searching.query import Query
from blog.searching.words import beginning_with, composed, folded, stemmed

LENGTH = 230
BEFORE = 70
MOST_PLACES = 100


@dataclass(frozen=True)
class Place:
    """Where a word stands that was asked for; `key` is the same for all its forms."""

    start: int
    end: int
    key: str


@dataclass(frozen=True)
class Part:
    """`places`: those from the first one on that fit into a snippet."""

    text: str
    places: list[Place]

    @property
    def worth(self) -> int:
        return len({place.key for place in self.places})

    def marked(self) -> SafeString:
        start, end = self.bounds()
        pieces, at = [], start
        for place in self.places:
            pieces.append((self.text[at : place.start], self.text[place.start : place.end]))
            at = place.end
        return format_html(
            "{}{}{}{}",
            "… " if start else "",
            format_html_join("", "{}<mark>{}</mark>", pieces),
            self.text[at:end],
            " …" if end < len(self.text) else "",
        )

    def bounds(self) -> tuple[int, int]:
        """Whole words, and the beginning of the text if the places are near it."""
        start, end = 0, LENGTH
        if self.places and self.places[-1].end > LENGTH - BEFORE:
            start = self.text.rfind(" ", 0, max(0, self.places[0].start - BEFORE)) + 1
            end = start + LENGTH
        if end < len(self.text):
            end = self.text.rfind(" ", start, end)
        last = self.places[-1].end if self.places else 0
        return start, max(end, last) if end != -1 else max(start + LENGTH, last)


class Marker:
    """Finds and marks the words of one query in many texts."""

    def __init__(self, query: Query) -> None:
        self.stems = {stem for term in query.terms for stem in term.stems}
        self.prefixes = tuple(term.words[0] for term in query.terms if term.is_prefix)
        self.candidates = beginning_with({key[0] for key in (*self.stems, *self.prefixes)})

    def snippet(self, *texts: str) -> SafeString:
        """Out of the text where most of the words stand together; of equal ones the first."""
        return max(map(self.best_part, texts), key=lambda part: part.worth).marked()

    def best_part(self, text: str) -> Part:
        text = " ".join(composed(text).split())
        places = list(islice(self.places(text), MOST_PLACES))
        parts = [Part(text, near(places, n)) for n in range(len(places))]
        return max(parts, key=lambda part: part.worth, default=Part(text, []))

    def places(self, text: str) -> Iterator[Place]:
        for found in self.candidates.finditer(text):
            if key := self.key_of(found[0]):
                yield Place(found.start(), found.end(), key)

    def key_of(self, word: str) -> str:
        if (stem := stemmed(word)) in self.stems:
            return stem
        return next(filter(folded(word).startswith, self.prefixes), "")


def near(places: list[Place], first: int) -> list[Place]:
    limit = places[first].start + LENGTH - BEFORE
    return [places[first], *takewhile(lambda place: place.end <= limit, places[first + 1 :])]
