"""Short texts that mislead, one question each: written together with the rules, and all must be answered correctly."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier.extractors.language import language_of
from classifier.extractors.matter import matter_of, matters_of
from classifier.extractors.message_type import kind_of
from classifier.extractors.spam import is_spam
from classifier.extractors.urgency import urgency_of
from contracts.masking import mask
from kabupaten import load
from kabupaten.accused_units import unit_names, units_accused
from kabupaten.danger import DangerWords
from kabupaten.gazetteer import gazetteer_of
from kabupaten.phrases import Matches, Phrases
from kabupaten.place import find_place
from kabupaten.spelling import plain

TRAPS = Path(__file__).parent / "traps"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (TRAPS / f"{name}.jsonl").read_text().splitlines()]


def missed(name: str, key: str, read: Any) -> list[tuple[str, Any, Any]]:
    answers = [(row["text"], row[key], read(mask(row["text"]))) for row in rows(name)]
    return [answer for answer in answers if answer[1] != answer[2]]


def test_a_village_of_another_kabupaten_and_a_word_are_no_place_here(region: Path) -> None:
    gazetteer = gazetteer_of(load(region, "territory").territory)
    assert [] == missed("place", "kecamatan", lambda text: find_place(gazetteer, text).kecamatan)


def test_danger_is_told_from_big_words(said: Callable[[str], Matches], danger: DangerWords) -> None:
    def urgent(text: str) -> bool:
        return bool(danger.kinds(text)) or urgency_of(said(text), kind_of(said(text))) == "tinggi"

    assert [] == missed("urgency", "urgent", urgent)


def test_complaining_in_questions_is_told_from_asking_and_wishing(said: Callable[[str], Matches]) -> None:
    assert [] == missed("type", "type", lambda text: kind_of(said(text)))


def test_accused_units_are_told_apart_from_units_asked_for_help(region: Path, conduct: Phrases) -> None:
    units = unit_names(load(region, "units").units)
    read = [(row, list(units_accused(conduct, units, row["text"].lower(), row["owner"]))) for row in rows("accused")]
    assert [] == [(row["text"], said) for row, said in read if said != row["units"]]


def test_words_of_a_matter_may_stand_in_any_order(region: Path) -> None:
    matters = matters_of(load(region, "categories").categories)
    read = [(row, matter_of(matters, row["category"], row["text"])) for row in rows("matter")]
    assert [] == [(row["text"], said) for row, said in read if said != row["matter"]]


def test_advertising_is_told_from_complaints_about_it(said: Callable[[str], Matches]) -> None:
    assert [] == missed("spam", "spam", lambda text: is_spam(said(text)))


def test_the_language_of_a_few_words_is_hinted() -> None:
    assert [] == missed("language", "language", lambda text: language_of(plain(text)))
