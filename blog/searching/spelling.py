"""“Did you mean …”: queries that differ from one by slips of the fingers."""

from itertools import product

from django.db.models import Q

from blog.models import SearchWord
from blog.searching.indexing import keys
from blog.searching.query import Query, Term

SHORTEST = 4
LONG = 6
MOST_WORDS = 4
CHOICES_A_WORD = 4
MOST_QUERIES = 10


def likely_texts(query: Query) -> list[str]:
    """What may have been meant, the likeliest first. One query; whether anything public has
    these words is for the caller to see."""
    doubtful = [term for term in query.terms if is_doubtful(term)][:MOST_WORDS]
    if not doubtful:
        return []
    known = words_near(doubtful)
    choices = [choices_for(term, known) for term in doubtful]
    ranked = sorted(product(*choices), key=lambda chosen: sum(slips for slips, _ in chosen))
    texts = [with_words(query.text, doubtful, [word for _, word in some]) for some in ranked]
    return [text for text in texts if text != query.text][:MOST_QUERIES]


def is_doubtful(term: Term) -> bool:
    return not term.is_quoted and len(term.words) == 1 and len(term.words[0]) >= SHORTEST


def words_near(terms: list[Term]) -> list[str]:
    near = Q()
    for term in terms:
        near |= is_near(term.words[0])
    return list(SearchWord.objects.filter(near).values_list("word", flat=True))


def is_near(word: str) -> Q:
    """Also where the second letter changed places with one of its neighbours."""
    heads = {word[:2], word[0] + word[2], word[1] + word[0]}
    slips = most_slips(word)
    lengths = (len(word) - slips, len(word) + slips)
    return Q(length__range=lengths) & (Q(head__in=heads) | Q(tail=keys(word)["tail"]))


def most_slips(word: str) -> int:
    return 2 if len(word) >= LONG else 1


def choices_for(term: Term, known: list[str]) -> list[tuple[int, str]]:
    """Words with their numbers of slips; the word itself, if there is none."""
    word = term.words[0]
    limit = most_slips(word)
    found = [(n, other) for other in known if (n := slips_between(word, other, limit)) <= limit]
    found.sort(key=lambda choice: (choice[0], choice[1][0] != word[0], *by_length(word, choice[1])))
    return found[:CHOICES_A_WORD] or [(0, word)]


def by_length(word: str, other: str) -> tuple[int, str]:
    return abs(len(word) - len(other)), other


def slips_between(word: str, other: str, limit: int) -> int:
    """Letters left out, added, changed or swapped with their neighbours (optimal string
    alignment); more than `limit` means that it is far."""
    if len(set(word) ^ set(other)) > 2 * limit:
        return limit + 1
    before, last = [], list(range(len(other) + 1))
    for i, letter in enumerate(word, start=1):
        row = [i]
        for j, wanted in enumerate(other, start=1):
            slips = min(last[j] + 1, row[-1] + 1, last[j - 1] + (letter != wanted))
            if i > 1 and j > 1 and letter == other[j - 2] and word[i - 2] == wanted:
                slips = min(slips, before[j - 2] + 1)
            row.append(slips)
        if min(row) > limit:
            return limit + 1
        before, last = last, row
    return last[-1]


def with_words(text: str, terms: list[Term], words: list[str]) -> str:
    for term, word in reversed(list(zip(terms, words, strict=True))):
        if word != term.words[0]:
            text = text[: term.start] + word + text[term.end :]
    return text
