"""A report form: what was typed becomes a complaint, its place and time in words that a unit reads. Pure."""

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

#: What the form asks for. A village is a code of territory.yaml, a position "lat,lon,metres", a date that of ISO 8601.
FIELDS = ("text", "village", "place", "position", "date", "occurred", "kind", "category", "name", "phone", "email")
FLAGS = ("anonim", "rahasia")
CONTACT = ("name", "phone", "email")
#: What the website's form carries from one page to the next beside what was typed: its ``templates/bawaan.html``.
CARRIED = (*FIELDS, *FLAGS, "key", "secret", "sure", "called", "uploads")

#: Degrees from the equator.
_POLE = 90
_POSITION = re.compile(r"(-?\d{1,2}\.\d{1,9}),(-?\d{1,3}\.\d{1,9}),(\d{1,6})")


def complaint_of(typed: Mapping[str, str], texts: Texts) -> dict[str, object]:
    """What ``typed`` says, as ``POST /v1/complaints`` of intake-web takes it; what can't be read is left out.

    Who is anonymous is asked for no name and no contact: what was typed there before is not read.
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
    """Where the device of who typed says it is; None where it was not asked, or is not to be read."""
    found = _POSITION.fullmatch(typed.get("position", ""))
    return point(*found.groups()) if found else None


def point(lat: str, lon: str, metres: str | None = None) -> Position | None:
    """Give the point of these degrees, to a metre, within so many ``metres``; None: there is no such point."""
    try:
        where = Position(lat=round(float(lat), 5), lon=round(float(lon), 5), metres=int(metres) if metres else UNSET)
    except ValueError:
        return None
    return where if abs(where.lat) <= _POLE and abs(where.lon) <= 2 * _POLE else None


def map_link(where: Position) -> str:
    """Give the address of the point on a map that anybody may open."""
    return f"https://www.openstreetmap.org/?mlat={where.lat}&mlon={where.lon}#map=18/{where.lat}/{where.lon}"


def areas(territory: Territory) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Each kecamatan: its code, its name, and code and name of its villages in the order of the alphabet."""
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
    """From the near to the far. Who names no village, and lets the device say where it is, means the one of that."""
    if written := typed.get("place", "").strip():
        yield written
    chosen = _village(typed.get("village", ""), texts)
    if named := chosen or area_named(position(typed), texts):
        yield named


def area_named(where: Position | None, texts: Texts) -> str | None:
    """Name the village in which ``where`` lies, or the kecamatan, where it may be one of several there."""
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
    except ValueError:  # no browser sends it so
        pass
    if written := typed.get("occurred", "").strip():
        yield written
