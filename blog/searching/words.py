"""What a word is, and which words count as the same: for articles and for queries alike.

Both databases store and compare what comes out here, so both find the same.
"""

import re
import unicodedata
from functools import lru_cache
from itertools import chain

from blog.plain_text import INVISIBLE
from blog.searching.stemming import stem

# What stands inside of a word and is not heard, and the marks of letters that came apart.
INSIDE = "'’ʼ\u0300-\u036f" + "".join(map(chr, INVISIBLE))
REST = rf"(?:[^\W_]|[{INSIDE}]+(?=[^\W_]))*[\u0300-\u036f]*"
WORD = re.compile(rf"\b[cC]\+\+|\b[cCfF]#|[^\W_]{REST}")
NAMES_WITH_SIGNS = {"c++": "cplusplus", "c#": "csharp", "f#": "fsharp"}
# Letters that are no other letter with a mark, and are still typed as these.
LOOKALIKES = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "ħ": "h", "ı": "i", "ł": "l", "þ": "th"}
)
LONGEST = 40
KNOWN_WORDS = 30_000
ALPHABETS = (range(0x30, 0x530), range(0x1E00, 0x2000), range(0xFB00, 0xFB07))


def words(text: str) -> list[str]:
    """The words of `text`, folded: without case, accents and whatever nobody sees."""
    return [word for found in WORD.findall(composed(text)) if (word := folded(found))]


def stems(text: str) -> list[str]:
    return [key for found in WORD.findall(composed(text)) if (key := stemmed(found))]


def composed(text: str) -> str:
    """Each letter in one piece with its accent, where Unicode has it so."""
    return unicodedata.normalize("NFC", text)


@lru_cache(KNOWN_WORDS)
def stemmed(word: str) -> str:
    return stem(folded(word))


def folded(word: str) -> str:
    lower = word.casefold()
    if lower.isascii() and lower.isalnum():
        return lower[:LONGEST]
    if lower in NAMES_WITH_SIGNS:
        return NAMES_WITH_SIGNS[lower]
    letters = unicodedata.normalize("NFKD", lower.translate(LOOKALIKES)).casefold()
    return "".join(letter for letter in letters if letter.isalnum())[:LONGEST]


def beginning_with(letters: set[str]) -> re.Pattern:
    """Finds the words of a text that are folded to one that begins so. Much faster than to
    look at each word."""
    spelled = re.escape("".join(spellings().get(letter, letter) for letter in letters))
    return re.compile(rf"[{spelled}](?<![^\W_].)(?:\+\+|#|{REST})")


@lru_cache(1)
def spellings() -> dict[str, str]:
    """For each letter all that are folded to it, or to more letters of which it is the first."""
    found: dict[str, str] = {}
    for character in map(chr, chain(*ALPHABETS)):
        if character.isalnum() and (letters := folded(character)):
            found[letters[0]] = found.get(letters[0], "") + character
    return found
