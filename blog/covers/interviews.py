"""Interviews: seats, and the talk between them."""

from random import Random

from blog.covers.palette import Palette
from blog.drawing import HEIGHT, WIDTH, Board, Point, arc, mirrored

PALETTES = (
    Palette("0f4c45", "0b3d37", "f4efe4", "7fb3a3", "e9b44c"),
    Palette("efe6d0", "e2d5b6", "0f4c45", "7da595", "d8912a"),
    Palette("e0a93f", "cf942a", "0f4c45", "34776a", "fbf3e0"),
    Palette("2b6f63", "225a50", "d9e8df", "9cc7b8", "f0a05a"),
)


def arch(x: float, floor: float, width: float, height: float) -> list[Point]:
    """A seat's back seen from the front: round above, its feet on `floor`."""
    half = width / 2
    return [(x, floor), *arc((x + half, floor - height + half), half, 180, 360), (x + width, floor)]


def two_seats(board: Board, colours: Palette, rng: Random) -> None:
    floor = rng.randint(690, 760)
    board.shape([(0, floor), (WIDTH, floor), (WIDTH, HEIGHT), (0, HEIGHT)], colours.shade)
    left, right = rng.randint(420, 620), rng.randint(420, 620)
    overlap = rng.randint(60, 150)
    x = (WIDTH - left - right + overlap) / 2
    flip = rng.random() < 0.5
    tall = rng.randint(470, 600)
    board.shape(mirrored(arch(x, floor, left, tall), flip), colours.spark)
    second = arch(x + left - overlap, floor, right, rng.randint(430, 560))
    board.shape(mirrored(second, flip), colours.main, 0.86)


def a_panel(board: Board, colours: Palette, rng: Random) -> None:
    floor, flip, count = rng.randint(700, 780), rng.random() < 0.5, rng.choice((3, 4))
    board.shape([(0, floor), (WIDTH, floor), (WIDTH, HEIGHT), (0, HEIGHT)], colours.shade)
    big = rng.randint(400, 480)
    board.shape(mirrored(arch(150, floor, big, rng.randint(500, 580)), flip), colours.spark)
    width = (WIDTH - 150 - big - 130 - 150) / count
    for i in range(count):
        seat = arch(280 + big + i * width, floor, width * 0.88, rng.randint(230, 330))
        board.shape(mirrored(seat, flip), (colours.main, colours.other)[i % 2])


def across_the_table(board: Board, colours: Palette, rng: Random) -> None:
    radius, shift = rng.randint(250, 300), rng.randint(30, 110) * rng.choice((-1, 1))
    apart = rng.randint(420, 560)
    board.shape(arc((800, HEIGHT), 620, 180, 360), colours.shade)
    first, second = rng.sample((colours.spark, colours.main), 2)
    board.shape(arc((800 - apart, 430 - shift), radius, -90, 90), first)
    board.shape(arc((800 + apart, 430 + shift), radius, 90, 270), second)
    for i in range(rng.choice((1, 3))):
        board.disc(800 + (i, -1, 1)[i % 3] * 120 * (i > 0), 430, 34, colours.other)


def the_free_seat(board: Board, colours: Palette, rng: Random) -> None:
    count, floor = rng.randint(5, 8), rng.randint(640, 720)
    board.shape([(0, floor), (WIDTH, floor), (WIDTH, HEIGHT), (0, HEIGHT)], colours.shade)
    free, pitch = rng.randrange(1, count - 1), 1360 / count
    for i in range(count):
        height = pitch * (2.3 if i == free else rng.uniform(1.45, 1.75))
        colour = colours.spark if i == free else (colours.main, colours.other)[i % 2]
        board.shape(
            arch(120 + i * pitch + pitch * 0.06, floor, pitch * 0.88, min(height, 560)), colour
        )


COMPOSITIONS = (two_seats, a_panel, across_the_table, the_free_seat)
