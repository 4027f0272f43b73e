"""The status table, cell by cell: what each status lets a unit, a citizen and the clock do."""

from __future__ import annotations

from typing import Any

import pytest
from router_office import (
    OTHER,
    T,
    breached,
    classified,
    followed_up,
    in_status,
    item,
    kinds,
    received,
    refusal,
    reply,
    sla,
    to_units,
)

from router.unit_words import STATUS_WORDS

ACTIVE = ("routed", "acknowledged", "in_progress")
FINAL = ("closed", "handed_over", "rejected", "cancelled")
ALL = ("registered", *ACTIVE, "waiting_for_reporter", "resolved", "merged", *FINAL)

REPLIES: dict[str, Any] = {
    "acknowledge": reply("acknowledge"),
    "progress": reply("progress", message="Tim di lokasi"),
    "ask": reply("ask", message="Di RT berapa?"),
    "resolve": reply("resolve", message="Lubang sudah ditambal"),
    "return": reply("return", reason="bukan jalan kabupaten"),
    "hand-over": reply("hand-over", to="PLN", reason="milik PLN"),
    "dispose": reply("dispose", unit="PDAM"),
    "correct": reply("correct", category="air_bersih"),
    "reject": reply("reject", reason="bukan laporan"),
    "merge": reply("merge", into=OTHER),
    "unmerge": reply("unmerge"),
}
FOR_TRIAGE = ("dispose", "correct", "reject", "merge", "unmerge")
# action → status after it, from routed, acknowledged and in_progress; "=" keeps the status, None refuses the action.
IN_UNIT_LANE = {
    "acknowledge": ("acknowledged", None, None),
    "progress": ("in_progress",) * 3,
    "ask": ("waiting_for_reporter",) * 3,
    "resolve": ("resolved",) * 3,
    "return": ("routed",) * 3,
    "hand-over": ("handed_over",) * 3,
}
IN_TRIAGE_LANE = {
    **IN_UNIT_LANE,
    "dispose": ("routed",) * 3,
    "correct": ("=",) * 3,
    "reject": ("rejected",) * 3,
    "merge": ("merged",) * 3,
    "unmerge": (None,) * 3,
}


def expected_of(action: str, status: str, lane: str) -> tuple[str | None, str | None]:
    """(status after it, None), or (None, reason of the refusal)."""
    if lane == "unit" and action in FOR_TRIAGE:
        return None, f"tindakan {action} hanya untuk laporan di meja triase"
    if status == "merged" and action == "unmerge":
        return "routed", None
    if status not in ACTIVE or action == "unmerge":
        return None, f"laporan berstatus {STATUS_WORDS[status]}, tidak dapat {action}"
    after = IN_TRIAGE_LANE[action][ACTIVE.index(status)]
    return (status if after == "=" else after), (None if after else f"laporan sudah {STATUS_WORDS[status]}")


@pytest.mark.parametrize(
    ("lane", "status"),
    # Only the triage lane leads to merged and rejected.
    [("triage", s) for s in ALL[1:]] + [("unit", s) for s in ALL[1:] if s not in ("merged", "rejected")],
)
@pytest.mark.parametrize("action", REPLIES)
def test_each_reply_in_each_status_is_carried_out_or_refused_in_words(action: str, status: str, lane: str) -> None:
    office, unit = in_status(status, lane), "PUPR" if lane == "unit" else "DISKOMINFO"
    if status != "merged":
        office.hear(received(OTHER), classified(OTHER))
    seq = office.case.seq
    told = office.hear((unit, REPLIES[action]))
    after, reason = expected_of(action, status, lane)
    assert (reason, after or status) == (refusal(told), office.case.status)
    assert list(range(seq + 1, seq + 1 + len(kinds(told)))) == [step.seq for step in office.story()[seq + 1 :]]


# action → steps of the story, and the units told, when DISKOMINFO carries it out in the triage lane
TOLD: dict[str, tuple[list[str], list[tuple[str, str]]]] = {
    "acknowledge": (["acknowledged"], []),
    "progress": (["in_progress"], []),
    "ask": (["waiting_for_reporter"], []),
    "resolve": (["resolved"], []),
    "return": (["returned", "routed"], [("SETDA", "routed")]),
    "hand-over": (["handed_over"], []),
    "dispose": (["routed"], [("PDAM", "routed")]),
    "correct": (["corrected"], []),
    "reject": (["rejected"], []),
    "merge": (["merged"], [("PUPR", "updated")]),
}


@pytest.mark.parametrize("action", TOLD)
def test_each_reply_carried_out_is_told_once_and_answered_once(action: str) -> None:
    office = in_status("routed", "triage")
    office.hear(received(OTHER), classified(OTHER))
    told = office.hear(("DISKOMINFO", REPLIES[action]))
    steps, units = TOLD[action]
    assert (steps, [*units, ("DISKOMINFO", "replied")]) == (kinds(told), to_units(told))


def test_unmerging_brings_it_to_the_triage_lane() -> None:
    office = in_status("merged", "triage")
    told = office.hear(("DISKOMINFO", REPLIES["unmerge"]))
    assert ["unmerged", "routed"] == kinds(told)
    assert ("routed", "triage", "DISKOMINFO", None) == (
        office.case.status,
        office.case.lane,
        office.case.unit,
        office.case.parent,
    )


