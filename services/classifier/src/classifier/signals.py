"""Reads by rule what kind of message it is, how urgent, and whether spam."""

from __future__ import annotations

import re
from pathlib import Path

from chassis.region import RegionError, read_region
from classifier import cues
from classifier.domain import Kind, Urgency
from classifier.wordings import Wordings

_APOSTROPHES = re.compile(r"[’‘`´ʔ]")
_SENTENCES = re.compile(r"[^.!?;]+[.!?;]*")
#: At the start of a sentence it asks, even without a question mark.
_QUESTION_WORD = re.compile(r"(?:kapan|berapa|apakah|apa|bagaimana|di ?mana|siapa|adakah|bisakah|bolehkah)\b")


def load_urgency(region: Path) -> Wordings:
    """The lists of ``cues.yaml``.

    Raises:
        RegionError: the file is missing, or lacks one of the two lists that every region needs.
    """
    given = dict((read_region(region, "cues.yaml") or {}).get("urgency") or {})
    if not (given.get("darurat") and given.get("tinggi")):
        raise RegionError(f"{region}/cues.yaml: urgency needs the lists darurat and tinggi")
    groups = given.pop("groups", None) or {}
    return Wordings(given, groups)


def plain(text: str) -> str:
    """Lower case, one kind of apostrophe, hyphens and runs of blanks as one blank: what the rules below expect."""
    return re.sub(r"[-\s]+", " ", _APOSTROPHES.sub("'", text.lower())).strip()


def kind_of(text: str) -> Kind:
    """A complaint, unless the asking or the wishing outweighs the complaining. ``text`` is ``plain``."""
    complains = len(set(cues.COMPLAINS.findall(text))) + 4 * bool(cues.REPROACHES.search(text))
    asks = _asks(text)
    if asks >= 2 and asks > complains:
        return "permintaan_informasi"
    if cues.WISHES.search(text) and complains < 2:
        return "aspirasi"
    return "pengaduan"


def _asks(text: str) -> int:
    """How much it asks: for information in so many words, from its beginning, and in most of its sentences.

    A single question behind a long story is a complaint's: "… Kapan diperbaiki?"
    """
    sentences = [one for one in _SENTENCES.findall(text) if one.strip()]
    asked = [one.endswith("?") or bool(_QUESTION_WORD.match(one.strip())) for one in sentences]
    words = bool(cues.QUESTIONS.search(text))
    asks = 2 * bool(cues.ASKS.search(text)) + words
    return asks + bool(asked and asked[0]) + (sum(asked) * 2 > len(asked)) if asked else asks


def urgency_of(lists: Wordings, text: str, kind: Kind) -> Urgency:
    """How long it can wait. ``text`` is ``plain``. Told danger is danger in a question too; named danger is not."""
    found = list(lists.find(text))
    calm = [(one.start, one.end) for one in found if one.name == "tenang"]
    said: dict[str, set[str]] = {}
    for one in found:
        if not any(one.start < end and start < one.end for start, end in calm):
            said.setdefault(one.name, set()).add(one.words)
    if "darurat" in said:
        return "darurat"
    if "tinggi" in said:
        return "tinggi"
    if kind != "pengaduan":
        return "rendah"
    signs = said.get("tanda", ())
    return "tinggi" if "topik" in said or len(signs) > 1 or (signs and "saat" in said) else "sedang"


def is_spam(text: str) -> bool:
    """Fraud or advertising: enough of its marks, and nobody reports anything. Complaints about fraud are complaints.

    Words that complaints have too raise what is enough: an advertisement that names a street says more than two marks.
    """
    marks = sum(len(set(pattern.findall(text))) for pattern in (cues.OFFERS, cues.SALES, cues.PRETENCES))
    marks += 2 * len(set(cues.CERTAIN.findall(text)))
    if not marks or cues.REPORTS.search(text):
        return False
    civic = sum(len(set(pattern.findall(text))) for pattern in (cues.COMPLAINS, cues.CIVIC, cues.VOICE))
    if not civic and "?" not in text and not cues.TELLS.search(text):
        return True
    return marks + bool(cues.CALLS.search(text)) >= 2 + min(civic, 3)
