"""Flat, smooth shapes with Pillow, in a coordinate system of 1600 by 900."""

import math
from collections.abc import Iterable

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1600, 900
OVERSAMPLING = 3  # edges are smoothed by drawing larger and shrinking

Point = tuple[float, float]


class Board:
    """What shapes are laid on, the later above the earlier."""

    def __init__(self, ground: str) -> None:
        size = (WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING)
        self.image = Image.new("RGB", size, f"#{ground}")
        self.draw = ImageDraw.Draw(self.image, "RGBA")

    def shape(self, points: Iterable[Point], colour: str, opacity: float = 1) -> None:
        scaled = [(x * OVERSAMPLING, y * OVERSAMPLING) for x, y in points]
        self.draw.polygon(scaled, fill=f"#{colour}{round(opacity * 255):02x}")

    def disc(self, x: float, y: float, radius: float, colour: str, opacity: float = 1) -> None:
        self.shape(arc((x, y), radius, 0, 360), colour, opacity)

    def ribbon(self, path: list[Point], width: float, colour: str, opacity: float = 1) -> None:
        self.shape(outline(path, width), colour, opacity)

    def picture(self) -> Image.Image:
        return self.image.reduce(OVERSAMPLING)


def arc(centre: Point, radius: float, start: float, end: float) -> list[Point]:
    """Points on a circle from `start` to `end` degrees, clockwise from the right."""
    steps = max(8, round(abs(end - start) * max(radius, 40) / 700))
    angles = (math.radians(start + (end - start) * i / steps) for i in range(steps + 1))
    return [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in angles]


def outline(path: list[Point], width: float) -> list[Point]:
    """The edge of a line of `width` along `path`."""
    left, right = [], []
    for i, (x, y) in enumerate(path):
        (ax, ay), (bx, by) = path[max(i - 1, 0)], path[min(i + 1, len(path) - 1)]
        length = math.hypot(bx - ax, by - ay) or 1
        nx, ny = (ay - by) / length * width / 2, (bx - ax) / length * width / 2
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return left + right[::-1]


def curve(a: Point, b: Point, c: Point, d: Point) -> list[Point]:
    """A cubic Bézier from `a` to `d`."""
    points = []
    for i in range(97):
        t = i / 96
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        x, y = (
            sum(w * p[axis] for w, p in zip(weights, (a, b, c, d), strict=True)) for axis in (0, 1)
        )
        points.append((x, y))
    return points


def rounded(x: float, y: float, width: float, height: float, radius: float) -> list[Point]:
    corners = [
        ((x + width - radius, y + radius), 270),
        ((x + width - radius, y + height - radius), 0),
        ((x + radius, y + height - radius), 90),
        ((x + radius, y + radius), 180),
    ]
    return [p for centre, start in corners for p in arc(centre, radius, start, start + 90)]


def turned(points: Iterable[Point], centre: Point, degrees: float) -> list[Point]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    cx, cy = centre
    moved = ((x - cx, y - cy) for x, y in points)
    return [(cx + x * cos - y * sin, cy + x * sin + y * cos) for x, y in moved]


def mirrored(points: Iterable[Point], when: bool) -> list[Point]:
    return [(WIDTH - x, y) if when else (x, y) for x, y in points]


def spaced(points: Iterable[Point], distance: float) -> list[Point]:
    """Those of `points` that keep `distance` from all kept before them."""
    kept: list[Point] = []
    for point in points:
        if all(math.dist(point, other) >= distance for other in kept):
            kept.append(point)
    return kept
