"""Networking: people, and what ties them."""

import math
from random import Random

from blog.covers.palette import Palette
from blog.drawing import Board, arc, spaced

PALETTES = (
    Palette("5b2333", "4c1b2a", "f6e6e0", "a86273", "f2b28c"),
    Palette("f4e2de", "e8cdc9", "7a2f43", "c98a92", "e2703a"),
    Palette("a34a58", "913d4b", "fbeae4", "dba1a2", "f7cf7d"),
    Palette("e3b3ab", "d7a29a", "5b2333", "9a5160", "fdf3e7"),
)


def a_mesh(board: Board, colours: Palette, rng: Random) -> None:
    scattered = ((rng.uniform(120, 1480), rng.uniform(110, 790)) for _ in range(400))
    people = spaced(scattered, rng.choice((150, 175, 200)))
    for person in people:
        for friend in sorted(people, key=lambda other: math.dist(person, other))[1:4]:
            board.ribbon([person, friend], 5, colours.other, 0.7)
    centre = min(people, key=lambda p: math.dist(p, (rng.randint(500, 1100), 450)))
    for friend in sorted(people, key=lambda other: math.dist(centre, other))[1:6]:
        board.ribbon([centre, friend], 10, colours.spark)
    for person in people:
        board.disc(*person, rng.choice((22, 30, 40)), colours.main)
    board.disc(*centre, 66, colours.spark)


def shared_circles(board: Board, colours: Palette, rng: Random) -> None:
    count, radius = rng.choice((3, 4, 5)), rng.randint(260, 310)
    step = (1500 - 2 * radius) / (count - 1) if count > 3 else radius * 1.25
    left = 800 - step * (count - 1) / 2
    centres = [(left + i * step, 450 + rng.randint(-90, 90)) for i in range(count)]
    for i, centre in enumerate(centres):
        board.disc(*centre, radius, (colours.main, colours.other)[i % 2], 0.72)
    i = rng.randrange(count - 1)
    (ax, ay), (bx, by) = centres[i], centres[i + 1]
    board.disc((ax + bx) / 2, (ay + by) / 2, min(64, (2 * radius - step) * 0.3), colours.spark)


def a_round_table(board: Board, colours: Palette, rng: Random) -> None:
    x, count = rng.choice((520, 800, 1080)), rng.randint(7, 12)
    ring, turn = rng.randint(290, 330), rng.randint(0, 60)
    board.disc(x, 450, ring - 80, colours.shade)
    seats = [arc((x, 450), ring, turn + i * 360 / count, 360 + i)[0] for i in range(count)]
    mine = rng.randrange(count)
    yours = (mine + rng.randint(count // 3, count // 2)) % count
    board.ribbon([seats[mine], seats[yours]], 12, colours.spark)
    for i, seat in enumerate(seats):
        colour = colours.spark if i in (mine, yours) else (colours.main, colours.other)[i % 2]
        board.disc(*seat, min(72, ring * 2.3 / count), colour)


COMPOSITIONS = (a_mesh, shared_circles, a_round_table)
