"""Whom whole complaints accuse, and who gets them: texts by the maker of the rules, so the figures flatter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.classify import Knowledge, classify
from classifier.domain import Classification

#: The model is built for it.
pytestmark = pytest.mark.slow

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "conduct_dev.jsonl").read_text().splitlines()
]


@pytest.fixture(scope="module")
def read(knowledge: Knowledge) -> list[tuple[dict[str, Any], Classification]]:
    return [(row, classify(knowledge, row["text"])) for row in ROWS]


def test_who_misbehaves_is_accused(read: list[tuple[dict[str, Any], Classification]]) -> None:
    accusing = [(row, found) for row, found in read if row["units"]]
    missed = [row["text"] for row, found in accusing if not set(row["units"]) <= set(found.about_units)]
    assert len(accusing) >= 300
    assert len(missed) <= 0.05 * len(accusing), missed


def test_who_is_only_named_is_not(read: list[tuple[dict[str, Any], Classification]]) -> None:
    naming = [(row, found) for row, found in read if not row["units"]]
    wrong = [(row["text"], found.about_units) for row, found in naming if found.about_units]
    assert len(naming) >= 300
    assert len(wrong) <= 0.02 * len(naming), wrong


@pytest.mark.parametrize(
    ("name", "sizes", "sure", "looked_at", "false"),
    [("conduct_set", (271, 270), 0.65, 0.98, 0.04), ("conduct_set_2", (240, 240), 0.58, 0.95, 0.05)],
)
def test_of_messages_by_a_writer_who_saw_no_rule_few_that_accuse_reach_no_person_who_is_not_meant(
    knowledge: Knowledge, name: str, sizes: tuple[int, int], sure: float, looked_at: float, false: float
) -> None:
    rows = [json.loads(line) for line in (Path(__file__).parent / f"{name}.jsonl").read_text().splitlines()]
    found = [(row["conduct"], classify(knowledge, row["text"])) for row in rows]
    accusing, others = ([one for conduct, one in found if conduct is kind] for kind in (True, False))
    assert (len(accusing), len(others)) == sizes
    assert sum(bool(one.about_units) for one in accusing) / len(accusing) >= sure
    assert sum(bool(one.about_units) or one.perhaps_accusing for one in accusing) / len(accusing) >= looked_at
    assert sum(bool(one.about_units) for one in others) / len(others) <= false
    assert sum(one.perhaps_accusing for one in others) / len(others) <= 0.33
