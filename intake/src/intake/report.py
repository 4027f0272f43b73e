"""Turns a filled-in report form into a complaint, with its place and time in words that a unit reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

import msgspec
from msgspec import UNSET

from contracts.dates import day_in_words
from contracts.events import Position
from contracts.vocabulary import ComplaintType
from intake.texts import Texts
from kabupaten.territory import Territory

#: The fields of the form. A village is a code of territory.yaml, a position "lat,lon,metres", a date is in ISO 8601.
FIELDS = ("text", "village", "place", "position", "date", "occurred", "kind", "category", "name", "phone", "email")
FLAGS = ("anonim", "rahasia")
CONTACT = ("name", "phone", "email")
#: The fields that the website's form carries from page to page (``templates/bawaan.html``).
CARRIED = (*FIELDS, *FLAGS, "key", "secret", "sure", "called", "uploads")

#: Degrees from the equator.
_POLE = 90
_POSITION = re.compile(r"(-?\d{1,2}\.\d{1,9}),(-?\d{1,3}\.\d{1,9}),(\d{1,6})")


def complaint_of(typed: Mapping[str, str], texts: Texts) -> dict[str, object]:
    """Return ``typed`` in the shape of ``POST /v1/complaints`` of intake-web; what can't be read is left out.

    An anonymous reporter is asked for no name and no contact: what was typed there before is not read.
    """
    flags = {flag: flag in typed for flag in FLAGS}
    contact = {} if flags["anonim"] else {field: typed.get(field) for field in CONTACT}
    return {
        "text": typed.get("text"),
        "place": ", ".join(_place(typed, texts)) or None,
        "position": msgspec.to_builtins(found) if (found := position(typed)) else None,
        "occurred": ", ".join(_time(typed)) or None,
        "kind": kind if (kind := typed.get("kind")) in tuple(ComplaintType) else None,
        "category": category if (category := typed.get("category")) in texts.categories else None,
        **contact,
        **flags,
    }


def position(typed: Mapping[str, str]) -> Position | None:
    """Return where the reporter's device says it is; None if it was not asked, or can't be read."""
    found = _POSITION.fullmatch(typed.get("position", ""))
    return point(*found.groups()) if found else None


def point(lat: str, lon: str, metres: str | None = None) -> Position | None:
    """Return the point at these degrees, to a metre, accurate within ``metres``; None if there is no such point."""
    try:
        where = Position(lat=round(float(lat), 5), lon=round(float(lon), 5), metres=int(metres) if metres else UNSET)
    except ValueError:
        return None
    return where if abs(where.lat) <= _POLE and abs(where.lon) <= 2 * _POLE else None


def map_link(where: Position) -> str:
    """Return the URL of the point on a public map."""
    return f"https://www.openstreetmap.org/?mlat={where.lat}&mlon={where.lon}#map=18/{where.lat}/{where.lon}"


def areas(territory: Territory) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """List the kecamatan: code, name, and code and name of each village in alphabetical order."""
    return [
        (
            kecamatan.code,
            kecamatan.name,
            sorted(((each.code, f"{each.kind.capitalize()} {each.name}") for each in kecamatan.villages), key=_by_name),
        )
        for kecamatan in territory.kecamatan
    ]


def _by_name(village: tuple[str, str]) -> str:
    return village[1].partition(" ")[2]


def _place(typed: Mapping[str, str], texts: Texts) -> Iterator[str]:
    """Name the place from near to far. Without a chosen village the position of the device decides which one it is."""
    if written := typed.get("place", "").strip():
        yield written
    chosen = _village(typed.get("village", ""), texts)
    if named := chosen or area_named(position(typed), texts):
        yield named


def area_named(where: Position | None, texts: Texts) -> str | None:
    """Name the village that ``where`` lies in, or the kecamatan if it may be one of several there."""
    return _village(_area(where, texts), texts)


def _area(where: Position | None, texts: Texts) -> str:
    if where is None or texts.outlines is None:
        return ""
    villages = texts.outlines.villages(where.lat, where.lon, where.metres or 0)
    if len(villages) == 1:
        return min(villages)
    around = [each.code for each in texts.territory.kecamatan if not villages.isdisjoint(v.code for v in each.villages)]
    return around[0] if len(around) == 1 else ""


def _village(code: str, texts: Texts) -> str | None:
    for kecamatan in texts.territory.kecamatan:
        if code == kecamatan.code:
            return f"Kecamatan {kecamatan.name}"
        for each in kecamatan.villages:
            if code == each.code:
                kind = each.kind.capitalize()
                return texts.on_web("village", kind=kind, village=each.name, kecamatan=kecamatan.name)
    return None


def _time(typed: Mapping[str, str]) -> Iterator[str]:
    try:
        day = date.fromisoformat(typed.get("date", ""))
        yield f"{day_in_words(day)} {day.year}"
    except ValueError:  # no browser sends that
        pass
    if written := typed.get("occurred", "").strip():
        yield written
