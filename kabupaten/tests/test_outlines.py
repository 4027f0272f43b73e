"""The village of a point, and the report about a file that is not GeoJSON of villages."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from kabupaten.load import load
from kabupaten.outlines import Outlines, Ring
from kabupaten.problems import RegionError

SOPPENG = Path(__file__).parents[2] / "region" / "soppeng"


def square(west: float, south: float, side: float = 1.0) -> Ring:
    east, north = west + side, south + side
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


#: Two villages side by side, the first with a hole, and a third beside the hole that has two parts.
HERE = Outlines(
    {
        "a": [square(0, 0), square(0.4, 0.4, 0.2)],
        "b": [square(1, 0)],
        "c": [square(5, 5), square(7, 7)],
    }
)


@pytest.mark.parametrize(
    ("lat", "lon", "village"),
    [(0.1, 0.1, "a"), (0.5, 0.5, None), (0.1, 1.1, "b"), (5.5, 5.5, "c"), (7.5, 7.5, "c"), (6.5, 6.5, None)],
)
def test_a_point_lies_in_one_village_or_in_none(lat: float, lon: float, village: str | None) -> None:
    assert village == HERE.village(lat, lon)


@pytest.mark.parametrize(
    ("lon", "metres", "villages"),
    [(0.99, 500, {"a"}), (0.99, 2_000, {"a", "b"}), (0.0, 0, {"a"}), (-0.001, 5_000, set()), (0.01, 5_000, {"a"})],
)
def test_imprecise_point_may_lie_in_several_villages(lon: float, metres: int, villages: set[str]) -> None:
    assert villages == HERE.villages(0.2, lon, metres)


def test_each_village_of_soppeng_has_an_outline_and_no_other_has() -> None:
    region = load(SOPPENG, "territory", "outlines")
    assert region.outlines
    known = {village.code for each in region.territory.kecamatan for village in each.villages}
    assert known == set(region.outlines.rings)
    assert all(ring[0] == ring[-1] for rings in region.outlines.rings.values() for ring in rings)


def test_no_two_villages_of_soppeng_hold_the_same_point() -> None:
    outlines = load(SOPPENG, "outlines").outlines
    assert outlines
    alone = {code: Outlines({code: rings}) for code, rings in outlines.rings.items()}
    grid = [(-4.55 + lat * 0.02, 119.70 + lon * 0.02) for lat in range(26) for lon in range(20)]
    held = [sum(each.village(*point) is not None for each in alone.values()) for point in grid]
    assert (1, True) == (max(held), sum(held) > 100)


def test_heights_are_passed_over_and_parts_are_all_read(tmp_path: Path) -> None:
    region = copytree(SOPPENG, tmp_path / "region")
    parts = [[[(*point, 120.0) for point in square(n, 0)]] for n in (0, 5)]
    feature = {"id": "73.12.01.1001", "geometry": {"type": "MultiPolygon", "coordinates": parts}}
    (region / "outlines.geojson").write_text(json.dumps({"features": [feature]}))
    outlines = load(region, "territory", "outlines").outlines
    assert outlines
    assert ["73.12.01.1001"] * 2 == [outlines.village(0.5, lon) for lon in (0.5, 5.5)]


def test_a_region_may_have_none(tmp_path: Path) -> None:
    region = copytree(SOPPENG, tmp_path / "region")
    (region / "outlines.geojson").unlink()
    assert load(region, "territory", "outlines").outlines is None


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("no json", "malformed"),
        ({"features": []}, "length >= 1"),
        ({"features": [{"id": "1", "geometry": {"type": "Polygon", "coordinates": [[]]}}]}, "length >= 4"),
        ({"features": [{"id": "73.12.01.1001", "geometry": {"type": "Point", "coordinates": [1, 2]}}]}, "Point"),
        ({"features": [{"id": "1", "geometry": {"type": "Polygon", "coordinates": [square(0, 0)]}}]}, "the code 1"),
    ],
)
def test_mistakes_in_the_outlines_file_are_named(tmp_path: Path, written: Any, says: str) -> None:
    region = copytree(SOPPENG, tmp_path / "region")
    (region / "outlines.geojson").write_text(written if isinstance(written, str) else json.dumps(written))
    with pytest.raises(RegionError, match=says) as refused:
        load(region, "territory", "outlines")
    assert "outlines.geojson" in str(refused.value)
