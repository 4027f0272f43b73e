"""Who gets a complaint: the rules, the region's files, and ``router assign``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from router_office import RULES
from typer.testing import CliRunner, Result

from chassis.region import RegionError
from router.__main__ import app
from router.adapters.region import read_rules
from router.rules import Understood, assign

REGION = Path(__file__).parents[3] / "region"
ALL_THREE = ("DISKOMINFO", "INSPEKTORAT", "SETDA")


@pytest.mark.parametrize(
    ("found", "lane", "unit", "reason"),
    [
        (Understood(category="jalan_jembatan"), "unit", "PUPR", "kategori jalan_jembatan"),
        (Understood(category="kominfo_digital"), "unit", "DISKOMINFO", "kategori kominfo_digital"),
        (Understood(category=None), "triage", "DISKOMINFO", "belum dapat dikenali"),
        (Understood(category="air_bersih", abstained=True), "triage", "DISKOMINFO", "belum dapat dikenali"),
        (Understood(category="air_bersih", urgency="tinggi"), "triage", "DISKOMINFO", "mendesak (tinggi)"),
        (Understood(category="air_bersih", urgency="darurat"), "triage", "DISKOMINFO", "mendesak (darurat)"),
        (Understood(category="air_bersih", place_conflict=True), "triage", "DISKOMINFO", "tidak cocok"),
        (Understood(category="air_bersih", spam=True), "triage", "DISKOMINFO", "bukan laporan"),
        (Understood(category="listrik_energi"), "triage", "DISKOMINFO", "tidak punya unit"),
        (Understood(category="sihir"), "triage", "DISKOMINFO", "tidak punya unit"),
        (Understood(category="aparatur_korupsi"), "triage", "INSPEKTORAT", "perilaku aparatur"),
        (Understood(category="aparatur_korupsi", abstained=True), "triage", "INSPEKTORAT", "perilaku aparatur"),
        (Understood(category="aparatur_korupsi", about_units=["INSPEKTORAT"]), "triage", "SETDA", "perilaku"),
        (Understood(category="aparatur_korupsi", about_units=ALL_THREE[1:]), "triage", "DISKOMINFO", "perilaku"),
        (Understood(category="jalan_jembatan", about_units=["PUPR"]), "triage", "INSPEKTORAT", "tentang PUPR"),
        (Understood(category="jalan_jembatan", about_units=["PDAM"]), "unit", "PUPR", "kategori"),
        (Understood(category="kominfo_digital", about_units=["DISKOMINFO"]), "triage", "INSPEKTORAT", "tentang"),
        (Understood(category=None, about_units=["DISKOMINFO"]), "triage", "INSPEKTORAT", "belum dapat"),
        (Understood(category=None, about_units=["INSPEKTORAT"]), "triage", "SETDA", "belum dapat"),
        (Understood(category=None, about_units=ALL_THREE[:2]), "triage", "SETDA", "belum dapat"),
        (Understood(category=None, about_units=ALL_THREE[1:]), "triage", "DISKOMINFO", "belum dapat"),
        (Understood(category=None, about_units=("DISKOMINFO", "SETDA")), "triage", "INSPEKTORAT", "belum dapat"),
        (Understood(category=None, about_units=ALL_THREE), "triage", "SETDA", "belum dapat"),
    ],
)
def test_each_complaint_has_one_unit_and_a_reason(found: Understood, lane: str, unit: str, reason: str) -> None:
    to = assign(RULES, found)
    assert (lane, unit) == (to.lane, to.unit)
    assert reason in to.reason


def test_the_kabupatens_own_files_make_rules() -> None:
    rules = read_rules(REGION / "soppeng")
    assert (37, 22) == (len(rules.units), len(rules.unit_of_category))
    assert ("DISKOMINFO", "INSPEKTORAT", "SETDA") == (rules.admin, rules.conduct, rules.last_resort)
    assert rules == read_rules(REGION / "seconds")


UNITS = """units:
- {code: A, name: Dinas A, triage: true}
- {code: B, name: Dinas B, conduct: true}
- {code: C, name: Dinas C, fallback: true}
"""
CATEGORIES = "categories: {jalan: {unit: A}, lainnya: {}}\n"


@pytest.mark.parametrize(
    ("units", "categories", "says"),
    [
        (UNITS.replace("triage: true", ""), CATEGORIES, r"exactly one unit must have `triage: true`, found none"),
        (UNITS.replace("conduct", "triage"), CATEGORIES, r"`triage: true`, found \['A', 'B'\]"),
        (UNITS.replace("fallback: true", ""), CATEGORIES, r"`fallback: true`, found none"),
        (UNITS, "categories: {jalan: {unit: Z}}", "jalan goes to Z, which units.yaml does not have"),
        (UNITS, "categories: [", "not valid YAML"),
        (UNITS, "", "categories.yaml has no `categories:`"),
        (UNITS, "categories: {jalan: A}", "a mapping"),
        ("- A", CATEGORIES, "units.yaml has no `units:`"),
        ("units: [{name: Dinas A}]", CATEGORIES, "a code and a name"),
        (UNITS, None, "categories.yaml is missing"),
    ],
)
def test_a_broken_region_is_refused_by_name(tmp_path: Path, units: str, categories: str | None, says: str) -> None:
    (tmp_path / "units.yaml").write_text(units)
    if categories is not None:
        (tmp_path / "categories.yaml").write_text(categories)
    with pytest.raises(RegionError, match=says):
        read_rules(tmp_path)


def ask(*lines: str, region: Path = REGION / "soppeng") -> Result:
    return CliRunner().invoke(app, ["assign", "--region", str(region)], input="\n".join(lines))


def test_assign_answers_each_line_with_a_line() -> None:
    lines = [
        '{"id": 1, "category": "jalan_jembatan", "place": {"kecamatan": "Lalabata"}, "urgency": "sedang", "x": 0}',
        '{"id": "dua", "category": "jalan_jembatan", "about_units": ["PUPR"], "abstained": false}',
        "",
        '{"category": null, "place": "Lalabata"}',
        '{"category": "air_bersih", "place": {"conflict": true}, "confidence": null}',
    ]
    result = ask(*lines)
    out = [json.loads(line) for line in result.stdout.splitlines()]
    assert 0 == result.exit_code
    assert [(1, "unit", "PUPR"), ("dua", "triage", "INSPEKTORAT"), (None, "triage", "DISKOMINFO")] == [
        (line["id"], line["lane"], line["unit"]) for line in out[:3]
    ]
    assert {"id", "lane", "unit", "support", "reason"} == out[3].keys()


@pytest.mark.parametrize("bad", ["{", "[1]", '"jalan"', '{"category": 5}', '{"about_units": "PUPR"}', '{"spam": "ya"}'])
def test_assign_names_the_line_it_cannot_read(bad: str) -> None:
    result = ask('{"category": "air_bersih"}', bad)
    assert (1, 1) == (result.exit_code, len(result.stdout.splitlines()))
    assert "line 2 can't be read" in result.stderr


def test_assign_without_a_region_says_what_is_missing(tmp_path: Path) -> None:
    result = ask("{}", region=tmp_path)
    assert (1, True) == (result.exit_code, "units.yaml is missing" in result.stderr)
