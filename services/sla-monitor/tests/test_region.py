"""Region files: what they may say, and the sentence when they say it wrong."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest

from chassis.region import RegionError
from sla_monitor.calendar import day_off
from sla_monitor.region import load_rules

REGION = Path(__file__).parents[3] / "region"


@pytest.fixture
def soppeng(tmp_path: Path) -> Path:
    for name in ("sla.yaml", "calendar.yaml", "units.yaml", "categories.yaml"):
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


def test_soppeng_promises_three_working_days_with_the_national_stages_beside_it() -> None:
    rules = load_rules(REGION / "soppeng")
    stages = rules.policies["standar-3-hari"].stages
    assert rules.default == ("standar-3-hari",)
    assert {s.name: (s.term.amount, s.term.unit, s.quiet) for s in stages.values()} == {
        "completion": (3, "working_days", False),
        "closing": (10, "working_days", False),
        "acknowledgement": (1, "working_days", True),
        "disposition": (3, "working_days", True),
        "follow-up": (5, "working_days", True),
        "rights": (72, "hours", False),
    }
    assert stages["completion"].term.warn_ratio == 0.7


def test_the_national_limits_are_described_too() -> None:
    stages = load_rules(REGION / "soppeng").policies["lapor-operator"].stages
    assert {s.name: s.term.amount for s in stages.values()} == {"disposition": 3, "follow-up": 5, "closing": 10}


@pytest.mark.parametrize(
    ("policy", "complaint", "amount", "unit"),
    [
        ("kemenpanrb-2018", {}, 5, "days"),
        ("kemenpanrb-2018", {"type": "permintaan_informasi"}, 5, "days"),
        ("kemenpanrb-2018", {"category": "aparatur_korupsi"}, 60, "days"),
        ("standar-layanan", {}, 14, "working_days"),
        ("standar-layanan", {"type": "permintaan_informasi"}, 2, "working_days"),
        ("standar-layanan", {"type": "aspirasi"}, 5, "working_days"),
        ("lokal-konsel", {}, 10, "days"),
        ("lokal-pati", {}, 14, "working_days"),
        ("lokal-malinau", {}, 10, "working_days"),
        ("lapor-mas-wapres", {}, 14, "working_days"),
        ("perpres-76-2013", {}, 60, "days"),
        ("uu-25-2009", {}, 60, "days"),
    ],
)
def test_the_limits_of_others_are_named_policies(
    policy: str, complaint: dict[str, str], amount: int, unit: str
) -> None:
    about = SimpleNamespace(**{"type": "pengaduan", "urgency": None, "category": None, **complaint})
    term = load_rules(REGION / "soppeng").policies[policy].stages["completion"].term_of(about)
    assert (term.amount, term.unit) == (amount, unit)


def test_what_no_source_confirms_is_marked() -> None:
    policies = load_rules(REGION / "soppeng").policies
    assert ["uu-25-2009"] == [name for name, policy in policies.items() if not policy.confirmed]


def test_the_region_of_seconds_has_soppengs_calendar() -> None:
    rules = load_rules(REGION / "seconds")
    stages = rules.policies[rules.default[0]].stages
    soppeng = load_rules(REGION / "soppeng")
    assert stages.keys() == soppeng.policies[soppeng.default[0]].stages.keys()
    assert {stage.term.unit for stage in stages.values()} == {"seconds"}
    # What is quiet comes after the breach and the first step of its ladder, so that each can be watched by itself.
    completion = stages["completion"]
    first = completion.term.amount + completion.escalation[0].after.amount
    assert all(stage.term.amount > first for stage in stages.values() if stage.quiet)
    assert rules.calendar.timezone.key == "Asia/Makassar"


@pytest.mark.parametrize(
    ("old", "new", "field", "remedy"),
    [
        ("amount: 3", "amount: tiga", "amount", "whole number above 0"),
        ("amount: 3", "amount: 0", "amount", "whole number above 0"),
        ("amount: 3", "amount: 2.5", "amount", "whole number above 0"),
        ("unit: working_days", "unit: hari", "unit", "working_days, days, working_hours, hours or seconds"),
        ("warn_ratio: 0.7", "warn_ratio: 70", "warn_ratio", "above 0 and up to 1"),
        ("at_deadline: lapsed", "at_deadline: closed", "at_deadline", "breached or lapsed"),
        ("ends: [resolved]", "ends: [selesai]", "ends", "kinds of complaint.updated"),
        ("starts: [resolved]", "starts: []", "starts", "kinds of complaint.updated"),
        ("amount: 3", "amounts: 3", "amounts", "what belongs here: starts, amount"),
        ("during: [waiting_for_reporter], amount: 5", "during: [waiting_for_reporter]", "pause", "add amount"),
        ("amount: 3\n        unit", "amount: 3\n        amount: 4\n        unit", "", "keep one of the two"),
        ("    about: Standar", "    valid_from: 2026-13-01\n    about: Standar", "2026-13-01", "mend it there"),
        ("    about: Standar", "    confirmed: yes\n    confirmed: no\n    about: Standar", "", "keep one of the two"),
        ("  lapor-operator:", "  standar-3-hari:", "standar-3-hari stands twice", "keep one of the two"),
        ("stops: [handed_over,", "stops: [reopened, handed_over,", "stops", "take reopened out of one of the two"),
        ("during: [waiting_for_reporter]", "during: [resolved]", "during", "take resolved out of during"),
        ("after: {amount: 3, unit: working_days}", "after: {amount: 1, unit: working_days}", "after", "each step come"),
        ("after: {amount: 3, unit: working_days}", "after: {amount: 5, unit: hours}", "after", "each step come later"),
        ("at_deadline: lapsed", "at_deadline: breached", "at_deadline", "write at_deadline: lapsed"),
        ("to: [BUPATI]", "to: [GUBERNUR]", "units.yaml does not have GUBERNUR", "write one of: head, "),
        ("{type: [permintaan_informasi], ", "{type: [keluhan], ", "there is no type keluhan", "pengaduan, "),
        ("{type: [permintaan_informasi], ", "{urgency: [gawat], ", "there is no urgency gawat", "write one of: rendah"),
        (
            "{category: [aparatur_korupsi], ",
            "{category: [sihir], ",
            "categories.yaml does not have sihir",
            "air_bersih",
        ),
        ("{type: [permintaan_informasi], ", "{", "it is for all complaints", "say for which type"),
        ("default: standar-3-hari", "default: standar", "default", "standar-3-hari, lapor-operator"),
        ("default: standar-3-hari", "default: lapor-operator", "", "add completion"),
        ("ends: [resolved]", "ends: [routed/kecamatan]", "ends", "routed/triage"),
        ("during: [waiting_for_reporter]", "during: [menunggu]", "during", "kinds of complaint.updated"),
        ("during: [waiting_for_reporter]", "during: [acknowledged]", "pause", "add pause: {during: [waiting_for"),
        ("pause: {during: [waiting_for_reporter], amount: 5, unit: working_days}", "quiet: false", "", "add pause: {d"),
        (
            "during: [waiting_for_reporter], amount: 5",
            "during: [waiting_for_reporter]",
            "pause",
            "during, amount, unit",
        ),
        ("to: [head]", "to: [kepala dinas]", "to", "head and codes of units.yaml"),
        ("to: [head]", "to: []", "to", "head and codes of units.yaml"),
        ("after: {amount: 1,", "after: {amount: 0,", "after", "write {amount: 1, unit: working_days}"),
        ("quiet: true", "quiet: ya", "quiet", "what belongs here"),
        ("unit: working_days", "unit: working_hours", "unit", "add office_hours to calendar.yaml"),
        ("default: standar-3-hari", "default: []", "default", "name of a policy, or a list"),
        ("    about: Standar", "    valid_from: kemarin\n    about: Standar", "valid_from", "write the date as"),
        (
            "    about: Standar",
            "    valid_from: 2027-01-01\n    about: Standar",
            "",
            "leave valid_from off the earliest",
        ),
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
        ("days_off: []", "days_off: [{date: 2027-13-01, reason: x}]", "line 15: not valid YAML: 2027-13-01"),
        ("days_off: []", "days_off: [{date: besok, reason: x}]", "write the date as 2026-03-23"),
        ("days_off: []", "days_off: [2027-03-23]", "what belongs here: date, reason"),
        ("days_off: []", "days_off: [{date: 2027-03-23}]", "what belongs here: date, reason"),
        ("overrides: []", "overrides: [{date: 2027-03-23, reason: x}]", "date, working, reason"),
        (
            "overrides: []",
            "overrides: [{date: 2027-03-23, working: true, reason: x}, {date: 2027-03-23, working: false, reason: y}]",
            "keep one",
        ),
        ("half_days: []", "half_days: [{date: 2027-03-23}]", "what belongs here: date, reason"),
        ("half_days: []", "half_days: []\noffice_hours: {senin: 7-16}", "write hours by day"),
        ("half_days: []", 'half_days: []\noffice_hours: {senin: ["16.00-07.30"]}', "write hours by day"),
        ("half_days: []", 'half_days: []\noffice_hours: {senin: ["07.30-12.00", "11.00-16.00"]}', "in order and apart"),
        ("half_days: []", 'half_days: []\noffice_hours: {senin: ["13.00-16.00", "07.30-12.00"]}', "in order and apart"),
        ("half_days: []", 'half_days: []\noffice_hours: {monday: ["07.30-16.00"]}', "write hours by day"),
    ],
)
def test_a_wrong_calendar_is_refused_with_file_and_remedy(soppeng: Path, old: str, new: str, remedy: str) -> None:
    change(soppeng / "calendar.yaml", old, new)
    text = refusal(soppeng)
    assert (str(soppeng / "calendar.yaml") in text, remedy in text) == (True, True), text


def test_a_folder_without_the_files_of_others_is_read_all_the_same(soppeng: Path) -> None:
    for name in ("units.yaml", "categories.yaml"):
        (soppeng / name).unlink()
    change(soppeng / "sla.yaml", "to: [BUPATI]", "to: [GUBERNUR]")
    assert load_rules(soppeng)


def test_all_contradictions_are_named_at_once(soppeng: Path) -> None:
    change(soppeng / "sla.yaml", "to: [BUPATI]", "to: [GUBERNUR]")
    change(soppeng / "sla.yaml", "stops: [handed_over,", "stops: [reopened, handed_over,")
    assert len(refusal(soppeng).splitlines()) == 2


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
