"""The units that whole complaints accuse, and those that get them. The rules' author wrote the texts, so the figures
flatter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from classifier.classify import Knowledge, classify
from classifier.domain import Classification
from classifier.training.labelled_rows import Row, read_labels
from contracts.vocabulary import Lane
from router.adapters.region import read_rules
from router.rules import OUTSIDE, Assignment, Rules, Understood, assign, in_force

#: These tests build the model.
pytestmark = pytest.mark.slow

ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "conduct_dev.jsonl").read_text().splitlines()
]


@pytest.fixture(scope="module")
def read(knowledge: Knowledge) -> list[tuple[dict[str, Any], Classification]]:
    return [(row, classify(knowledge, row["text"])) for row in ROWS]


def test_accused_units_are_found_in_almost_all_accusations(read: list[tuple[dict[str, Any], Classification]]) -> None:
    accusing = [(row, found) for row, found in read if row["units"]]
    missed = [row["text"] for row, found in accusing if not set(row["units"]) <= set(found.about_units)]
    assert len(accusing) >= 300
    assert len(missed) <= 0.05 * len(accusing), missed


def test_units_that_are_only_mentioned_are_rarely_accused(read: list[tuple[dict[str, Any], Classification]]) -> None:
    naming = [(row, found) for row, found in read if not row["units"]]
    wrong = [(row["text"], found.about_units) for row, found in naming if found.about_units]
    assert len(naming) >= 300
    assert len(wrong) <= 0.02 * len(naming), wrong


@pytest.fixture(scope="module")
def rules(region: Path) -> Rules:
    return in_force(read_rules(region), datetime(2026, 11, 28, tzinfo=UTC))


def rows_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (Path(__file__).parent / f"{name}.jsonl").read_text().splitlines()]


def understood(found: Classification) -> Understood:
    return Understood(
        category=found.category,
        matter=found.matter,
        type=found.type,
        kecamatan=found.place.kecamatan,
        elsewhere=found.place.elsewhere,
        abstained=found.abstained,
        urgency=found.urgency,
        about_units=found.about_units,
        protected=found.protected,
        perhaps_accusing=found.perhaps_accusing,
        perhaps_about=found.perhaps_about,
        place_conflict=found.place.conflict,
        spam=found.spam,
    )


def readers(rules: Rules, found: Classification) -> set[str]:
    """List the kabupaten's units that read the complaint."""
    to = assign(rules, understood(found))
    return set() if to.lane == OUTSIDE else {to.unit, *to.support}


@pytest.mark.parametrize(
    "text",
    [
        "Anak tetangga dipukuli bapaknya tiap hari sampai lebam",
        "Istri teman saya dianiaya suaminya sampai lebam",
        "Anak kecil disiksa ibu tirinya setiap hari",
        "Anak tetangga dirantai orang tuanya di kamar",
        "Anak perempuan di sebelah rumah diperkosa pamannya",
    ],
)
def test_private_abuse_is_read_only_by_the_unit_for_victims(knowledge: Knowledge, rules: Rules, text: str) -> None:
    assert {"DP3AP2KB"} == readers(rules, classify(knowledge, text))


@pytest.mark.parametrize(
    "text",
    [
        "Anak saya dipukul gurunya sampai berdarah",
        "Anak tetangga dipukuli bapaknya, Pak Lurah tahu tapi diam",
        "Kepala desa memukul istrinya sampai masuk rumah sakit",
    ],
)
def test_where_an_official_is_named_who_looks_at_officials_helps(knowledge: Knowledge, rules: Rules, text: str) -> None:
    assert {"DP3AP2KB", "INSPEKTORAT"} == readers(rules, classify(knowledge, text))


@pytest.mark.parametrize(
    ("name", "sizes", "sure", "looked_at", "false", "doubt", "read"),
    [
        # Two blind sets: people who change rules never read their texts.
        ("conduct_set", (271, 270), 0.59, 0.99, 0.02, 0.42, 2),
        ("conduct_set_2", (240, 240), 0.52, 0.98, 0.03, 0.44, 3),
        # By the rules' author, written before the present rules and used to improve them: it flatters.
        ("conduct_dev_2", (161, 170), 0.60, 0.99, 0.01, 0.30, 0),
    ],
)
def test_accusing_messages_rarely_reach_the_accused_unit(
    knowledge: Knowledge,
    rules: Rules,
    name: str,
    sizes: tuple[int, int],
    sure: float,
    looked_at: float,
    false: float,
    doubt: float,
    read: int,
) -> None:
    found = [(row, classify(knowledge, row["text"])) for row in rows_of(name)]
    accusing, others = ([(row, one) for row, one in found if row["conduct"] is kind] for kind in (True, False))
    assert (len(accusing), len(others)) == sizes
    assert sum(bool(one.about_units) for _, one in accusing) / len(accusing) >= sure
    assert sum(bool(one.about_units) or one.perhaps_accusing for _, one in accusing) / len(accusing) >= looked_at
    assert sum(bool(one.about_units) for _, one in others) / len(others) <= false
    assert sum(one.perhaps_accusing for _, one in others) / len(others) <= doubt
    assert sum(not readers(rules, one).isdisjoint(row["accused"]) for row, one in accusing) <= read


