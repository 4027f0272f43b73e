"""Reads ``outlines.geojson``, the outline of each village (RFC 7946), and finds the village of a point.

A phone knows its position to within some metres, but not its village. With this the complaint names it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta, Struct

from kabupaten.problems import Problem, RegionError
from kabupaten.source import Source
from kabupaten.territory import Territory

#: Longitude and latitude in degrees, in this order, as RFC 7946 has them.
Point: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[Point, ...]

#: Metres of a degree of latitude.
_DEGREE = 111_320
#: The edge of the area that a phone may mean is probed in this many directions.
_DIRECTIONS = 8
_REMEDY = "write a FeatureCollection whose features have a village's code as id, and a Polygon or MultiPolygon"


#: A height may follow (RFC 7946, 3.1.1); it is ignored.
_Position = Annotated[tuple[float, ...], Meta(min_length=2)]
#: The first point is also the last one (3.1.6).
_Closed = Annotated[tuple[_Position, ...], Meta(min_length=4)]


class _Polygon(Struct, frozen=True, tag="Polygon"):
    """An outline, and the outlines of its holes."""

    coordinates: Annotated[tuple[_Closed, ...], Meta(min_length=1)]


class _MultiPolygon(Struct, frozen=True, tag="MultiPolygon"):
    """An outline of several parts."""

    coordinates: Annotated[tuple[tuple[_Closed, ...], ...], Meta(min_length=1)]


class _Feature(Struct, frozen=True):
    id: str
    geometry: _Polygon | _MultiPolygon


class _Collection(Struct, frozen=True):
    features: Annotated[tuple[_Feature, ...], Meta(min_length=1)]


class Outlines:
    """The outline of each village, by its code."""

    def __init__(self, rings: Mapping[str, Sequence[Ring]]) -> None:
        self.rings = rings
        self._boxes = {code: _box(each) for code, each in rings.items()}

    def village(self, lat: float, lon: float) -> str | None:
        """Return the code of the village that contains the point, in degrees, or None."""
        for code, (west, south, east, north) in self._boxes.items():
            if west <= lon <= east and south <= lat <= north and _holds(self.rings[code], (lon, lat)):
                return code
        return None

    def villages(self, lat: float, lon: float, metres: float) -> frozenset[str]:
        """Return the codes of the villages that may contain a point known to within ``metres``.

        Empty if the point itself lies outside: then it is in another kabupaten, or a mistake.
        """
        here = self.village(lat, lon)
        if here is None:
            return frozenset()
        found = {self.village(*_away(lat, lon, metres, n / _DIRECTIONS)) for n in range(_DIRECTIONS)}
        return frozenset({here, *filter(None, found)})


def read_outlines(source: Source) -> Outlines | None:
    """Read the outlines of a region; None if it has no such file.

    Raises:
        RegionError: it is not GeoJSON of villages.
    """
    if not source.path.is_file():
        return None
    try:
        read = msgspec.json.decode(source.path.read_bytes(), type=_Collection)
    except (OSError, msgspec.DecodeError) as error:
        raise RegionError([Problem(str(source.path), None, str(error), _REMEDY)]) from error
    return Outlines({each.id: tuple(_rings(each.geometry)) for each in read.features})


def _rings(geometry: _Polygon | _MultiPolygon) -> Iterator[Ring]:
    parts = geometry.coordinates if isinstance(geometry, _MultiPolygon) else (geometry.coordinates,)
    for part in parts:
        for ring in part:
            yield tuple((lon, lat) for lon, lat, *_ in ring)


def strangers(source: Source, outlines: Outlines | None, territory: Territory) -> Iterator[Problem]:
    """Report outlines that belong to no village of ``territory``."""
    known = {village.code for kecamatan in territory.kecamatan for village in kecamatan.villages}
    for code in outlines.rings if outlines else ():
        if code not in known:
            yield Problem(str(source.path), None, f"no village of territory.yaml has the code {code}", _REMEDY)


def _box(rings: Sequence[Ring]) -> tuple[float, float, float, float]:
    lons, lats = zip(*(point for ring in rings for point in ring), strict=True)
    return min(lons), min(lats), max(lons), max(lats)


def _holds(rings: Sequence[Ring], point: Point) -> bool:
    """Whether a line from ``point`` to the east crosses ``rings`` an odd number of times."""
    x, y = point
    crossings = 0
    for ring in rings:
        for (x1, y1), (x2, y2) in pairwise(ring):
            if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
                crossings += 1
    return crossings % 2 == 1


def _away(lat: float, lon: float, metres: float, turn: float) -> tuple[float, float]:
    """Return latitude and longitude of the point ``metres`` away, ``turn`` of a full turn from the north."""
    north, east = metres * math.cos(turn * math.tau), metres * math.sin(turn * math.tau)
    return lat + north / _DEGREE, lon + east / (_DEGREE * math.cos(math.radians(lat)))
