"""Career change: lines that leave their lane."""

from random import Random

from blog.covers.palette import Palette
from blog.drawing import WIDTH, Board, arc, curve, mirrored

PALETTES = (
    Palette("23513a", "1b4330", "e8eedb", "5c8a63", "d3dc6f"),
    Palette("edf0da", "dde3c0", "2f6345", "9dbb88", "e07b39"),
    Palette("5d8a4c", "4f7a40", "eef3dc", "a6c48b", "f5dc6b"),
    Palette("bccf8f", "acc17c", "23513a", "5f8c5c", "fbf6e0"),
)


def a_crossing(board: Board, colours: Palette, rng: Random) -> None:
    count, spread = rng.randint(7, 11), rng.randint(70, 100)
    meet = (rng.randint(560, 1040), rng.randint(330, 570))
    chosen = rng.randrange(count)
    for i in sorted(range(count), key=lambda line: line == chosen):
        offset = (i - (count - 1) / 2) * spread
        first = curve((-40, 450 + offset), (300, 450 + offset), (meet[0] - 200, meet[1]), meet)
        last = curve(meet, (meet[0] + 200, meet[1]), (1300, 450 - offset), (1640, 450 - offset))
        bright = i == chosen
        colour = colours.spark if bright else colours.main
        board.ribbon(first + last[1:], 26 if bright else 9, colour, 1 if bright else 0.5)


def a_change_of_lane(board: Board, colours: Palette, rng: Random) -> None:
    count, flip = rng.randint(5, 8), rng.random() < 0.5
    pitch = 780 / count
    ys = [60 + pitch / 2 + i * pitch for i in range(count)]
    source, target = rng.sample(range(count), 2)
    if abs(source - target) < 2:
        source, target = 0, count - 1
    for i, y in enumerate(ys):
        lane = [(-20, y), (WIDTH + 20, y)]
        board.ribbon(lane, pitch * 0.62, (colours.shade, colours.other)[i % 2], 0.9)
    x = rng.randint(300, 520)
    swing = curve(
        (x, ys[source]), (x + 380, ys[source]), (x + 320, ys[target]), (x + 700, ys[target])
    )
    path = [(-20, ys[source]), *swing, (WIDTH + 20, ys[target])]
    board.ribbon(mirrored(path, flip), pitch * 0.62, colours.spark)


def round_the_corner(board: Board, colours: Palette, rng: Random) -> None:
    corner = (rng.choice((380, 560, 1040, 1220)), rng.choice((-60, 960)))
    count, width = rng.randint(6, 8), rng.randint(62, 84)
    chosen = rng.randint(2, count - 2)
    for i in range(count):
        radius = 210 + i * width * 1.55
        colour = colours.spark if i == chosen else (colours.main, colours.other)[i % 2]
        board.ribbon(arc(corner, radius, 0, 360), width, colour)


def a_fork(board: Board, colours: Palette, rng: Random) -> None:
    count, width, flip = rng.choice((3, 4, 5)), rng.randint(56, 76), rng.random() < 0.5
    start, chosen = rng.randint(330, 570), rng.randrange(count)
    for i in sorted(range(count), key=lambda branch: branch == chosen):
        end = 110 + i * 680 / (count - 1)
        way = curve((rng.randint(330, 480), start), (800, start), (760, end), (1180, end))
        path = mirrored([(-20, start), *way, (WIDTH + 20, end)], flip)
        colour = colours.spark if i == chosen else (colours.main, colours.other)[i % 2]
        board.ribbon(path, width, colour)


COMPOSITIONS = (a_crossing, a_change_of_lane, round_the_corner, a_fork)