@pytest.mark.parametrize(
    ("lang", "n", "sure", "looked_at", "false", "doubt"),
    [("id", 385, 0.56, 0.98, 0.025, 0.42), ("bug", 48, 0.50, 0.97, 0.06, 0.58), ("mix", 78, 0.55, 0.97, 0.05, 0.50)],
)
def test_accusations_are_recognised_in_every_language(
    knowledge: Knowledge, lang: str, n: int, sure: float, looked_at: float, false: float, doubt: float
) -> None:
    rows = [row for name in ("conduct_set", "conduct_set_2") for row in rows_of(name) if row["lang"].startswith(lang)]
    found = [(row["conduct"], classify(knowledge, row["text"])) for row in rows]
    accusing, others = ([one for accuses, one in found if accuses is kind] for kind in (True, False))

    assert n == len(accusing)
    assert share(bool(one.about_units) for one in accusing) >= sure
    assert share(bool(one.about_units) or one.perhaps_accusing for one in accusing) >= looked_at
    assert share(bool(one.about_units) for one in others) <= false
    assert share(one.perhaps_accusing for one in others) <= doubt


@pytest.mark.parametrize(
    ("lang", "sizes", "sure", "looked_at", "false", "doubt"),
    [("id", (500, 700), 0.41, 0.97, 0.01, 0.25), ("bug", (120, 160), 0.40, 0.94, 0.01, 0.55)],
)
def test_a_third_writers_accusations_are_looked_at_in_both_languages(
    knowledge: Knowledge, lang: str, sizes: tuple[int, int], sure: float, looked_at: float, false: float, doubt: float
) -> None:
    """Uses messages about officials by a writer who saw no example; nobody chose a bound by them."""
    found = [
        (row["conduct"], classify(knowledge, row["text"])) for row in rows_of("conduct_set_3") if row["lang"] == lang
    ]
    accusing, others = ([one for accuses, one in found if accuses is kind] for kind in (True, False))

    assert sizes == (len(accusing), len(others))
    assert share(bool(one.about_units) for one in accusing) >= sure
    assert share(bool(one.about_units) or one.perhaps_accusing for one in accusing) >= looked_at
    assert share(bool(one.about_units) for one in others) <= false
    assert share(one.perhaps_accusing for one in others) <= doubt


@pytest.mark.parametrize(
    ("kind", "lang", "n", "sure", "doubt"),
    [
        *(
            ("everyday", "id", 150, 0.06, 0.29),
            ("everyday", "bug", 100, 0.03, 0.30),
            ("everyday", "mix", 100, 0.06, 0.32),
        ),
        *(("other", "id", 100, 0.04, 0.32), ("other", "bug", 80, 0.03, 0.32), ("other", "mix", 40, 0.04, 0.40)),
    ],
)
def test_everyday_texts_are_suspected_within_limits_in_every_language(
    knowledge: Knowledge, kind: str, lang: str, n: int, sure: float, doubt: float
) -> None:
    """Uses everyday complaints, and texts that are not complaints, by the writer of the second blind set of danger."""
    lines = (Path(__file__).parents[4] / "kabupaten" / "tests" / "danger_second_set.jsonl").read_text().splitlines()
    rows = [row for row in map(json.loads, lines) if (row["kind"], row["lang"]) == (kind, lang)]
    found = [classify(knowledge, row["text"]) for row in rows]

    assert n == len(found)
    assert share(bool(one.about_units) for one in found) <= sure
    assert share(one.perhaps_accusing for one in found) <= doubt


def test_more_than_half_goes_straight_and_to_the_right_unit(
    knowledge: Knowledge, rules: Rules, check_sets: Path
) -> None:
    """Citizens and the desk read these figures (docs/benchmarks.md, region/soppeng/pages.yaml)."""
    rows = [row for name in ("web", "short") for row in read_labels(check_sets / f"{name}.jsonl")]
    found = [(row, understood(classify(knowledge, row.text))) for row in rows]
    straight = [(row, one, to) for row, one in found if (to := assign(rules, one)).lane != Lane.TRIAGE]

    assert len(rows) == 460
    assert len(straight) / len(rows) >= 0.56
    assert share(to.unit == _of_its_label(rules, row, one).unit for row, one, to in straight) >= 0.97


def _of_its_label(rules: Rules, row: Row, found: Understood) -> Assignment:
    """Assign the complaint as if its category had been read as labelled."""
    matter = found.matter if found.category == row.category else None
    return assign(rules, replace(found, category=row.category, matter=matter))


def share(those: Iterable[bool]) -> float:
    all_of_them = list(those)
    return sum(all_of_them) / len(all_of_them)


@pytest.mark.parametrize(
    ("text", "about", "perhaps"),
    [
        # The text names only a role, so the unit of the category may be meant.
        ("air di lorong kami sengaja digilir ke perumahan tempat pejabatnya tinggal, kami kering terus", [], ["PDAM"]),
        # Words of thanks and denial accuse nobody for sure.
        ("Tidak benar kalau bu bidan minta uang, saya melahirkan dua kali di sana", [], ["DINKES"]),
        # The unit that looks into conduct is accused beside another, so it must not look.
        ("tim audit datang makan makan di rumah kades, hasilnya bersih", ["INSPEKTORAT"], []),
        # Only the unit's people name the unit for victims.
        ("sy lapor kdrt malah disuruh sabar dan cerita sy disebar petugasnya", ["DP3AP2KB"], []),
    ],
)
def test_possibly_accused_units_are_named_beside_the_accused_ones(
    knowledge: Knowledge, text: str, about: list[str], perhaps: list[str]
) -> None:
    found = classify(knowledge, text)

    assert set(about) <= set(found.about_units)
    assert set(perhaps) <= set(found.perhaps_about)
    assert bool(perhaps) == found.perhaps_accusing
