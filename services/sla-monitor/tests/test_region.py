"""Region files: what they may say, and the sentence when they say it wrong."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from chassis.region import RegionError
from sla_monitor.calendar import day_off
from sla_monitor.region import load_rules

REGION = Path(__file__).parents[3] / "region"


@pytest.fixture
def soppeng(tmp_path: Path) -> Path:
    for name in ("sla.yaml", "calendar.yaml"):
        shutil.copy(REGION / "soppeng" / name, tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> int:
    """Replaces the first ``old`` and returns its line."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return text[: text.index(old)].count("\n") + 1


def refusal(directory: Path) -> str:
    with pytest.raises(RegionError) as caught:
        load_rules(directory)
    return str(caught.value)


def test_soppeng_promises_three_working_days_and_ten_of_silence() -> None:
    rules = load_rules(REGION / "soppeng")
    stages = rules.policies[rules.default].stages
    assert rules.default == "standar-3-hari"
    assert [(s.name, s.amount, s.unit, s.warn_ratio) for s in stages.values()] == [
        ("completion", 3, "working_days", 0.7),
        ("closing", 10, "working_days", 1),
    ]


def test_the_national_limits_are_described_too() -> None:
    stages = load_rules(REGION / "soppeng").policies["nasional-lapor"].stages
    assert {s.name: s.amount for s in stages.values()} == {"disposition": 3, "follow-up": 5, "closing": 10}


def test_the_region_of_seconds_has_soppengs_calendar() -> None:
    rules = load_rules(REGION / "seconds")
    stages = rules.policies[rules.default].stages
    assert [(s.amount, s.unit, s.warn_ratio) for s in stages.values()] == [(25, "seconds", 0.5), (30, "seconds", 1)]
    assert rules.calendar.timezone.key == "Asia/Makassar"


@pytest.mark.parametrize(
    ("old", "new", "field", "remedy"),
    [
        ("amount: 3", "amount: tiga", "amount", "whole number above 0"),
        ("amount: 3", "amount: 0", "amount", "whole number above 0"),
        ("amount: 3", "amount: 2.5", "amount", "whole number above 0"),
        ("unit: working_days", "unit: hari", "unit", "working_days, hours or seconds"),
        ("warn_ratio: 0.7", "warn_ratio: 70", "warn_ratio", "above 0 and up to 1"),
        ("at_deadline: lapsed", "at_deadline: closed", "at_deadline", "breached or lapsed"),
        ("ends: [resolved]", "ends: [selesai]", "ends", "kinds of complaint.updated"),
        ("starts: [resolved]", "starts: []", "starts", "kinds of complaint.updated"),
        ("amount: 3", "amounts: 3", "amounts", "what belongs here: starts, amount"),
        ("default: standar-3-hari", "default: standar", "default", "standar-3-hari, nasional-lapor"),
        ("default: standar-3-hari", "default: nasional-lapor", "", "add completion"),
    ],
)
def test_a_wrong_policy_is_refused_with_file_line_and_remedy(
    soppeng: Path, old: str, new: str, field: str, remedy: str
) -> None:
    line = change(soppeng / "sla.yaml", old, new)
    text = refusal(soppeng)
    assert (str(soppeng / "sla.yaml") in text, field in text, remedy in text) == (True, True, True), text
    if field:
        assert f"sla.yaml, line {line}:" in text


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("Asia/Makassar", "Asia/Soppeng", "such as Asia/Makassar"),
        ("[senin,", "[monday,", "[senin, selasa"),
        ("days_off: []", "days_off: [{date: 2027-13-01, reason: x}]", "Mend it there"),
        ("days_off: []", "days_off: [{date: besok, reason: x}]", "write the date as 2026-03-23"),
        ("days_off: []", "days_off: [2027-03-23]", "what belongs here: date, reason"),
        ("days_off: []", "days_off: [{date: 2027-03-23}]", "what belongs here: date, reason"),
        ("overrides: []", "overrides: [{date: 2027-03-23, reason: x}]", "date, working, reason"),
        (
            "overrides: []",
            "overrides: [{date: 2027-03-23, working: true, reason: x}, {date: 2027-03-23, working: false, reason: y}]",
            "keep one",
        ),
    ],
)
def test_a_wrong_calendar_is_refused_with_file_and_remedy(soppeng: Path, old: str, new: str, remedy: str) -> None:
    change(soppeng / "calendar.yaml", old, new)
    text = refusal(soppeng)
    assert (str(soppeng / "calendar.yaml") in text, remedy in text) == (True, True), text


@pytest.mark.parametrize("text", ["", "- a\n", "default: [\n", "default: x\npolicies:\n  x: null\n", "\x00"])
def test_a_file_that_is_no_policy_at_all_is_refused(soppeng: Path, text: str) -> None:
    (soppeng / "sla.yaml").write_text(text)
    assert str(soppeng / "sla.yaml") in refusal(soppeng)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "sla.yaml") in refusal(tmp_path)


def test_local_days_and_overrides_are_read(soppeng: Path) -> None:
    change(soppeng / "calendar.yaml", "days_off: []", "days_off: [{date: 2027-03-23, reason: Hari Jadi Soppeng}]")
    change(soppeng / "calendar.yaml", "overrides: []", "overrides: [{date: 2026-12-24, working: true, reason: masuk}]")
    calendar = load_rules(soppeng).calendar
    assert day_off(calendar, date(2027, 3, 23)) == "libur: Hari Jadi Soppeng"
    assert day_off(calendar, date(2026, 12, 24)) is None
