"""Reads what kind of message it is and how urgent, by rule and by what the model hints at; by rule whether spam."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from chassis.region import RegionError, read_region
from classifier import cues
from classifier.domain import KINDS, URGENT, Kind, Urgency
from classifier.wordings import Wordings

#: What it counts beside the model's hints that the words ask or wish, and that most messages are complaints.
WORDS_OF_KIND, USUALLY = 0.4, 0.2
#: What it counts that the words tell of danger.
WORDS_OF_URGENCY = 1.0
#: What is in doubt is urgent: a person looks at it first, and one overlooked costs more than several looked at in vain.
CAUTION = 0.2
_UNTAUGHT: Mapping[str, float] = {}
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


def kind_of(text: str, hints: Mapping[str, float] = _UNTAUGHT) -> Kind:
    """What the model's hints and the words speak for most; without hints the words decide. ``text`` is ``plain``."""
    said = _kind_said(text)
    if said not in hints:
        return said
    words = dict.fromkeys(KINDS, 0.0) | {said: WORDS_OF_KIND, "pengaduan": USUALLY}
    return max(KINDS, key=lambda kind: hints[kind] + words[kind])


def _kind_said(text: str) -> Kind:
    """A complaint, unless the asking or the wishing outweighs the complaining."""
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


def urgency_of(lists: Wordings, text: str, kind: Kind, hints: Mapping[str, float] = _UNTAUGHT) -> Urgency:
    """How long it can wait. ``text`` is ``plain``. Words of danger to life decide alone; below that the model's hint is
    added to what the words say, and without a hint the words decide.
    """
    said = _urgency_said(lists, text, kind)
    if said == "darurat" or URGENT not in hints:
        return said
    if hints[URGENT] + WORDS_OF_URGENCY * (said == "tinggi") + CAUTION > 0:
        return "tinggi"
    return "rendah" if kind != "pengaduan" else "sedang"


def _urgency_said(lists: Wordings, text: str, kind: Kind) -> Urgency:
    """Told danger is danger in a question too; named danger is not."""
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
