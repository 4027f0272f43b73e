"""The category that a door suggests for a message."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kabupaten.subjects import Subjects, subjects_of

ROOT = Path(__file__).parents[2]
REGION = ROOT / "region" / "soppeng"
CHECK_SETS = ROOT / "services" / "classifier" / "tests" / "check_sets"


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("jalan berlubang di depan pasar Takalala, motor sering jatuh", "jalan_jembatan"),
        ("lampu jalan mati di Lompulle sejak seminggu", "penerangan_jalan"),
        ("air pdam tidak mengalir tiga hari", "air_bersih"),
        ("sampah di TPS belum diangkut", "sampah_kebersihan"),
    ],
)
def test_everyday_matters_are_suggested(text: str, category: str) -> None:
    assert category == subjects_of(REGION).guess(text)


@pytest.mark.parametrize("text", ["", "!!", "halo", "tolong pak, mohon ditindaklanjuti"])
def test_a_message_that_says_nothing_gets_no_suggestion(text: str) -> None:
    assert subjects_of(REGION).guess(text) is None


def test_most_messages_of_the_check_sets_get_the_right_suggestion() -> None:
    subjects = subjects_of(REGION)
    sets = [(CHECK_SETS / f"{name}.jsonl").read_text() for name in ("short", "web", "makers")]
    rows = [json.loads(line) for each in sets for line in each.splitlines()]

    guessed = [(guess, row["category"]) for row in rows if (guess := subjects.guess(row["text"]))]
    right = sum(guess == category for guess, category in guessed)

    assert (True, True) == (len(guessed) > 0.9 * len(rows), right > 0.88 * len(guessed))


def test_a_region_that_teaches_nothing_suggests_nothing(tmp_path: Path) -> None:
    assert subjects_of(tmp_path).guess("jalan berlubang") is None


def test_empty_set_of_subjects_suggests_nothing() -> None:
    assert Subjects({}).guess("jalan berlubang") is None
