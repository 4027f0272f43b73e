"""Texts by writers who saw neither rules nor seeds: advertisements, texts that look like one, and traps with places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from classifier.extractors.spam import is_spam
from contracts.masking import mask
from kabupaten import load
from kabupaten.gazetteer import gazetteer_of
from kabupaten.phrases import Matches
from kabupaten.place import find_place

HERE = Path(__file__).parent


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / name).read_text().splitlines()]


def test_most_advertisements_are_flagged_and_hardly_any_complaint_about_one(said: Callable[[str], Matches]) -> None:
    found = [(row["spam"], is_spam(said(mask(row["text"])))) for row in rows("spam_set.jsonl")]
    assert 60 == len(found)
    assert 0.65 <= sum(flagged for spam, flagged in found if spam) / sum(spam for spam, _ in found)
    assert 3 >= sum(flagged for spam, flagged in found if not spam)


def test_a_named_place_is_found_and_a_common_word_is_no_place(region: Path) -> None:
    gazetteer = gazetteer_of(load(region, "territory").territory)
    found = [(row["kecamatan"], find_place(gazetteer, mask(row["text"])).kecamatan) for row in rows("place_set.jsonl")]
    named = [(wanted, said) for wanted, said in found if wanted]
    assert 0.95 <= sum(wanted == said for wanted, said in named) / len(named)
    assert 1 >= sum(said is not None and said != wanted for wanted, said in found)
