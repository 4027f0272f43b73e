"""Acts from above a unit: who may take a complaint from it, instruct it, and set the urgency."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as changed
from router_office import (
    OTHER,
    RULES,
    Office,
    T,
    answer_to,
    breached,
    classified,
    followed_up,
    in_status,
    item,
    kinds,
    received,
    refusal,
    reply,
    to_units,
)

from contracts.events import UnitReplied, UnitRouted
from kabupaten.routing import Powers
from kabupaten.units import Unit
from router.adapters.region import read_rules
from router.rules import in_force
from testing.events import NOW

POWERS = Powers(superiors=("SETDA", "BUPATI"), lower_darurat=("DISKOMINFO", "BPBD"))
UNITS = {**RULES.units, **{code: Unit(code=code, name=code) for code in ("BUPATI", "BPBD", "DLH")}}
ABOVE = replace(RULES, units=UNITS, powers=POWERS)
REASSIGN = reply("reassign", unit="PDAM", reason="pipanya milik PDAM")
INSTRUCT = reply("instruct", reason="Kirim tim hari ini")
OPEN = ("routed", "acknowledged", "in_progress", "waiting_for_reporter")
CLOSED = ("resolved", "closed", "handed_over", "rejected", "cancelled", "appealed")


def office_in(status: str, *, late: list[str] | None = None, **facts: Any) -> Office:
    """PUPR has it; its delay was escalated to the units ``late``, if given."""
    before = in_status(status, "triage" if status == "rejected" else "unit")
    office = Office(rules=ABOVE, cases=before.cases)
    if facts:
        office = Office(rules=ABOVE)
        office.hear(received(), classified(**facts))
    if late is not None:
        office.hear(breached(level=1, escalate_to=late))
    return office


def prioritize(urgency: str, reason: str = "dilewati anak sekolah") -> UnitReplied:
    return reply("prioritize", urgency=urgency, reason=reason)


@pytest.mark.parametrize("status", OPEN)
def test_triage_unit_reassigns_an_open_complaint_and_both_units_hear_why(status: str) -> None:
    office = office_in(status)

    told = office.hear(("DISKOMINFO", REASSIGN))

    assert (["routed"], [("PDAM", "routed"), ("PUPR", "withdrawn"), ("DISKOMINFO", "replied")]) == (
        kinds(told),
        to_units(told),
    )
    said = [each.reason for each in told if isinstance(each, UnitRouted) and each.why != "replied"]
    assert [True, True] == ["DISKOMINFO: pipanya milik PDAM" in str(reason) for reason in said]
    assert ("routed", "PDAM", "unit") == (office.case.status, office.case.unit, office.case.lane)


@pytest.mark.parametrize("status", CLOSED)
@pytest.mark.parametrize("action", [REASSIGN, prioritize("tinggi")])
def test_finished_or_appealed_complaint_cannot_be_reassigned_or_reprioritized(action: UnitReplied, status: str) -> None:
    office = office_in(status)

    told = office.hear(("DISKOMINFO", action))

    assert ("wrong_status", status) == (answer_to(told).code, office.case.status)


@pytest.mark.parametrize("action", [REASSIGN, INSTRUCT, prioritize("tinggi")])
@pytest.mark.parametrize(
    ("unit", "late", "may"),
    [
        ("SETDA", ["SETDA"], True),
        ("BUPATI", ["head", "BUPATI"], True),
        ("SETDA", None, False),
        ("BUPATI", ["SETDA"], False),
        ("DLH", ["DLH"], False),
        ("PDAM", ["SETDA"], False),
    ],
)
def test_superior_may_act_only_after_an_escalation_to_it(
    unit: str, late: list[str] | None, may: bool, action: UnitReplied
) -> None:
    office = office_in("routed", late=late)

    told = office.hear((unit, action))

    assert (may, None if may else "not_yours") == (answer_to(told).accepted, answer_to(told).code or None)


def test_a_breach_alone_or_of_a_request_for_rights_gives_no_power() -> None:
    office = office_in("routed")
    office.hear(followed_up(item("rights_request", right="erasure")))
    office.hear(breached(level=0), breached(stage="rights", level=1, escalate_to=["SETDA"]))

    assert "not_yours" == answer_to(office.hear(("SETDA", INSTRUCT))).code


def test_retracted_escalation_gives_no_power() -> None:
    office = office_in("routed", late=["SETDA"])
    office.cases[T] = changed(office.case, breach_recipients={})

    assert "not_yours" == answer_to(office.hear(("SETDA", INSTRUCT))).code


def test_accused_superior_has_no_power() -> None:
    office = office_in("routed", late=["SETDA"])
    office.hear(classified(about_units=["SETDA"]))
    office.cases[T] = changed(office.case, classified=classified(about_units=["SETDA"]))

    assert ["not_yours"] * 3 == [
        answer_to(office.hear(("SETDA", each))).code for each in (REASSIGN, INSTRUCT, prioritize("tinggi"))
    ]


def test_about_the_triage_unit_who_looks_at_officials_has_its_powers() -> None:
    office = office_in("routed")
    office.cases[T] = changed(office.case, classified=classified(about_units=["DISKOMINFO"]))

    refused = office.hear(("DISKOMINFO", REASSIGN))
    done = office.hear(("INSPEKTORAT", REASSIGN))

    assert ("not_yours", True) == (answer_to(refused).code, answer_to(done).accepted)


def test_it_is_given_to_no_unit_that_is_accused_or_is_not_there_or_has_it() -> None:
    office = office_in("routed")
    office.cases[T] = changed(office.case, classified=classified(about_units=["PDAM"]))

    def given(**to: Any) -> Any:
        return answer_to(office.hear(("DISKOMINFO", reply("reassign", reason="milik yang lain", **to)))).code

    assert ("accused", "accused", "unknown_unit", "already_done") == (
        given(unit="PDAM"),
        given(unit="DLH", support=["PDAM"]),
        given(unit="SIHIR"),
        given(unit="PUPR"),
    )


def test_instruction_text_reaches_the_units_but_not_the_reporter() -> None:
    office = Office(rules=ABOVE)
    office.hear(received(), classified(abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    office.hear(breached(level=1, escalate_to=["SETDA"]))

    told = office.hear(("SETDA", INSTRUCT))

    assert [("PUPR", "instructed"), ("PDAM", "instructed"), ("SETDA", "replied")] == to_units(told)
    assert ("noted", "instructed", "routed") == (told[0].kind, told[0].note, told[0].status)
    assert [] == [each for each in told if getattr(each, "message", "") == "Kirim tim hari ini"]


def test_superior_decides_an_overdue_appeal_except_about_its_own_work() -> None:
    office = office_in("appealed")
    office.hear(breached(stage="appeal", level=1, escalate_to=["BUPATI"]))
    own = office_in("appealed")
    own.hear(breached(stage="appeal", level=1, escalate_to=["BUPATI"]))
    assert own.case.appeal
    own.cases[T] = changed(own.case, appeal=changed(own.case.appeal, unit="BUPATI"))

    done = office.hear(("BUPATI", reply("dismiss", message="Sudah sesuai.")))
    refused = own.hear(("BUPATI", reply("dismiss", message="Sudah sesuai.")))

    assert [("PUPR", "updated"), ("SETDA", "withdrawn"), ("BUPATI", "replied")] == to_units(done)
    assert "not_allowed" == answer_to(refused).code


@pytest.mark.parametrize(
    ("unit", "urgency", "to", "code"),
    [
        ("PUPR", "sedang", "tinggi", None),
        ("PUPR", "tinggi", "sedang", "not_allowed"),
        ("PUPR", "darurat", "tinggi", "not_allowed"),
        ("DISKOMINFO", "tinggi", "rendah", None),
        ("DISKOMINFO", "darurat", "sedang", None),
        ("SETDA", "tinggi", "sedang", None),
        ("SETDA", "darurat", "tinggi", "not_allowed"),
        ("BPBD", "darurat", "tinggi", None),
        ("BPBD", "tinggi", "sedang", "not_allowed"),
        ("PUPR", "sedang", "sedang", "already_done"),
    ],
)
def test_urgency_can_be_changed_only_within_a_units_power(unit: str, urgency: str, to: str, code: str | None) -> None:
    office = office_in("routed", about_units=[])
    office.hear(breached(level=1, escalate_to=["SETDA", "BPBD"]))
    office.cases[T] = changed(office.case, urgency=urgency)

    told = office.hear((unit, prioritize(to)))

    assert (code, to if code is None else urgency) == (answer_to(told).code or None, office.case.urgency)


def test_how_urgent_it_is_now_is_in_the_story_and_known_to_those_who_work_on_it() -> None:
    office = office_in("routed")

    told = office.hear(("DISKOMINFO", prioritize("tinggi")))

    assert ("corrected", "urgency_changed", "tinggi", "dilewati anak sekolah") == (
        told[0].kind,
        told[0].note,
        told[0].urgency,
        told[0].reason,
    )
    assert [("PUPR", "updated"), ("DISKOMINFO", "replied")] == to_units(told)


def test_raised_by_its_unit_to_what_can_not_wait_the_triage_unit_hears() -> None:
    office = office_in("routed")

    told = office.hear(("PUPR", prioritize("darurat")))

    assert [("DISKOMINFO", "urgent"), ("PUPR", "replied")] == to_units(told)


def test_danger_that_is_told_of_since_counts_more_than_what_a_person_said_before() -> None:
    office = office_in("routed", urgency="darurat")
    office.hear(("DISKOMINFO", prioritize("rendah", "hanya gladi")))
    lowered = office.story()[-1].urgency

    office.hear(followed_up(item("addition", text="apinya merambat", danger=["fire"])))

    assert ("rendah", "darurat") == (lowered, office.story()[-1].urgency)


def test_corrected_type_survives_a_late_classification_whoever_has_the_complaint() -> None:
    office = Office(rules=ABOVE)
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("correct", type="aspirasi")))
    office.hear(classified(type="pengaduan"))
    later = office_in("routed")

    told = later.hear(("DISKOMINFO", reply("correct", type="permintaan_informasi")))

    assert ("aspirasi", "aspirasi") == (office.story()[-1].type, office.case.classified and office.case.classified.type)
    assert ("corrected", "type_corrected", "permintaan_informasi") == (told[0].kind, told[0].note, told[0].type)
    assert [("PUPR", "updated"), ("DISKOMINFO", "replied")] == to_units(told)


def test_a_unit_says_that_its_complaint_is_a_wish_and_answers_it_with_a_plan() -> None:
    office = office_in("routed")

    told = office.hear(("PUPR", reply("correct", type="aspirasi")))
    other = office.hear(("PUPR", reply("correct", category="air_bersih")))
    done = office.hear(("PUPR", reply("resolve", message="Kami usulkan dalam rencana kerja tahun 2027, bulan Maret.")))

    assert (["corrected"], [("PUPR", "replied")]) == (kinds(told), to_units(told))
    assert ["not_triage"] == [each.reply.code for each in other if isinstance(each, UnitRouted) and each.reply]
    assert ["resolved"] == kinds(done)


def test_type_and_category_may_be_put_right_at_once_in_the_triage_lane() -> None:
    office = in_status("routed", "triage")

    told = office.hear(("DISKOMINFO", reply("correct", type="aspirasi", category="air_bersih")))

    assert (["corrected", "corrected"], "air_bersih") == (kinds(told), office.case.category)


def test_the_powers_of_a_unit_that_ended_are_its_successors() -> None:
    ended = Unit(code="SETDA", name="SETDA", valid_until=date(2020, 1, 1), successor="DLH")

    assert ("DLH", "BUPATI") == in_force(replace(ABOVE, units={**UNITS, "SETDA": ended}), NOW).powers.superiors


def test_the_kabupatens_own_powers_are_those_of_its_file() -> None:
    powers = read_rules(Path(__file__).parents[3] / "region" / "soppeng").powers

    assert powers == POWERS


def test_merged_complaint_cannot_be_reassigned() -> None:
    office = Office(rules=ABOVE)
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER))
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)))

    assert "berstatus digabung" in str(refusal(office.hear(("DISKOMINFO", REASSIGN))))