CITIZEN: dict[str, Any] = {
    "addition": item("addition", 2, text="depan masjid"),
    "good rating": item("rating", 2, rating=4),
    "bad rating": item("rating", 2, rating=3),
    "reopen": item("reopen", 2, text="masih berlubang"),
    "cancel": item("cancel", 2),
    "rights_request": item("rights_request", 2),
    "appeal": item("appeal", 2, rating=1, text="masih berlubang"),
}
# the citizen's wish → status → steps of the story; in all other statuses it is noted and changes nothing
CHANGES: dict[str, dict[str, list[str]]] = {
    "addition": {"waiting_for_reporter": ["in_progress"]},
    "good rating": {"resolved": ["closed"]},
    "bad rating": {},
    "reopen": {"resolved": ["reopened", "routed"]},
    "cancel": {s: ["cancelled"] for s in ("registered", *ACTIVE, "waiting_for_reporter", "appealed")},
    "rights_request": {},
    "appeal": {"resolved": ["appealed"]},
}


@pytest.mark.parametrize("status", [*ALL, "appealed"])
@pytest.mark.parametrize("wish", CITIZEN)
def test_each_wish_of_the_citizen_is_fulfilled_or_answered_with_a_note(wish: str, status: str) -> None:
    office = in_status(status, "triage" if status in ("merged", "rejected") else "unit")
    told = office.hear(followed_up(CITIZEN[wish]))
    steps = CHANGES[wish].get(status, ["noted"])
    assert (steps, status if steps == ["noted"] else steps[-1]) == (kinds(told), office.case.status)
    if steps == ["noted"]:
        assert office.story()[-1].code


# the clock's word → status → steps of the story; it changes no other status
CLOCK: dict[str, dict[str, list[str]]] = {
    "lapsed": {"resolved": ["closed"]},
    "resumed": {"waiting_for_reporter": ["in_progress"]},
    **{kind: {} for kind in ("started", "paused", "warned", "met", "stopped", "rescheduled", "retracted")},
}


@pytest.mark.parametrize("status", [*ALL, "appealed"])
@pytest.mark.parametrize("kind", CLOCK)
def test_the_clock_closes_and_resumes_and_else_changes_no_status(kind: str, status: str) -> None:
    office = in_status(status, "triage" if status in ("merged", "rejected") else "unit")
    stage = "closing" if kind == "lapsed" else "completion"
    told = office.hear(sla(kind, stage=stage, based_on_seq=office.case.seq))
    steps = CLOCK[kind].get(status, [])
    assert (steps, steps[-1] if steps else status) == (kinds(told), office.case.status)


@pytest.mark.parametrize("status", ALL)
def test_clock_events_reach_the_holding_unit_or_else_the_triage_unit(status: str) -> None:
    office = in_status(status, "triage" if status in ("merged", "rejected") else "unit")
    told = to_units(office.hear(sla("started"), sla("warned"), breached()))
    held = {each: ("PUPR", ["deadline-set", "warned", "breached"]) for each in (*ACTIVE, "waiting_for_reporter")}
    unit, whys = {**held, "registered": ("DISKOMINFO", ["warned", "breached"])}.get(status, ("", []))
    assert [(unit, why) for why in whys] == told


@pytest.mark.parametrize("status", ALL[1:])
def test_repeated_or_late_intake_events_change_nothing(status: str) -> None:
    office = in_status(status, "triage" if status in ("merged", "rejected") else "unit")
    told = [*office.hear(received(), classified(category="air_bersih")), *office.ring()]
    assert ([], [], status) == (kinds(told), to_units(told), office.case.status)


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("ask", "message"),
        ("resolve", "message"),
        ("return", "reason"),
        ("hand-over", "to"),
        ("hand-over", "reason"),
        ("dispose", "unit"),
        ("correct", "category atau type"),
        ("reject", "reason"),
        ("merge", "into"),
        ("reassign", "unit"),
        ("reassign", "reason"),
        ("instruct", "reason"),
        ("ask-help", "unit"),
        ("ask-help", "reason"),
        ("prioritize", "urgency"),
        ("prioritize", "reason"),
    ],
)
@pytest.mark.parametrize("given", [None, "", "  \n"])
def test_a_reply_without_what_it_needs_is_refused(action: str, field: str, given: str | None) -> None:
    office = in_status("routed", "triage")
    all_facts = {
        "hand-over": {"to": "PLN", "reason": "milik PLN"},
        "ask-help": {"unit": "PDAM", "reason": "tutup keran induk"},
        "reassign": {"unit": "PDAM", "reason": "pipanya milik PDAM"},
        "prioritize": {"urgency": "tinggi", "reason": "dilewati anak sekolah"},
    }
    left_out = field.partition(" ")[0]
    facts = {name: value for name, value in all_facts.get(action, {}).items() if name != left_out}
    facts |= {} if given is None else {left_out: given}
    told = office.hear(("DISKOMINFO", reply(action, T, **facts)))
    assert (f"tindakan {action} perlu {field}", "routed") == (refusal(told), office.case.status)
