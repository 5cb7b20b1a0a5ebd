"""Cover pictures drawn by script: one motif and palette for each topic, varied by a seed."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from PIL import Image

from blog.drawing import HEIGHT, WIDTH, Board, Point, arc, curve, mirrored, rounded, turned


@dataclass(frozen=True)
class Palette:
    """Colours as `rrggbb`: what is behind, its shade, the main shapes, and one that stands out."""

    ground: str
    shade: str
    main: str
    other: str
    spark: str


# Interviews: seats, and the talk between them.


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


# Resumes: sheets of paper with lines on them.

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


# Job search: many dots, and the one looked for.


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


def spaced(points: Iterable[Point], distance: float) -> list[Point]:
    """Those of `points` that keep `distance` from all kept before them."""
    kept: list[Point] = []
    for point in points:
        if all(math.dist(point, other) >= distance for other in kept):
            kept.append(point)
    return kept


# Offers: what rises, what is weighed, what makes up the whole.


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


# Career change: lines that leave their lane.


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


# Networking: people, and what ties them.


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


# Any other topic: rows of seats, one of them free.


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


Composition = Callable[[Board, Palette, Random], None]
COMPOSITIONS: dict[str, tuple[Composition, ...]] = {
    "interviews": (two_seats, a_panel, across_the_table, the_free_seat),
    "resumes": (a_fan, one_in_a_pile, a_page_up_close),
    "job-search": (a_field, a_lens, circles_of_search, a_way_through),
    "offers": (rising_bars, two_piles, the_whole_package, a_balance),
    "career-change": (a_crossing, a_change_of_lane, round_the_corner, a_fork),
    "networking": (a_mesh, shared_circles, a_round_table),
}
PALETTES: dict[str, tuple[Palette, ...]] = {
    "interviews": (
        Palette("0f4c45", "0b3d37", "f4efe4", "7fb3a3", "e9b44c"),
        Palette("efe6d0", "e2d5b6", "0f4c45", "7da595", "d8912a"),
        Palette("e0a93f", "cf942a", "0f4c45", "34776a", "fbf3e0"),
        Palette("2b6f63", "225a50", "d9e8df", "9cc7b8", "f0a05a"),
    ),
    "resumes": (
        Palette("7a2e1d", "8f4029", "f6e8da", "e9c3a0", "f2a65a"),
        Palette("f3dfca", "e6c8a9", "fffaf3", "f0d3b4", "d9692f"),
        Palette("c25a31", "ad4b25", "fbeee0", "f3cfa8", "f8d477"),
        Palette("e9b07a", "dc9e64", "fff6ec", "f6dcc0", "c0451f"),
    ),
    "job-search": (
        Palette("1f3a5f", "18304f", "b6d8dd", "7e9dbb", "f0b95b"),
        Palette("dfe9ec", "cbdbe1", "2a4f7c", "7fa3b8", "d8662f"),
        Palette("3f6d8e", "355f7e", "e6f0f0", "a9cbd6", "f6d27a"),
        Palette("a9c8d3", "97bac7", "1f3a5f", "52789a", "c9552b"),
    ),
    "offers": (
        Palette("3d2c5e", "33244f", "e9dcef", "a58cc0", "f0a38f"),
        Palette("efe3ea", "e0cfdc", "59407e", "b79ac4", "d9603f"),
        Palette("75508f", "664380", "f5e9f2", "c9a6d1", "f4c867"),
        Palette("cbb3d8", "bca1cc", "3d2c5e", "7d629f", "fbf0e6"),
    ),
    "career-change": (
        Palette("23513a", "1b4330", "e8eedb", "5c8a63", "d3dc6f"),
        Palette("edf0da", "dde3c0", "2f6345", "9dbb88", "e07b39"),
        Palette("5d8a4c", "4f7a40", "eef3dc", "a6c48b", "f5dc6b"),
        Palette("bccf8f", "acc17c", "23513a", "5f8c5c", "fbf6e0"),
    ),
    "networking": (
        Palette("5b2333", "4c1b2a", "f6e6e0", "a86273", "f2b28c"),
        Palette("f4e2de", "e8cdc9", "7a2f43", "c98a92", "e2703a"),
        Palette("a34a58", "913d4b", "fbeae4", "dba1a2", "f7cf7d"),
        Palette("e3b3ab", "d7a29a", "5b2333", "9a5160", "fdf3e7"),
    ),
}
OTHER_COMPOSITIONS: tuple[Composition, ...] = (a_hall,)
OTHER_PALETTES = (
    Palette("2f3b45", "27323b", "8a99a3", "62727d", "f0b95b"),
    Palette("ece6da", "ddd4c3", "55636d", "93a0a6", "c9552b"),
    Palette("14524a", "104640", "8fbfb2", "5d9689", "f2c265"),
)


def draw_cover(topic_slug: str, seed: str) -> Image.Image:
    """A picture of 1600 by 900 pixels: the same for the same arguments, on every machine."""
    rng = Random(f"{topic_slug}/{seed}")  # noqa: S311  (for pictures, not for secrets)
    colours = rng.choice(PALETTES.get(topic_slug, OTHER_PALETTES))
    board = Board(colours.ground)
    rng.choice(COMPOSITIONS.get(topic_slug, OTHER_COMPOSITIONS))(board, colours, rng)
    return board.picture()
