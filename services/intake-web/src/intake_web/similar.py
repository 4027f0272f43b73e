"""Which complaints everybody may know of are likely what somebody is about to report: by matter and place. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.events import Place
from intake.texts import Texts
from kabupaten.subjects import Subjects

#: So many are shown, of the last so many days: more would be read by nobody, and what is older was another time.
MOST, LATELY_DAYS = 3, 60


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What a complaint is about and where it is, if it is the same; without ``desa`` anywhere in the kecamatan."""

    category: str
    kecamatan: str
    desa: str | None


def category_of(text: str, chosen: str | None, texts: Texts, subjects: Subjects) -> dict[str, Any] | None:
    """Give ``code`` and ``name`` of what ``text`` is likely about, where its writer has not ``chosen`` it already."""
    code = chosen or subjects.guess(text)
    return {"code": code, "name": texts.categories[code]} if code in texts.categories else None


def sought(text: str, place: str | None, category: str | None, texts: Texts) -> Sought | None:
    """Give what to look for; None where danger is told of, or it is not clear what or where it is.

    What was said of the place counts before what the text names.
    """
    if category is None or texts.danger_words.hear(text).alarm:
        return None
    for said in (place, f"{text}\n{place or ''}"):
        where = texts.talk.place(said) if said else Place()
        if where.elsewhere or where.conflict:
            return None
        if where.kecamatan:
            return Sought(category=category, kecamatan=where.kecamatan, desa=where.desa)
    return None
