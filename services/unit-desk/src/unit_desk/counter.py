"""Complaints that a clerk types in at the counter: the form, and the request to the intake. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from intake import report
from intake.texts import Texts
from kabupaten.emergency import Call

#: The ways to bring a complaint, and their names.
WAYS: Mapping[str, str] = {"datang": "Datang sendiri", "telepon": "Telepon", "surat": "Surat"}
#: The fields of the form, named as in the website's form.
FIELDS = ("way", *(name for name in report.FIELDS if name != "position"), *report.FLAGS)
#: The most letters of a complaint, as the intake allows, and of any other field.
MOST_TEXT, MOST_FIELD = 10_000, 500


@dataclass(frozen=True, kw_only=True)
class Danger:
    """The warning to show first where the words tell of certain danger to life, and whom to call."""

    text: str
    call: tuple[Call, ...]


def read(data: Mapping[str, object]) -> dict[str, str]:
    """Read the typed fields from ``data``, as a browser sends it."""
    given = {name: str(data[name]).replace("\r\n", "\n").strip() for name in FIELDS if data.get(name)}
    most = {"text": MOST_TEXT + 1}  # one more, so that a text that is too long is refused, not cut
    return {name: value[: most.get(name, MOST_FIELD)] for name, value in given.items() if value}


def missing(typed: Mapping[str, str]) -> dict[str, str]:
    """Say by field what must be fixed before anything is sent; the intake checks the rest."""
    problems = {}
    if typed.get("way") not in WAYS:
        problems["way"] = "Pilih bagaimana laporan ini sampai."
    if not typed.get("text"):
        problems["text"] = "Tulis isi laporannya."
    elif len(typed["text"]) > MOST_TEXT:
        problems["text"] = "Terlalu panjang: paling banyak 10.000 huruf."
    return problems


def stop(text: str, texts: Texts) -> Danger | None:
    """Return whom to call first, where ``text`` tells of certain danger; the website does the same."""
    reading = texts.reader.read(text)
    calls = tuple(texts.emergency.calls(reading.danger)) if reading.certain else ()
    return Danger(text=texts.call_for_help(reading.danger, most=1), call=calls) if calls else None


def lacks_place(typed: Mapping[str, str], texts: Texts) -> bool:
    """Whether neither the words nor the form say where."""
    said = typed.get("village") or typed.get("place")
    return not said and texts.reader.talk.lacks_place(typed.get("text", ""), in_danger=False)


def body_of(typed: Mapping[str, str], texts: Texts) -> dict[str, object]:
    """Make the body of ``POST /v1/complaints`` from ``typed``."""
    made = report.complaint_of(typed, texts)
    return {**{name: value for name, value in made.items() if value}, "channel": "loket"}


def packed(typed: Mapping[str, str]) -> bytes:
    """Encode ``typed`` for storage: the same words give the same bytes."""
    return msgspec.json.encode(dict(typed), order="sorted")


def unpacked(kept: bytes) -> dict[str, str]:
    """Decode what :func:`packed` encoded."""
    return msgspec.json.decode(kept, type=dict[str, str])


def digest(typed: Mapping[str, str]) -> bytes:
    """Hash ``typed``, so that two forms can be compared when the words of one are deleted."""
    return hashlib.sha256(packed(typed)).digest()
