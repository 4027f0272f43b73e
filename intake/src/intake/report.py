"""A report form: what was typed becomes a complaint, its place and time in words that a unit reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from contracts.dates import day_in_words
from contracts.vocabulary import ComplaintType
from intake.texts import Texts
from kabupaten.territory import Territory

#: What the form asks for. A village is a code of territory.yaml, a position "lat,lon,metres", a date that of ISO 8601.
FIELDS = ("text", "village", "place", "position", "date", "occurred", "kind", "category", "name", "phone", "email")
FLAGS = ("anonim", "rahasia")
CONTACT = ("name", "phone", "email")
#: What the website's form carries from one page to the next beside what was typed: its ``templates/bawaan.html``.
CARRIED = (*FIELDS, *FLAGS, "key", "secret", "sure", "called", "uploads")

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
        "occurred": ", ".join(_time(typed)) or None,
        "kind": kind if (kind := typed.get("kind")) in tuple(ComplaintType) else None,
        "category": category if (category := typed.get("category")) in texts.categories else None,
        **contact,
        **flags,
    }


class Position(NamedTuple):
    """Where a device says it is, in degrees, to within so many ``metres``."""

    lat: str
    lon: str
    metres: int

    @property
    def link(self) -> str:
        """The place on a map that anybody may open."""
        return f"https://www.openstreetmap.org/?mlat={self.lat}&mlon={self.lon}#map=18/{self.lat}/{self.lon}"


def position(typed: Mapping[str, str]) -> Position | None:
    """Where the device of who typed says it is; None where it was not asked, or is not to be read."""
    found = _POSITION.fullmatch(typed.get("position", ""))
    if not found:
        return None
    lat, lon = (f"{float(each):.5f}" for each in found.groups()[:2])
    return Position(lat, lon, int(found[3]))


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
    """From the near to the far, and where the device says it is."""
    if written := typed.get("place", "").strip():
        yield written
    if village := _village(typed.get("village", ""), texts):
        yield village
    if found := position(typed):
        yield texts.on_web("position", lat=found.lat, lon=found.lon, metres=found.metres)


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
