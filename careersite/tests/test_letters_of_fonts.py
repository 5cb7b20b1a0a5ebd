"""A browser asks for just the font that has a letter: the sheets say which letters were cut."""

import ast
import re

import pytest

from careersite.supervisor import ROOT

SHEETS = ("site.css", "admin.css")
FACE = re.compile(r'@font-face \{[^}]*url\("fonts/([^"]+)\.woff2"\)[^}]*unicode-range: ([^;}]+)')


def letters_cut() -> dict[str, set[int]]:
    """As `typefaces/cut.py` has them, which needs tools that the site does not."""
    tree = ast.parse((ROOT / "typefaces" / "cut.py").read_text())
    tree.body = [node for node in tree.body if names(node) & {"ENGLISH", "EUROPEAN"}]
    found: dict[str, set[int]] = {}
    exec(compile(tree, "cut.py", "exec"), found)
    return found


def names(node: ast.stmt) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def faces(sheet: str) -> dict[str, set[int]]:
    """What is said of each font, in the order of the sheet."""
    found = FACE.findall((ROOT / "static" / sheet).read_text())
    return {font: letters_of(said) for font, said in found}


def letters_of(said: str) -> set[int]:
    """Of a `unicode-range` such as `U+20-7E, U+A0`."""
    letters: set[int] = set()
    for part in said.split(","):
        first, _, last = part.strip().removeprefix("U+").partition("-")
        letters.update(range(int(first, 16), int(last or first, 16) + 1))
    return letters


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_letters_of_english_come_with_the_first_file_of_each_font(sheet: str) -> None:
    english = {font: said for font, said in faces(sheet).items() if not font.endswith("-europe")}
    assert len(english) >= 2
    for font, said in english.items():
        assert said == letters_cut()["ENGLISH"], font


@pytest.mark.parametrize("sheet", SHEETS)
def test_the_other_letters_of_europe_come_with_the_second(sheet: str) -> None:
    """Where both say that they have a letter, the browser takes the face that is named last."""
    cut, order = letters_cut(), list(faces(sheet))
    for font, said in faces(sheet).items():
        if font.endswith("-europe"):
            assert said - cut["ENGLISH"] == cut["EUROPEAN"], font
            assert order.index(font) < order.index(font.removesuffix("-europe"))


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_font_there_is_is_named(sheet: str) -> None:
    kept = {path.stem for path in (ROOT / "static" / "fonts").glob("*.woff2")}
    assert set(faces(sheet)) == kept
