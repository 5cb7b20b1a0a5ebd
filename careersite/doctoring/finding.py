from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Tone(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One line for the operator: how it is with `name`, and what to do about it."""

    tone: Tone
    name: str
    words: str
    advice: str = ""


def fine(name: str, words: str) -> Finding:
    return Finding(Tone.OK, name, words)


def odd(name: str, words: str, advice: str) -> Finding:
    return Finding(Tone.WARN, name, words, advice)


def wrong(name: str, words: str, advice: str) -> Finding:
    return Finding(Tone.FAIL, name, words, advice)
