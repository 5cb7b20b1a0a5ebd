"""Martin Porter's stemmer (1980): “negotiating”, “negotiated” and “negotiation” are one word.

Our own, so that both databases agree on it, and so that a page can mark what was found. Its
rules: https://tartarus.org/martin/PorterStemmer/
"""

import re

STEP_1A = {"sses": "ss", "ies": "i", "ss": "ss", "s": ""}
STEP_2 = {
    **{"ational": "ate", "tional": "tion", "enci": "ence", "anci": "ance", "izer": "ize"},
    **{"bli": "ble", "alli": "al", "entli": "ent", "eli": "e", "ousli": "ous"},
    **{"ization": "ize", "ation": "ate", "ator": "ate", "alism": "al", "iveness": "ive"},
    **{"fulness": "ful", "ousness": "ous", "aliti": "al", "iviti": "ive", "biliti": "ble"},
    "logi": "log",
}
STEP_3 = {
    **{"icate": "ic", "ative": "", "alize": "al", "iciti": "ic", "ical": "ic"},
    **{"ful": "", "ness": ""},
}
ENDINGS = "al ance ence er ic able ible ant ement ment ent ion ou ism ate iti ous ive ize"
STEP_4 = dict.fromkeys(ENDINGS.split(), "")
DOUBLE_CONSONANT = re.compile(r"([^aeiou])\1$")
SHORTEST = 3


def stem(word: str) -> str:
    """`word` in lower case. What is not an English word by its letters stays as it is."""
    if len(word) < SHORTEST or not (word.isascii() and word.isalpha()):
        return word
    word = without_ending(without_plural(word))
    if word.endswith("y") and has_vowel(word[:-1]):
        word = f"{word[:-1]}i"
    word = replaced(word, STEP_2, 1)
    word = replaced(word, STEP_3, 1)
    word = replaced(word, STEP_4, 2)
    return without_last_letter(word)


def without_plural(word: str) -> str:
    suffix = longest_suffix(word, STEP_1A)
    return word.removesuffix(suffix) + STEP_1A[suffix] if suffix else word


def without_ending(word: str) -> str:
    """Without -eed, -ed, -ing, and with what these had taken away."""
    if word.endswith("eed"):
        return word[:-1] if measure(word[:-3]) else word
    rest = word.removesuffix("ed") if word.endswith("ed") else word.removesuffix("ing")
    if rest == word or not has_vowel(rest):
        return word
    if rest.endswith(("at", "bl", "iz")):
        return f"{rest}e"
    if DOUBLE_CONSONANT.search(rest) and not rest.endswith(("l", "s", "z")):
        return rest[:-1]
    return f"{rest}e" if measure(rest) == 1 and is_short(rest) else rest


def replaced(word: str, endings: dict[str, str], least_measure: int) -> str:
    suffix = longest_suffix(word, endings)
    rest = word.removesuffix(suffix)
    if not suffix or measure(rest) < least_measure:
        return word
    if suffix == "ion" and not rest.endswith(("s", "t")):
        return word
    return rest + endings[suffix]


def without_last_letter(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        size = measure(rest)
        word = rest if size > 1 or (size == 1 and not is_short(rest)) else word
    return word[:-1] if word.endswith("ll") and measure(word) > 1 else word


def longest_suffix(word: str, suffixes: dict[str, str]) -> str:
    return max((suffix for suffix in suffixes if word.endswith(suffix)), key=len, default="")


def shape(word: str) -> str:
    """c for each consonant, v for each vowel; y after a consonant is a vowel."""
    found = ""
    for letter in word:
        is_vowel = letter in "aeiou" or (letter == "y" and found.endswith("c"))
        found += "v" if is_vowel else "c"
    return found


def measure(word: str) -> int:
    return shape(word).count("vc")


def has_vowel(word: str) -> bool:
    return "v" in shape(word)


def is_short(word: str) -> bool:
    """As “hop” in “hoping”: consonant, vowel, and a consonant that is not w, x or y."""
    return shape(word).endswith("cvc") and not word.endswith(("w", "x", "y"))
