"""Job search: many dots, and the one looked for."""

import math
from itertools import pairwise
from random import Random

from blog.covers.palette import Palette
from blog.drawing import HEIGHT, WIDTH, Board, Point, arc, mirrored, spaced

PALETTES = (
    Palette("1f3a5f", "18304f", "b6d8dd", "7e9dbb", "f0b95b"),
    Palette("dfe9ec", "cbdbe1", "2a4f7c", "7fa3b8", "d8662f"),
    Palette("3f6d8e", "355f7e", "e6f0f0", "a9cbd6", "f6d27a"),
    Palette("a9c8d3", "97bac7", "1f3a5f", "52789a", "c9552b"),
)


def a_field(board: Board, colours: Palette, rng: Random) -> None:
    pitch = rng.choice((100, 114, 133))
    focus = (rng.uniform(0.22, 0.78) * WIDTH, rng.uniform(0.3, 0.7) * HEIGHT)
    reach = rng.randint(260, 420)
    for x, y in grid(pitch):
        near = max(0.0, 1 - math.dist((x, y), focus) / reach)
        colour = colours.spark if near > 0.72 else colours.main if near > 0.25 else colours.other
        board.disc(x, y, pitch * (0.13 + 0.3 * near**0.8), colour, 1 if near > 0.25 else 0.5)


def grid(pitch: float) -> list[Point]:
    columns, rows = math.floor(1500 / pitch), math.floor(820 / pitch)
    left, top = (WIDTH - (columns - 1) * pitch) / 2, (HEIGHT - (rows - 1) * pitch) / 2
    return [(left + c * pitch, top + r * pitch) for r in range(rows) for c in range(columns)]


def a_lens(board: Board, colours: Palette, rng: Random) -> None:
    pitch, radius, flip = rng.choice((80, 100)), rng.randint(230, 290), rng.random() < 0.5
    points = grid(pitch)
    x, y = min(points, key=lambda p: math.dist(p, (rng.randint(560, 700), 400)))
    x, points = (WIDTH - x if flip else x), mirrored(points, flip)
    for px, py in points:
        board.disc(px, py, pitch * 0.15, colours.other, 0.55)
    grip = math.radians(135 if flip else 45)
    ends = [(x + r * math.cos(grip), y + r * math.sin(grip)) for r in (radius, radius + 330)]
    board.ribbon(ends, 62, colours.main)
    board.disc(x, y, radius + 34, colours.main)
    board.disc(x, y, radius, colours.shade)
    for px, py in points:
        far = math.dist((px, py), (x, y)) * 1.7
        if far < radius - pitch * 0.3:
            spot = (x + (px - x) * 1.7, y + (py - y) * 1.7)
            board.disc(*spot, pitch * 0.36, colours.spark if far == 0 else colours.main)


def circles_of_search(board: Board, colours: Palette, rng: Random) -> None:
    x, y = rng.choice((200, 470, 1130, 1400)), rng.choice((260, 450, 900))
    step = rng.randint(130, 170)
    for i in range(9, 0, -1):
        board.disc(x, y, i * step, colours.shade if i % 2 else colours.ground)
    spots = [(r, rng.uniform(0, 360)) for r in range(1, 9) for _ in range(r + 1)]
    seen = [arc((x, y), r * step, angle, angle + 1)[0] for r, angle in spots]
    inside = [p for p in seen if 90 < p[0] < WIDTH - 90 and 80 < p[1] < HEIGHT - 80]
    kept = spaced(inside, 120)
    for spot in kept:
        board.disc(*spot, rng.choice((16, 20, 26)), colours.main)
    board.disc(*rng.choice(kept), 58, colours.spark)
    board.disc(x, y, 44, colours.other)


def a_way_through(board: Board, colours: Palette, rng: Random) -> None:
    columns, rows, flip = rng.choice(((8, 5, False), (9, 5, True), (7, 4, True)))
    pitch = 1440 / columns
    top = (HEIGHT - (rows - 1) * pitch * 0.95) / 2
    row, path = rng.randrange(rows), []
    for column in range(columns):
        x = (column + 0.5) * pitch + 80
        path.append((x, top + row * pitch * 0.95))
        row = min(rows - 1, max(0, row + rng.choice((-1, 0, 1, 1))))
    for column, level in ((c, r) for c in range(columns) for r in range(rows)):
        spot = ((column + 0.5) * pitch + 80, top + level * pitch * 0.95)
        board.disc(*spot, pitch * 0.13, colours.other, 0.75)
    path = mirrored(path, flip)
    for here, there in pairwise(path):
        board.ribbon([here, there], pitch * 0.16, colours.main)
    for spot in path:
        board.disc(*spot, pitch * 0.17, colours.main)
    board.disc(*path[-1], pitch * 0.34, colours.spark)


COMPOSITIONS = (a_field, a_lens, circles_of_search, a_way_through)
