"""Words on a drawn picture, in the site's own type."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import ImageDraw, ImageFont

from blog.plain_text import INVISIBLE

FONT = Path(__file__).parent / "fonts" / "newsreader-semibold.ttf"
CHARACTERS = frozenset(FONT.with_suffix(".txt").read_text())
LOOK_ALIKES = str.maketrans("\u2010\u2011\u2012\u2015", "--–—")
# Emoji, their joiners and colours, and what nobody has assigned: a title says the same without.
ORNAMENTS = {"So", "Sk", "Cf", "Cn", "Co", "Mn", "Me"}
LINE_HEIGHT = 1.14


def writable(text: str) -> str:
    """`text` as our font can write it, without ornaments; nothing if a letter would be missing."""
    text = unicodedata.normalize("NFC", text).translate(INVISIBLE).translate(LOOK_ALIKES)
    missing = set(text) - CHARACTERS - set(filter(str.isspace, text))
    if any(unicodedata.category(one) not in ORNAMENTS for one in missing):
        return ""
    return " ".join("".join(one for one in text if one not in missing).split())


@lru_cache(maxsize=64)
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(FONT, size)


@dataclass(frozen=True)
class Lines:
    words: list[str]
    size: int

    @classmethod
    def fitting(cls, text: str, width: int, height: int, sizes: range) -> "Lines":
        """In the largest of `sizes` that fits the box; the last line is about as long as the
        others. In the smallest, what does not fit is cut."""
        for size in sizes:
            lines = broken(text, width, size)
            if round(size * LINE_HEIGHT) * len(lines) <= height and is_whole(text, lines):
                return cls(balanced(text, width, size), size)
        most = height // round(size * LINE_HEIGHT)
        shown = lines[:most]
        if len(lines) > most:
            shown[-1] = shown[-1][:-1].rstrip() + "…"
        return cls(shown, size)

    def draw(self, canvas: ImageDraw.ImageDraw, x: int, y: int, colour: str) -> None:
        for number, line in enumerate(self.words):
            baseline = y + round(self.size * LINE_HEIGHT) * number + self.size
            canvas.text((x, baseline), line, font=font(self.size), fill=colour, anchor="ls")


def broken(text: str, width: int, size: int) -> list[str]:
    """At blanks; a word that is too long for a line, anywhere."""
    lines = [""]
    for word in re.findall(r"\S+", text):
        for piece in pieces(word, width, size):
            longer = f"{lines[-1]} {piece}".strip()
            if measured(longer, size) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return lines


def pieces(word: str, width: int, size: int) -> list[str]:
    if measured(word, size) <= width:
        return [word]
    cut = [""]
    for letter in word:
        if cut[-1] and measured(cut[-1] + letter, size) > width:
            cut.append("")
        cut[-1] += letter
    return cut


def is_whole(text: str, lines: list[str]) -> bool:
    """No word was cut."""
    return " ".join(lines) == text


def balanced(text: str, width: int, size: int) -> list[str]:
    """The narrowest lines that are no more in number."""
    lines = broken(text, width, size)
    for narrower in range(width, width // 2, -8):
        tried = broken(text, narrower, size)
        if len(tried) > len(lines) or not is_whole(text, tried):
            break
        lines = tried
    return lines


def measured(text: str, size: int) -> float:
    return font(size).getlength(text)
