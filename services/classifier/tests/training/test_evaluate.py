"""How good the shipped model is on texts that it was not taught: minimum figures for every file of ``check_sets``.

The floors lie below what was measured by more than the sample's uncertainty, so that they fail for a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from classifier.category.linear_model import abstains, rank
from classifier.classify import Knowledge
from classifier.extractors.spam import is_spam
from classifier.training.evaluate import evaluate, wilson
from classifier.training.labelled_rows import Row, read_labels
from contracts.masking import mask
from kabupaten.categories import UNKNOWN
from kabupaten.phrases import Matches

#: These tests build the model and classify three hundred texts.
pytestmark = pytest.mark.slow

FLOORS: dict[str, dict[str, float]] = {
    "makers": {"accuracy": 0.87, "macro_f1": 0.87, "top3": 0.95, "surest_half": 0.95, "answered": 0.75},
    "web": {"accuracy": 0.86, "macro_f1": 0.86, "top3": 0.96, "surest_half": 0.96, "answered": 0.65},
    "short": {"accuracy": 0.83, "macro_f1": 0.82, "top3": 0.94, "surest_half": 0.92, "answered": 0.6},
    # Everyday words on the border of categories, by the writers of the messages.
    "borders": {"accuracy": 0.85, "top3": 0.95},
    # Texts without a category: the model shall not answer.
    "lainnya": {"unknown_abstained": 0.75},
}
#: Sets by writers who saw neither seeds nor messages, with floors for the other labels. Few of the texts are urgent.
#: The sets have different writers, so each has its own floors and can't make up for the other.
BLIND: dict[str, list[tuple[tuple[str, ...], float]]] = {
    "web": [
        (("type", "permintaan_informasi", "f1"), 0.85),
        (("urgent", "recall"), 0.85),
        (("urgent", "precision"), 0.60),
        (("kecamatan", "right"), 0.90),
    ],
    "short": [
        (("type", "permintaan_informasi", "f1"), 0.80),
        (("urgent", "recall"), 0.80),
        (("urgent", "precision"), 0.57),
        (("kecamatan", "right"), 0.90),
    ],
}
TOGETHER = [
    (("type", "permintaan_informasi", "f1"), 0.88),
    (("type", "aspirasi", "f1"), 0.60),
    (("urgent", "recall"), 0.85),
    (("urgent", "precision"), 0.60),
    # A person looks at each, day and night, and stops looking if woken for nothing too often. There are 13 texts.
    (("darurat", "recall"), 0.90),
    (("darurat", "precision"), 0.45),
    (("kecamatan", "right"), 0.90),
]
CEILINGS = [(("spam", "complaints_flagged"), 0.005), (("kecamatan", "wrong"), 0.01)]
#: The floor for each category is low, because a set has about eleven texts of it.
LOWEST_RECALL = 0.4


def _at(found: dict[str, Any], path: tuple[str, ...]) -> float | None:
    value: Any = found
    for name in path:
        value = value.get(name) if value is not None else None
    return None if value is None else float(value)


@pytest.fixture(scope="module")
def measured(knowledge: Knowledge, check_sets: Path) -> dict[str, dict[str, Any]]:
    files = sorted(check_sets.glob("*.jsonl"))
    return {file.stem: evaluate(knowledge.model, read_labels(file), knowledge.rules) for file in files}


def test_every_check_set_has_floors(measured: dict[str, dict[str, Any]]) -> None:
    assert set(FLOORS) == set(measured)


@pytest.mark.parametrize("name", FLOORS)
def test_the_shipped_model_is_right_with_a_margin(
    measured: dict[str, dict[str, Any]], name: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("measured", _told(name, measured[name]))
    below = {figure: measured[name][figure] for figure, floor in FLOORS[name].items() if measured[name][figure] < floor}
    assert below == {}


@pytest.mark.parametrize("name", BLIND)
def test_type_urgency_place_and_spam_meet_their_limits_in_each_blind_set(
    measured: dict[str, dict[str, Any]], name: str
) -> None:
    low = {path: value for path, bar in BLIND[name] if (value := _at(measured[name], path)) is None or value < bar}
    high = {path: value for path, bar in CEILINGS if (value := _at(measured[name], path)) is None or value > bar}
    assert (low, high) == ({}, {})


def test_type_urgency_place_and_spam_meet_their_limits_over_all_blind_sets(
    knowledge: Knowledge, check_sets: Path
) -> None:
    rows = [row for name in BLIND for row in read_labels(check_sets / f"{name}.jsonl")]
    found = evaluate(knowledge.model, rows, knowledge.rules)
    low = {path: value for path, bar in TOGETHER if (value := _at(found, path)) is None or value < bar}
    high = {path: value for path, bar in CEILINGS if (value := _at(found, path)) is None or value > bar}
    assert (low, high) == ({}, {})


def test_advertisements_are_found_and_complaints_are_let_through(region: Path, said: Callable[[str], Matches]) -> None:
    advertisements = (Path(__file__).parent / "advertisements.txt").read_text().splitlines()
    complaints = [row.text for row in read_labels(region / "messages") if row.category != UNKNOWN]
    assert sum(is_spam(said(mask(text))) for text in advertisements) >= 0.85 * len(advertisements)
    assert sum(is_spam(said(mask(text))) for text in complaints) <= 0.005 * len(complaints)


@pytest.mark.parametrize("name", BLIND)
def test_every_category_but_the_unknown_is_recognised(measured: dict[str, dict[str, Any]], name: str) -> None:
    found = measured[name]["per_category"]
    assert len(found) == 21
    assert {label: of["recall"] for label, of in found.items() if of["recall"] < LOWEST_RECALL} == {}


def test_the_everyday_word_for_a_power_cut_is_no_street_light(knowledge: Knowledge, check_sets: Path) -> None:
    pair = ("listrik_energi", "penerangan_jalan")
    rows = [row for row in read_labels(check_sets / "borders.jsonl") if row.category in pair and "lamp" in row.text]
    assert len(rows) >= 12
    wrong = [row.text for row in rows if rank(knowledge.model, row.text, 1).top[0].category != row.category]
    assert len(wrong) <= 2, wrong


def test_to_abstain_is_right_for_what_is_of_no_category(knowledge: Knowledge) -> None:
    row = Row(text="pemain bola itu menikah dengan penyanyi", category="lainnya")
    assert abstains(knowledge.model, rank(knowledge.model, row.text))
    found = evaluate(knowledge.model, [row, Row(text="air PDAM mati seminggu", category="air_bersih")])
    assert (found["accuracy"], found["answered"], found["answered_right"], found["unknown_abstained"]) == (1, 0.5, 1, 1)


def _told(name: str, found: dict[str, Any]) -> str:
    """Format the figures of a set and of each category in it, with their intervals, as lines."""
    keys = (
        "n",
        "accuracy",
        "accuracy_95",
        "macro_f1",
        "macro_f1_95",
        "top3",
        "surest_half",
        "answered",
        "answered_right",
    )
    lines = [f"{name}: " + ", ".join(f"{key} {_short(found[key])}" for key in keys)]
    for label, of in found["per_category"].items():
        shares = (f"{key} {_short(of[key])} {_short(of[f'{key}_95']):14}" for key in ("precision", "recall"))
        lines.append(f"  {label:26} n {of['n']:3}  {' '.join(shares)} f1 {_short(of['f1'])}")
    return "\n".join(lines)


def _short(value: float | tuple[float, float]) -> str:
    if isinstance(value, tuple):
        return f"({value[0]:.2f}-{value[1]:.2f})"
    return str(value) if isinstance(value, int) else f"{value:.2f}"


def test_a_share_has_the_interval_of_wilson() -> None:
    assert wilson(8, 10) == (0.4902, 0.9433)
    assert wilson(0, 0) == (0.0, 1.0)


def test_the_rules_are_measured_where_rows_tell(knowledge: Knowledge) -> None:
    rows = [
        Row(text="lampu jalan mati di kec. Ganra", category="penerangan_jalan", type="pengaduan", kecamatan="Ganra"),
        Row(
            text="tolong rumah terbakar di sini", category="ketertiban_perlindungan", urgency="darurat", kecamatan=None
        ),
        Row(text="air mati seminggu", category="air_bersih", urgency="sedang", spam=False, source="sms"),
    ]
    found = evaluate(knowledge.model, rows, knowledge.rules)
    assert found["type"]["pengaduan"]["recall"] == 1
    assert (found["urgent"]["n"], found["urgent"]["recall"], found["urgent"]["precision"]) == (1, 1, 1)
    assert found["spam"]["complaints_flagged"] == 0
    assert (found["kecamatan"]["named"], found["kecamatan"]["right"], found["kecamatan"]["wrong"]) == (1, 1, 0)
    assert found["per_source"] == {"sms": {"n": 1, "accuracy": 1, "accuracy_95": wilson(1, 1)}}
