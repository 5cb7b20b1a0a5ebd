"""Offers: what rises, what is weighed, what makes up the whole."""

import math
from random import Random

from blog.covers.palette import Palette
from blog.drawing import HEIGHT, WIDTH, Board, arc, rounded, turned

PALETTES = (
    Palette("3d2c5e", "33244f", "e9dcef", "a58cc0", "f0a38f"),
    Palette("efe3ea", "e0cfdc", "59407e", "b79ac4", "d9603f"),
    Palette("75508f", "664380", "f5e9f2", "c9a6d1", "f4c867"),
    Palette("cbb3d8", "bca1cc", "3d2c5e", "7d629f", "fbf0e6"),
)


def rising_bars(board: Board, colours: Palette, rng: Random) -> None:
    count, power = rng.randint(6, 9), rng.uniform(1.1, 2.2)
    pitch, chosen = 1400 / count, rng.randint(2, count - 1)
    for i in range(count):
        height = 130 + 590 * ((i + 1) / count) ** power
        bar = rounded(
            100 + i * pitch + pitch * 0.11, HEIGHT - height, pitch * 0.78, height + 60, 16
        )
        colour = colours.spark if i == chosen else colours.main
        board.shape(bar, colour, 1 if i == chosen else 0.3 + 0.6 * i / count)


def two_piles(board: Board, colours: Palette, rng: Random) -> None:
    floor, thick = 760, rng.randint(64, 84)
    board.shape([(0, floor), (WIDTH, floor), (WIDTH, HEIGHT), (0, HEIGHT)], colours.shade)
    counts = [rng.randint(2, 4), rng.randint(5, 7), rng.randint(3, 5)]
    rng.shuffle(counts)
    width = rng.randint(330, 390)
    for pile, count in enumerate(counts):
        left = 800 + (pile - 1) * (width + 70) - width / 2
        for i in range(count):
            x = left + rng.uniform(-16, 16)
            top = i == count - 1 and count == max(counts)
            colour = colours.spark if top else (colours.main, colours.other)[i % 2]
            coin = rounded(x, floor - (i + 1) * (thick + 6), width, thick, thick / 2)
            board.shape(coin, colour)


def the_whole_package(board: Board, colours: Palette, rng: Random) -> None:
    x, radius = rng.choice((560, 800, 1040)), rng.randint(310, 350)
    board.disc(x, 450, radius + 80, colours.shade)
    cuts = rng.choice(((60, 150, 270), (90, 210, 270), (45, 165, 285), (75, 135, 225, 300)))
    start = rng.randint(0, 90)
    tones = [colours.spark, colours.main, colours.other, colours.main, colours.other]
    for i, (begin, end) in enumerate(zip([0, *cuts], [*cuts, 360], strict=True)):
        middle = math.radians(start + (begin + end) / 2)
        out = 60 if i == 0 else 12
        centre = (x + out * math.cos(middle), 450 + out * math.sin(middle))
        board.shape([centre, *arc(centre, radius, start + begin, start + end)], tones[i])


def a_balance(board: Board, colours: Palette, rng: Random) -> None:
    tilt, foot = rng.uniform(5, 11) * rng.choice((-1, 1)), (800, rng.randint(520, 570))
    board.shape([foot, (foot[0] + 190, HEIGHT), (foot[0] - 190, HEIGHT)], colours.shade)
    beam = rounded(190, foot[1] - 24, 1220, 48, 24)
    board.shape(turned(beam, foot, tilt), colours.main)
    light, heavy = (rng.randint(100, 125), rng.randint(150, 180))
    for x, radius in ((400, light), (1200, heavy)) if tilt > 0 else ((400, heavy), (1200, light)):
        place = turned([(x, foot[1] - 24 - radius)], foot, tilt)[0]
        board.disc(*place, radius, colours.spark if radius == heavy else colours.other)


COMPOSITIONS = (rising_bars, two_piles, the_whole_package, a_balance)
