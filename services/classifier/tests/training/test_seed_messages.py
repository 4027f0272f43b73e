"""The practice complaints of the region can be learnt from, name nobody, and are not in the check sets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rapidfuzz import fuzz, process

from classifier.training.labelled_rows import read_labels
from contracts.masking import mask
from kabupaten.training import load_training

KEYS = {"text", "category", "type", "urgency"}
TYPES = {"pengaduan", "permintaan_informasi", "aspirasi"}
URGENCIES = {"rendah", "sedang", "tinggi", "darurat"}
#: Two texts that are more alike than this (of 100) count as the same text.
ALIKE = 90


@pytest.fixture(scope="module")
def messages(region: Path) -> dict[str, list[dict[str, Any]]]:
    files = sorted((region / "messages").glob("*.jsonl"))
    return {file.stem: [json.loads(line) for line in file.read_text().splitlines()] for file in files}


@pytest.fixture(scope="module")
def texts(messages: dict[str, list[dict[str, Any]]]) -> list[str]:
    return [row["text"] for rows in messages.values() for row in rows]


def test_each_category_has_its_file(region: Path, messages: dict[str, list[dict[str, Any]]]) -> None:
    assert set(messages) == {category.id for category in load_training(region)}
    assert {name: {row["category"] for row in rows} for name, rows in messages.items()} == {n: {n} for n in messages}


def test_every_label_is_a_known_one(messages: dict[str, list[dict[str, Any]]]) -> None:
    rows = [row for rows in messages.values() for row in rows]
    assert [row for row in rows if not {"text", "category"} <= set(row) <= KEYS] == []
    assert {row["type"] for row in rows} <= TYPES
    assert {row["urgency"] for row in rows} <= URGENCIES


def test_nobody_can_be_told_from_them(texts: list[str]) -> None:
    assert [text for text in texts if mask(text) != text] == []


def test_none_stands_twice(texts: list[str]) -> None:
    assert len({text.lower() for text in texts}) == len(texts)


def test_none_is_nearly_one_of_the_texts_they_are_measured_on(texts: list[str], check_sets: Path) -> None:
    measured = [row.text.lower() for row in read_labels(check_sets)]
    alike = process.cdist([text.lower() for text in texts], measured, scorer=fuzz.ratio, score_cutoff=ALIKE)
    assert [texts[i] for i in alike.max(axis=1).nonzero()[0]] == []
