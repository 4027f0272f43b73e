"""The map of the figures: one shape for each kecamatan, drawn from the outlines of its villages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from intake_web.map import WIDTH, Map, draw
from kabupaten.load import load
from kabupaten.outlines import Outlines, Ring
from kabupaten.territory import Kecamatan, Territory, Village

SOPPENG = Path(__file__).parents[3] / "region" / "soppeng"


def square(west: float, south: float, side: float = 1.0) -> Ring:
    east, north = west + side, south + side
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def kecamatan(name: str, *codes: str) -> Kecamatan:
    return Kecamatan(code=name, name=name, villages=tuple(Village(code=c, name=c, kind="desa") for c in codes))


def corners(path: str) -> list[tuple[int, int]]:
    """Return the corners of a path."""
    start = re.match(r"M(-?\d+) (-?\d+)l", path)
    assert start
    at = [(int(start[1]), int(start[2]))]
    for dx, dy in re.findall(r"(-?\d+) (-?\d+) ", path[start.end() :]):
        at.append((at[-1][0] + int(dx), at[-1][1] + int(dy)))
    return at


@pytest.fixture(scope="module")
def soppeng() -> Map:
    region = load(SOPPENG, "territory", "outlines")
    assert region.outlines
    return draw(region.outlines, region.territory)


def test_two_villages_of_one_kecamatan_are_one_shape_without_the_border_between_them() -> None:
    territory = Territory(code="1", kecamatan=(kecamatan("West", "a", "b"), kecamatan("East", "c")))
    drawn = draw(Outlines({"a": [square(0, 0)], "b": [square(1, 0)], "c": [square(2, 0, 2.0)]}), territory)
    west, east = drawn.shapes
    assert (WIDTH // 2, 4) == (drawn.height, len(corners(west.path)))
    assert {(0, 200), (200, 200), (200, 100), (0, 100)} == set(corners(west.path))
    assert {(200, 200), (400, 200), (400, 0), (200, 0)} == set(corners(east.path))


def test_a_kecamatan_without_an_outline_is_not_drawn() -> None:
    territory = Territory(code="1", kecamatan=(kecamatan("West", "a"), kecamatan("East", "c")))
    assert ["West"] == [each.name for each in draw(Outlines({"a": [square(0, 0)]}), territory).shapes]


def test_each_kecamatan_of_soppeng_is_one_piece_with_its_name_in_it(soppeng: Map) -> None:
    assert 8 == len(soppeng.shapes)
    for each in soppeng.shapes:
        assert 1 == each.path.count("M"), each.name
        ring = [*corners(each.path), corners(each.path)[0]]
        box = Outlines({each.name: [tuple((float(x), float(y)) for x, y in ring)]})
        assert each.name == box.village(each.y, each.x)


def test_the_whole_map_is_small(soppeng: Map) -> None:
    assert 16_000 > sum(len(each.path) for each in soppeng.shapes)
