"""Cuts the site's fonts out of the packages of Fontsource. How to run it: README.md beside it.

Each typeface becomes two files. The first has the letters of English and is all that most pages
ask for; the second has the other letters of Europe and comes only with a page that uses one.
"""

import sys
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem
from fontTools.ttLib.tables.otTables import PairPos
from fontTools.varLib.hvar import add_HVAR
from fontTools.varLib.instancer import instantiateVariableFont

FONTS = Path(__file__).parents[1] / "static" / "fonts"
ENGLISH = {*range(0x20, 0x7F), *map(ord, "\u00a0£©·áçéíñóöúü–—‘’“”•…€")}
EUROPEAN = {*range(0xA1, 0x180), *map(ord, "ȘșȚțẞ‚„−")} - ENGLISH
# At the largest heading, 52 px, a unit is an eighth of a pixel.
UNITS_PER_EM = 400
# In units. Kerns are multiples of it, and at most one step away from what was drawn.
KERN_STEP = 8

Axes = dict[str, float | tuple[float, float]]
Kerns = dict[tuple[str, str], int]


def main(newsreader: Path, figtree: Path) -> None:
    for letters, ending in ((ENGLISH, ""), (EUROPEAN, "-europe")):
        serif = Cut(newsreader, "newsreader-{}-opsz-normal", letters, wght=(400, 600), opsz=16)
        serif.keep(f"newsreader{ending}")
        italics = Cut(newsreader, "newsreader-{}-opsz-italic", letters, wght=400, opsz=16)
        italics.keep(f"newsreader-italic{ending}")
        sans = Cut(figtree, "figtree-{}-wght-normal", letters, wght=(400, 700))
        sans.keep(f"figtree{ending}")


class Cut:
    """What we use of a typeface, on a coarser grid. Only the letters of English are kerned."""

    def __init__(self, package: Path, name: str, letters: set[int], **axes: object) -> None:
        path = f"{package}/files/{name}.woff2"
        self.font = part(path.format("latin"), letters, axes)
        self.kerns = kerns_of(self.font) if letters <= ENGLISH else {}
        if others := letters - self.font.getBestCmap().keys():
            self.add_letters(part(path.format("latin-ext"), others, axes))

    def add_letters(self, source: TTFont) -> None:
        names = graft(self.font, source, ".more")
        for table in self.font["cmap"].tables:
            table.cmap |= {code: names[name] for code, name in source.getBestCmap().items()}

    def keep(self, name: str) -> None:
        path = FONTS / f"{name}.woff2"
        if "fvar" in self.font:
            add_HVAR(self.font)
        addOpenTypeFeaturesFromString(self.font, kern_rule(self.kerns))
        self.font["post"].formatType = 3
        self.font.flavor = "woff2"
        self.font.save(path)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


def part(path: str, letters: set[int], axes: Axes) -> TTFont:
    options = Options(
        layout_features=["kern"], glyph_names=True, notdef_outline=True, hinting=False
    )
    options.name_IDs = []
    options.drop_tables += ["HVAR", "MVAR", "STAT"]
    font, subsetter = TTFont(path, recalcTimestamp=False), Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font = instantiateVariableFont(font, axes)
    scale_upem(font, UNITS_PER_EM)
    forget_small_moves(font)
    return font


def forget_small_moves(font: TTFont) -> None:
    """What grows by less than the grid tells, or follows from what its neighbours do."""
    glyphs = font["glyf"]
    for name, moves in font["gvar"].variations.items() if "gvar" in font else ():
        points, control = glyphs._getCoordinatesAndControls(name, font["hmtx"].metrics)
        for move in moves:
            move.optimize(points, control.endPts, isComposite=glyphs[name].isComposite())


def graft(font: TTFont, source: TTFont, suffix: str) -> dict[str, str]:
    """Copies all glyphs and returns what each is called now."""
    names = {name: name + suffix for name in source.getGlyphOrder() if name != ".notdef"}
    moves = source["gvar"].variations if "gvar" in source else {}
    for old, new in names.items():
        glyph = source["glyf"][old]
        for component in glyph.components if glyph.isComposite() else ():
            component.glyphName = names[component.glyphName]
        font["glyf"][new] = glyph
        font["hmtx"][new] = source["hmtx"][old]
        if "gvar" in font:
            font["gvar"].variations[new] = moves.get(old, [])
    font.setGlyphOrder(font["glyf"].glyphOrder)
    return names


def kerns_of(font: TTFont) -> Kerns:
    """What each pair comes to at the regular weight. The first rule that knows a pair decides."""
    letters = set(font.getBestCmap().values())
    kerns: Kerns = {}
    for lookup in font["GPOS"].table.LookupList.Lookup:
        for rule in (getattr(one, "ExtSubTable", one) for one in lookup.SubTable):
            for pair, kern in pairs_in(rule, letters):
                kerns.setdefault(pair, rounded(kern))
    return {pair: kern for pair, kern in kerns.items() if kern}


def pairs_in(rule: PairPos, letters: set[str]) -> Iterator[tuple[tuple[str, str], int]]:
    firsts = [glyph for glyph in rule.Coverage.glyphs if glyph in letters]
    if rule.Format == 1:
        seconds = dict(zip(rule.Coverage.glyphs, rule.PairSet, strict=True))
        for first in firsts:
            for pair in seconds[first].PairValueRecord:
                yield (first, pair.SecondGlyph), advance(pair.Value1)
        return
    for first, second in product(firsts, sorted(letters)):
        row = rule.Class1Record[rule.ClassDef1.classDefs.get(first, 0)]
        cell = row.Class2Record[rule.ClassDef2.classDefs.get(second, 0)]
        yield (first, second), advance(cell.Value1)


def advance(value: object) -> int:
    return getattr(value, "XAdvance", 0)


def rounded(kern: float) -> int:
    return round(kern / KERN_STEP) * KERN_STEP


def kern_rule(kerns: Kerns) -> str:
    """Between classes of letters that go alike, the median of what their pairs have."""
    firsts, seconds = sorted({a for a, _ in kerns}), sorted({b for _, b in kerns})
    lefts = alike(firsts, lambda a: [kerns.get((a, b), 0) for b in seconds])
    rights = alike(seconds, lambda b: [kerns.get((a, b), 0) for a in firsts])
    lines = []
    for left, right in product(lefts, rights):
        between = sorted(kerns.get(pair, 0) for pair in product(left, right))
        if median := between[len(between) // 2]:
            lines.append(f"pos [{' '.join(left)}] [{' '.join(right)}] {median};")
    return f"feature kern {{ {' '.join(lines)} }} kern;\n" if lines else ""


def alike(names: list[str], row: Callable[[str], list[int]]) -> list[list[str]]:
    rows = {name: row(name) for name in names}
    classes: list[list[str]] = []
    for name in sorted(names, key=lambda one: -sum(map(abs, rows[one]))):
        fitting = (one for one in classes if all(near(rows[name], rows[other]) for other in one))
        if found := next(fitting, None):
            found.append(name)
        else:
            classes.append([name])
    return classes


def near(row: list[int], other: list[int]) -> bool:
    return all(abs(a - b) <= 2 * KERN_STEP for a, b in zip(row, other, strict=True))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
