"""Words that may stand in a header."""

import unicodedata


def one_line(words: str) -> str:
    """For a header, where a line break would begin another one."""
    plain = (" " if unicodedata.category(c) == "Cc" else c for c in words)
    return " ".join("".join(plain).split())


def phrase(name: str) -> str:
    """The letters, digits and spaces of ASCII: all that may stand in a header without quotes."""
    plain = "".join(c for c in one_line(name) if c.isascii() and (c.isalnum() or c == " "))
    return one_line(plain)
