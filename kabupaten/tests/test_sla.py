"""sla.yaml: what it may say, and the message about each mistake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from kabupaten import RegionError, load
from kabupaten.load import Part
from kabupaten.sla import Sla

Spoil = Callable[[str, str, str], int]
NAMED: tuple[Part, ...] = ("sla", "calendar", "units", "categories")


def refusal(folder: Path) -> RegionError:
    with pytest.raises(RegionError) as caught:
        load(folder, *NAMED)
    return caught.value


@pytest.fixture(scope="module")
def sla() -> Sla:
    return load(Path(__file__).parents[2] / "region" / "soppeng", "sla").sla


def test_soppeng_promises_three_working_days_with_the_national_stages_beside_it(sla: Sla) -> None:
    stages = sla.policies["standar-3-hari"].stages
    assert sla.default == ("standar-3-hari",)
    assert {s.name: (s.term.amount, s.term.unit, s.quiet) for s in stages.values()} == {
        "completion": (3, "working_days", False),
        "closing": (10, "working_days", False),
        "acknowledgement": (1, "working_days", True),
        "disposition": (3, "working_days", True),
        "follow-up": (5, "working_days", True),
        "rights": (72, "hours", False),
        "appeal": (5, "working_days", False),
        "appeal-acknowledgement": (1, "working_days", True),
        "confirmation": (3, "working_days", False),
    }
    assert stages["completion"].term.warn_ratio == 0.7


@pytest.mark.parametrize(
    ("urgency", "stage", "heard"),
    [
        ("darurat", "acknowledgement", {"head": 1, "BPBD": 1, "SETDA": 1, "BUPATI": 30}),
        ("darurat", "disposition", {"BPBD": 1, "SETDA": 1}),
        ("darurat", "completion", {"head": 1, "BPBD": 1, "SETDA": 1, "BUPATI": 360}),
        ("tinggi", "acknowledgement", {"head": 1, "SETDA": 120}),
        ("tinggi", "completion", {"head": 1, "SETDA": 240, "BUPATI": 1440}),
    ],
)
def test_breaches_of_urgent_complaints_escalate_in_clock_time(
    sla: Sla, urgency: str, stage: str, heard: dict[str, int]
) -> None:
    about = SimpleNamespace(type="pengaduan", urgency=urgency, category=None)
    its = sla.policies["standar-3-hari"].stages[stage]
    minutes = {"minutes": 1, "hours": 60}

    ladder = its.ladder_of(its.term_of(about))

    assert heard == {who: rung.after.amount * minutes[rung.after.unit] for rung in ladder for who in rung.to}


def test_the_national_limits_are_described_too(sla: Sla) -> None:
    stages = sla.policies["lapor-operator"].stages
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
    sla: Sla, policy: str, complaint: dict[str, str], amount: int, unit: str
) -> None:
    about = SimpleNamespace(**{"type": "pengaduan", "urgency": None, "category": None, **complaint})
    term = sla.policies[policy].stages["completion"].term_of(about)
    assert (term.amount, term.unit) == (amount, unit)


def test_policies_without_a_confirming_source_are_marked(sla: Sla) -> None:
    policies = sla.policies
    assert ["uu-25-2009"] == [name for name, policy in policies.items() if not policy.confirmed]


@pytest.mark.parametrize(
    ("old", "new", "field", "remedy"),
    [
        ("amount: 3", "amount: tiga", "amount", "whole number above 0"),
        ("amount: 3", "amount: 0", "amount", "whole number above 0"),
        ("amount: 3", "amount: 2.5", "amount", "whole number above 0"),
        ("unit: working_days", "unit: hari", "unit", "working_days, days, working_hours, hours, minutes or seconds"),
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
        ("to: [head]", "to: [kepala dinas]", "to", "write one of: head, SETDA"),
        ("to: [head]", "to: []", "to", "head and codes of units.yaml"),
        ("after: {amount: 1,", "after: {amount: 0,", "after", "whole number above 0"),
        ("quiet: true", "quiet: ya", "quiet", "write true or false"),
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
    folder: Path, spoil: Spoil, old: str, new: str, field: str, remedy: str
) -> None:
    line = spoil("sla.yaml", old, new)
    text = str(refusal(folder))
    assert (str(folder / "sla.yaml") in text, field in text, remedy in text) == (True, True, True), text
    if field:
        assert f"sla.yaml, line {line}:" in text


def test_all_that_is_wrong_is_named_at_once(folder: Path, spoil: Spoil) -> None:
    """Names that refer to nothing, and mistakes in single fields, each in its own stage."""
    lines = [
        spoil("sla.yaml", "to: [BUPATI]", "to: [GUBERNUR]"),
        spoil("sla.yaml", "amount: 10\n", "amount: sepuluh\n"),
        spoil("sla.yaml", "starts: [routed]", "starts: [dirutekan]"),
        spoil("sla.yaml", "quiet: true", "quit: true"),
    ]
    assert sorted(lines) == sorted(each.line or 0 for each in refusal(folder).problems)


def test_two_variants_of_one_time_have_one_ladder(folder: Path, spoil: Spoil) -> None:
    spoil("sla.yaml", "            amount: 12\n", "            amount: 24\n")
    assert "another variant has the same time and another ladder" in str(refusal(folder))


def test_all_contradictions_are_named_at_once(folder: Path, spoil: Spoil) -> None:
    spoil("sla.yaml", "at_deadline: lapsed", "at_deadline: breached")
    spoil("sla.yaml", "stops: [handed_over,", "stops: [reopened, handed_over,")
    assert 2 == len(refusal(folder).problems)


@pytest.mark.parametrize("text", ["", "- a\n", "default: [\n", "default: x\npolicies:\n  x: null\n", "\x00"])
def test_a_file_that_is_no_policy_at_all_is_refused(folder: Path, text: str) -> None:
    (folder / "sla.yaml").write_text(text)
    assert str(folder / "sla.yaml") in str(refusal(folder))
