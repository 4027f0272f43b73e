"""What is typed in at the counter for who brought it: what is asked, and what goes to the intake. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from intake import report
from intake.texts import Texts
from kabupaten.emergency import Call

#: By what a complaint was brought, and what that is called.
WAYS: Mapping[str, str] = {"datang": "Datang sendiri", "telepon": "Telepon", "surat": "Surat"}
#: What is typed; the same names as in the form of the website.
FIELDS = ("way", *(name for name in report.FIELDS if name != "position"), *report.FLAGS)
#: Letters of a complaint, as the intake takes them; all other fields are shorter.
MOST_TEXT, MOST_FIELD = 10_000, 500


@dataclass(frozen=True, kw_only=True)
class Danger:
    """What is said first where words tell of danger to life for certain, and whom to call."""

    text: str
    call: tuple[Call, ...]


def read(data: Mapping[str, object]) -> dict[str, str]:
    """Give what was typed, of ``data`` as a browser sends it."""
    given = {name: str(data[name]).replace("\r\n", "\n").strip() for name in FIELDS if data.get(name)}
    most = {"text": MOST_TEXT + 1}  # one more: that it is too long is said, and nothing is cut off
    return {name: value[: most.get(name, MOST_FIELD)] for name, value in given.items() if value}


def missing(typed: Mapping[str, str]) -> dict[str, str]:
    """Say by field what is to be mended before anything is sent; the rest the intake says."""
    problems = {}
    if typed.get("way") not in WAYS:
        problems["way"] = "Pilih bagaimana laporan ini sampai."
    if not typed.get("text"):
        problems["text"] = "Tulis isi laporannya."
    elif len(typed["text"]) > MOST_TEXT:
        problems["text"] = "Terlalu panjang: paling banyak 10.000 huruf."
    return problems


def stop(text: str, texts: Texts) -> Danger | None:
    """Give whom to call before anything else, where ``text`` tells of danger for certain; as the website does."""
    heard = texts.danger_words.hear(text)
    calls = tuple(texts.emergency.calls(heard.kinds)) if heard.certain else ()
    return Danger(text=texts.call_for_help(heard.kinds, most=1), call=calls) if calls else None


def lacks_place(typed: Mapping[str, str], texts: Texts) -> bool:
    """Tell whether neither the words nor the form say where."""
    said = typed.get("village") or typed.get("place")
    return not said and texts.talk.lacks_place(typed.get("text", ""), in_danger=False)


def body_of(typed: Mapping[str, str], texts: Texts) -> dict[str, object]:
    """Give ``typed`` as ``POST /v1/complaints`` takes it."""
    made = report.complaint_of(typed, texts)
    return {**{name: value for name, value in made.items() if value}, "channel": "loket"}


def packed(typed: Mapping[str, str]) -> bytes:
    """Give ``typed`` as it is kept: the same words are the same bytes."""
    return msgspec.json.encode(dict(typed), order="sorted")


def unpacked(kept: bytes) -> dict[str, str]:
    """Give what was typed again."""
    return msgspec.json.decode(kept, type=dict[str, str])


def digest(typed: Mapping[str, str]) -> bytes:
    """Tell whether two forms say the same, when the words of one are gone."""
    return hashlib.sha256(packed(typed)).digest()
