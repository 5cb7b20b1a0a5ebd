"""Resumes: sheets of paper with lines on them."""

from random import Random

from blog.covers.palette import Palette
from blog.drawing import HEIGHT, WIDTH, Board, rounded, turned

PALETTES = (
    Palette("7a2e1d", "8f4029", "f6e8da", "e9c3a0", "f2a65a"),
    Palette("f3dfca", "e6c8a9", "fffaf3", "f0d3b4", "d9692f"),
    Palette("c25a31", "ad4b25", "fbeee0", "f3cfa8", "f8d477"),
    Palette("e9b07a", "dc9e64", "fff6ec", "f6dcc0", "c0451f"),
)


INK = "7a2e1d"


def sheet(
    board: Board,
    box: tuple[float, float, float],
    degrees: float,
    colours: tuple[str, str],
    rng: Random,
    marks: tuple[int, str] | None = None,
) -> None:
    """A page whose upper left corner and width are `box`, turned about its middle.

    Its heading and lines are in ink; the line that `marks` names lies under a marker's stroke.
    """
    (x, y, width), (paper, ink) = box, colours
    height, centre = width * 1.36, (x + width / 2, y + width * 0.68)
    board.shape(turned(rounded(x, y, width, height, width * 0.03), centre, degrees), paper)
    for i in range(9):
        share = 0.42 if i == 0 else rng.uniform(0.45, 0.78)
        thick = width * (0.055 if i == 0 else 0.026)
        left, top = x + width * 0.11, y + height * (0.1 + i * 0.085)
        if marks and marks[0] == i:
            stroke = rounded(
                left - thick, top - thick, width * share + 2 * thick, thick * 3, thick / 2
            )
            board.shape(turned(stroke, centre, degrees), marks[1])
        line = rounded(left, top, width * share, thick, thick / 2)
        board.shape(turned(line, centre, degrees), ink, 0.9 if i == 0 else 0.5)


def a_fan(board: Board, colours: Palette, rng: Random) -> None:
    count, width = rng.randint(3, 5), rng.randint(340, 400)
    lean, flip = rng.uniform(7, 12), rng.choice((-1, 1))
    board.disc(800, 980, 700, colours.shade)
    for i in range(count):
        offset = i - (count - 1) / 2
        paper = colours.spark if i == count - 1 else (colours.main, colours.other)[i % 2]
        x = 800 - width / 2 + flip * offset * width * 0.52
        box = (x, 180 + abs(offset) * 38, width)
        sheet(board, box, flip * offset * lean, (paper, INK), rng)


def one_in_a_pile(board: Board, colours: Palette, rng: Random) -> None:
    columns, rows = rng.choice(((6, 2), (7, 3), (8, 3)))
    width = 1700 / columns * 0.72
    chosen = (rng.randrange(1, columns - 1), rng.randrange(rows))
    pitch = width * 1.36 + 45
    top = (HEIGHT - rows * pitch + 45) / 2
    for column, row in ((c, r) for r in range(rows) for c in range(columns)):
        x, y = (column + 0.14) * 1700 / columns - 50, top + row * pitch
        if (column, row) != chosen:
            sheet(board, (x, y, width), 0, (colours.shade, colours.ground), rng)
    x, y = (chosen[0] + 0.14) * 1700 / columns - 50, top + chosen[1] * pitch
    box = (x - width * 0.12, y - width * 0.15, width * 1.24)
    sheet(board, box, rng.uniform(-9, 9), (colours.spark, INK), rng)


def a_page_up_close(board: Board, colours: Palette, rng: Random) -> None:
    tilt, width = rng.uniform(4, 12) * rng.choice((-1, 1)), rng.randint(760, 900)
    x = rng.choice((120, WIDTH - width - 120))
    other = WIDTH - width * 0.62 - 60 if x == 120 else 60
    behind, marked = (other, 190, width * 0.62), (rng.randint(3, 5), colours.spark)
    sheet(board, behind, -tilt * 1.4, (colours.shade, colours.ground), rng)
    sheet(board, (x, rng.randint(110, 160), width), tilt, (colours.main, INK), rng, marked)


COMPOSITIONS = (a_fan, one_in_a_pile, a_page_up_close)
