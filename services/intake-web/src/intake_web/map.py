"""Draws the kabupaten as one shape for each kecamatan, from the outlines of its villages. Pure.

It uses no map service: no third party learns what visitors look at.

A border between two villages of one kecamatan appears in both outlines, in opposite directions, and is left out.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from kabupaten.outlines import Outlines, Point, Ring
from kabupaten.territory import Territory

#: The width in units of the picture, which are also the finest detail.
WIDTH = 400
#: Parts of a kecamatan below this share of its largest are left out: they are gaps where two outlines don't quite meet.
_CRUMB = 0.01
_Pixel: TypeAlias = tuple[int, int]


class Shape(NamedTuple):
    """A kecamatan: its outline as an SVG path, and the position of its name."""

    name: str
    path: str
    x: int
    y: int


class Map(NamedTuple):
    """The shapes, and their total height."""

    shapes: tuple[Shape, ...]
    height: int


def draw(outlines: Outlines, territory: Territory) -> Map:
    """Draw each kecamatan that has an outline, north at the top, all to one scale."""
    points = [point for rings in outlines.rings.values() for ring in rings for point in ring]
    west, south = (min(each) for each in zip(*points, strict=True))
    east, north = (max(each) for each in zip(*points, strict=True))
    narrow = math.cos(math.radians((north + south) / 2))  # a degree of longitude is shorter than one of latitude
    scale = WIDTH / ((east - west) * narrow)

    def pixel(point: Point) -> _Pixel:
        return round((point[0] - west) * narrow * scale), round((north - point[1]) * scale)

    shapes = []
    for each in territory.kecamatan:
        rings = [ring for village in each.villages for ring in outlines.rings.get(village.code, ())]
        borders = [_plain(map(pixel, border)) for border in _borders(rings)]
        if borders:
            largest = max(borders, key=_area)
            drawn = (ring for ring in borders if _area(ring) >= _area(largest) * _CRUMB)
            shapes.append(Shape(each.name, "".join(map(_path, drawn)), *_middle(largest)))
    return Map(tuple(shapes), round((north - south) * scale))


def _borders(rings: Sequence[Ring]) -> Iterator[list[Point]]:
    """Return the edges of ``rings`` that no ring has in the opposite direction, as closed lines."""
    edges = {edge for ring in rings for edge in pairwise(ring)}
    onward = defaultdict[Point, list[Point]](list)
    for start, end in sorted(edges):
        if (end, start) not in edges:
            onward[start].append(end)
    for first in list(onward):
        while onward[first]:
            line = [first]
            while onward[line[-1]]:
                line.append(onward[line[-1]].pop())
            yield line


def _plain(pixels: Iterable[_Pixel]) -> list[_Pixel]:
    """Drop points that repeat the one before, or lie on the straight line between their neighbours."""
    kept: list[_Pixel] = []
    for pixel in pixels:
        if kept and kept[-1] == pixel:
            continue
        if len(kept) > 1 and _twice_the_area(kept[-2], kept[-1], pixel) == 0:
            kept.pop()
        kept.append(pixel)
    return kept[:-1] if kept and kept[0] == kept[-1] else kept


def _twice_the_area(a: _Pixel, b: _Pixel, c: _Pixel) -> int:
    return (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])


def _area(ring: Sequence[_Pixel]) -> float:
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]]))) / 2


def _middle(ring: Sequence[_Pixel]) -> _Pixel:
    """Return the middle of the widest stretch of ``ring`` near its centre, where a name has room."""
    ys = sorted(y for _, y in ring)
    low, high = ys[0], ys[-1]
    middle = range(low + (high - low) * 3 // 10, low + (high - low) * 7 // 10 + 1)
    stretches = ((right - left, (left + right) // 2, at) for at in middle for left, right in _stretches(ring, at))
    _, x, y = max(stretches, default=(0, *ring[0]))  # without a stretch, the shape is too small to be seen
    return x, y


def _stretches(ring: Sequence[_Pixel], y: int) -> Iterator[tuple[int, int]]:
    """Return the points where a line from west to east enters and leaves ``ring``."""
    at = y + 0.5
    crossed = sorted(
        x1 + (x2 - x1) * (at - y1) / (y2 - y1)
        for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]])
        if (y1 > at) != (y2 > at)
    )
    return ((round(left), round(right)) for left, right in zip(crossed[::2], crossed[1::2], strict=True))


def _path(ring: Sequence[_Pixel]) -> str:
    steps = "".join(f"{x2 - x1} {y2 - y1} " for (x1, y1), (x2, y2) in pairwise(ring))
    return f"M{ring[0][0]} {ring[0][1]}l{steps}z"
