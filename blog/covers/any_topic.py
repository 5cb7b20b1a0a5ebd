"""Any other topic: rows of seats, one of them free."""

import math
from random import Random

from blog.covers.palette import Palette
from blog.drawing import WIDTH, Board, arc, rounded, turned

PALETTES = (
    Palette("2f3b45", "27323b", "8a99a3", "62727d", "f0b95b"),
    Palette("ece6da", "ddd4c3", "55636d", "93a0a6", "c9552b"),
    Palette("14524a", "104640", "8fbfb2", "5d9689", "f2c265"),
)


def a_hall(board: Board, colours: Palette, rng: Random) -> None:
    rows, centre = rng.choice((3, 4, 5)), (800, rng.choice((1250, 1500)))
    seats = []
    for row in range(rows):
        radius = centre[1] - 150 - row * 640 / rows
        size = 600 / rows
        half = math.degrees(800 / radius)
        seats += [
            (row, size, radius, 270 + a) for a in frange(-half, half, math.degrees(size / radius))
        ]
    visible = [s for s in seats if 120 < arc(centre, s[2], s[3], 0)[0][0] < WIDTH - 120]
    free = rng.choice(visible)
    for seat in seats:
        row, size, radius, angle = seat
        x, y = arc(centre, radius, angle, 0)[0]
        box = rounded(x - size * 0.4, y - size * 0.4, size * 0.8, size * 0.8, size * 0.22)
        colour = colours.spark if seat == free else (colours.main, colours.other)[row % 2]
        board.shape(turned(box, (x, y), angle - 270), colour)


def frange(start: float, end: float, step: float) -> list[float]:
    return [start + i * step for i in range(math.ceil((end - start) / step) + 1)]


COMPOSITIONS = (a_hall,)
