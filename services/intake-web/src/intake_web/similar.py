"""Which listed complaints are likely the one that somebody is about to report, by subject and place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.events import Place
from intake.texts import Texts
from kabupaten.subjects import Subjects

#: The most complaints to show, and their greatest age in days: nobody would read more, and older ones are other events.
MOST, LATELY_DAYS = 3, 60


@dataclass(frozen=True, kw_only=True)
class Sought:
    """The subject and place to look for; without ``desa``, anywhere in the kecamatan."""

    category: str
    kecamatan: str
    desa: str | None


def category_of(text: str, chosen: str | None, texts: Texts, subjects: Subjects) -> dict[str, Any] | None:
    """Return ``code`` and ``name`` of the likely category of ``text``, or of the one that its writer has ``chosen``."""
    code = chosen or subjects.guess(text)
    return {"code": code, "name": texts.categories[code]} if code in texts.categories else None


def sought(text: str, place: str | None, category: str | None, texts: Texts) -> Sought | None:
    """Return what to look for; None in danger, or if the subject or the place is unclear.

    The place that was stated counts before places named in the text.
    """
    if category is None or texts.reader.read(text).alarms:
        return None
    for said in (place, f"{text}\n{place or ''}"):
        where = texts.reader.talk.place(said) if said else Place()
        if where.elsewhere or where.conflict:
            return None
        if where.kecamatan:
            return Sought(category=category, kecamatan=where.kecamatan, desa=where.desa)
    return None
