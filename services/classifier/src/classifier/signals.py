"""Reads by rule what kind of message it is, how urgent, whether spam, in which language, and which unit it accuses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from chassis.region import RegionError, read_region
from classifier import cues
from classifier.domain import Kind, Urgency
from classifier.taxonomy import load_taxonomy
from classifier.wordings import Wordings

_TOKEN = re.compile(r"[^\W\d_]+(?:'[^\W\d_]*)?")
_SENTENCE = re.compile(r"(?<!yth)[.!?;\n]+")
_APOSTROPHES = re.compile(r"[’‘`´ʔ]")
_SENTENCES = re.compile(r"[^.!?;]+[.!?;]*")
#: At the start of a sentence it asks, even without a question mark.
_QUESTION_WORD = re.compile(r"(?:kapan|berapa|apakah|apa|bagaimana|di ?mana|siapa|adakah|bisakah|bolehkah)\b")
#: This share of the words decides for a local language; Indonesian words surround them in most messages.
LANGUAGE_SHARE = 0.15
#: Characters between an official and the misconduct: farther apart they belong to different people.
REACH = 25
_BY = r"\W*(?:\w+ )?(?:(?:oleh|sama|sm|dari|seorang|oknum) )*"


@dataclass(frozen=True, kw_only=True)
class UnitName:
    """How citizens name a unit. ``keeps_order``: it plays a role in the handling of complaints itself."""

    code: str
    pattern: re.Pattern[str]
    keeps_order: bool


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


def load_unit_names(region: Path) -> tuple[UnitName, ...]:
    """The names and aliases of ``units.yaml``.

    Raises:
        RegionError: the file is missing or is not YAML.
    """
    return tuple(
        UnitName(
            code=unit["code"],
            pattern=cues.whole_words(*(re.escape(plain(name)) for name in (unit["name"], *unit.get("aliases", ())))),
            keeps_order=bool(unit.get("triage") or unit.get("conduct") or unit.get("fallback")),
        )
        for unit in read_region(region, "units.yaml")["units"]
    )


def load_owners(region: Path) -> dict[str, str]:
    """The unit of each category, where it has one, but the one that looks into conduct: it judges, it is not meant.

    Raises:
        RegionError: a file is missing or is not YAML.
    """
    judges = {unit["code"] for unit in read_region(region, "units.yaml")["units"] if unit.get("conduct")}
    owners = {category.id: category.unit for category in load_taxonomy(region)}
    return {category: unit for category, unit in owners.items() if unit and unit not in judges}


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
    if not marks or cues.REPORTS.search(text):
        return False
    civic = sum(len(set(pattern.findall(text))) for pattern in (cues.COMPLAINS, cues.CIVIC, cues.VOICE))
    return marks + bool(cues.CALLS.search(text)) >= 2 + min(civic, 3)


def language_of(text: str) -> str:
    """A hint for the choice of a reader: id, bug, mak, jv, en or other. ``text`` is ``plain``."""
    tokens = _TOKEN.findall(text)
    if not tokens:
        return "other"
    lists = {"bug": cues.BUGIS, "mak": cues.MAKASSAR, "jv": cues.JAVA, "en": cues.ENGLISH}
    found = {
        name: sum(token in words or token.strip("'") in words for token in tokens) for name, words in lists.items()
    }
    best = max(found, key=lambda name: found[name])
    known = sum(token in cues.INDONESIAN for token in tokens)
    needed = LANGUAGE_SHARE if best in ("bug", "mak") else 0.3
    if found[best] >= 2 and found[best] / len(tokens) >= needed and (best in ("bug", "mak") or found[best] > known):
        return best
    return "id"


def units_accused(units: tuple[UnitName, ...], text: str, owner: str | None = None) -> tuple[str, ...]:
    """Units whose own conduct the text is about. ``text`` is lower case.

    Being slow is an accusation only against units that handle complaints themselves: of others it is their daily work.
    An official whose unit the text does not say is taken for one of ``owner``, the unit of the text's category.
    """
    accused: list[str] = []
    unnamed = False
    for sentence in _SENTENCE.split(text):
        line = plain(sentence)
        misconduct, neglect = cues.MISCONDUCT.search(line), cues.NEGLECT.search(line)
        for unit in units if misconduct or neglect else ():
            if unit.code not in accused and (misconduct or unit.keeps_order) and _is_named(unit.pattern, line):
                accused.append(unit.code)
        unnamed = unnamed or bool(misconduct and _by_an_official(line))
    return tuple(accused) or ((owner,) if owner and unnamed else ())


def _by_an_official(line: str) -> bool:
    """An official stands close before the misconduct, or right behind it where it is told as suffered."""
    deeds = [deed for deed in cues.MISCONDUCT.finditer(line) if not deed[0].startswith("oknum")]
    for official in cues.OFFICIAL.finditer(line):
        before = line[: official.start()]
        if cues.CALLED_UPON.search(before) or cues.WANTED.search(before):
            continue
        for deed in deeds:
            told_after = official.start() <= deed.start() <= official.end() + REACH
            suffered = deed[0].startswith("di") and deed.start() < official.start()
            told_before = suffered and re.fullmatch(_BY, line[deed.end() : official.start()])
            if told_after or told_before:
                return True
    return False


def _is_named(pattern: re.Pattern[str], line: str) -> bool:
    """Named other than to call upon it."""
    found = (line[: match.start()] for match in pattern.finditer(line))
    return any(not (cues.CALLED_UPON.search(before) or cues.WANTED.search(before)) for before in found)
