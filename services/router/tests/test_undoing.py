"""Undoing a mistake: who may do it, how long, and that all is as before."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
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

from kabupaten.routing import RoutingRule

RESOLVE = reply("resolve", message="Lubang sudah ditambal")
ACTS: dict[str, Any] = {
    "resolve": RESOLVE,
    "return": reply("return", reason="bukan jalan kabupaten"),
    "hand-over": reply("hand-over", to="PLN", reason="jaringan listrik milik PLN"),
    "reject": reply("reject", reason="bukan laporan"),
}
UNDO, LATER = reply("undo"), reply("undo", reason="Fotonya dari tempat lain")


def age(office: Office, **by: int) -> None:
    """Make the last act older ``by`` that much."""
    assert office.case.undo
    office.cases[T] = replace(office.case, undo=replace(office.case.undo, at=office.case.undo.at - timedelta(**by)))


def did(action: str, status: str = "acknowledged") -> tuple[Office, Any, str]:
    """An office where ``action`` was done, the case before, and the unit that did it."""
    lane = "triage" if action == "reject" else "unit"
    office, by = in_status(status, lane), "DISKOMINFO" if action == "reject" else "PUPR"
    before = office.case
    office.hear((by, ACTS[action]))
    return office, before, by


@pytest.mark.parametrize("status", ["routed", "acknowledged", "in_progress"])
@pytest.mark.parametrize("action", ACTS)
def test_undone_all_is_as_it_was_before_but_for_the_steps(action: str, status: str) -> None:
    office, before, by = did(action, status)

    told = office.hear((by, UNDO))

    assert (True, [status]) == (answer_to(told).accepted, kinds(told))
    assert ("undone", before.unit, before.lane, by) == (told[0].note, told[0].unit, told[0].lane, told[0].by)
    names = ("status", "unit", "lane", "support", "returns", "had", "resolved_seq", "deadline_at", "category")
    assert [getattr(before, name) for name in names] == [getattr(office.case, name) for name in names]
    assert None is office.case.undo


@pytest.mark.parametrize("action", ACTS)
def test_after_its_time_who_did_it_asks_the_triage_unit_which_says_why(action: str) -> None:
    office, before, by = did(action)
    age(office, minutes=11)

    late = answer_to(office.hear((by, UNDO))).code
    without = answer_to(office.hear(("DISKOMINFO", UNDO))).code
    told = office.hear(("DISKOMINFO", LATER))

    assert ("missing_field" if by == "DISKOMINFO" else "too_late", "missing_field") == (late, without)
    assert ("undone", "Fotonya dari tempat lain", before.status) == (told[0].note, told[0].reason, office.case.status)


def test_the_unit_hears_that_the_triage_unit_has_taken_its_act_back() -> None:
    office, _, _ = did("resolve")

    told = office.hear(("DISKOMINFO", LATER))

    assert [("PUPR", "undone"), ("DISKOMINFO", "replied")] == to_units(told)


def test_undoing_is_told_to_the_unit_that_got_or_forwards_the_complaint() -> None:
    returned, _, _ = did("return")
    handed, _, _ = did("hand-over")

    assert [("DISKOMINFO", "withdrawn"), ("PUPR", "replied")] == to_units(returned.hear(("PUPR", UNDO)))
    assert [("DISKOMINFO", "undone"), ("PUPR", "replied")] == to_units(handed.hear(("PUPR", UNDO)))


@pytest.mark.parametrize("action", ACTS)
def test_after_days_nobody_takes_it_back(action: str) -> None:
    office, _, _ = did(action)
    age(office, days=31)

    assert "too_late" == answer_to(office.hear(("DISKOMINFO", LATER))).code


@pytest.mark.parametrize(
    ("action", "since", "code"),
    [
        ("resolve", followed_up(item("reopen")), "nothing_to_undo"),
        ("resolve", followed_up(item("rating", rating=5)), "nothing_to_undo"),
        ("resolve", followed_up(item("rating", rating=1), item("appeal")), "not_yours"),
        ("return", ("DISKOMINFO", reply("acknowledge")), "not_yours"),
        ("return", ("DISKOMINFO", reply("dispose", unit="PDAM")), "not_yours"),
    ],
)
def test_act_that_others_have_reacted_to_cannot_be_undone(action: str, since: Any, code: str) -> None:
    office, _, by = did(action)
    office.hear(since)
    status = office.case.status

    refused = [answer_to(office.hear((unit, LATER))).code for unit in (by, "DISKOMINFO")]

    assert ([code, "nothing_to_undo"], status) == (refused, office.case.status)


def test_return_cannot_be_undone_after_the_complaint_was_merged_and_unmerged() -> None:
    office, _, _ = did("return")
    office.hear(received(OTHER), classified(OTHER))
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)), ("DISKOMINFO", reply("unmerge")))
    assert ("routed", "DISKOMINFO") == (office.case.status, office.case.unit)

    assert "not_yours" == answer_to(office.hear(("PUPR", UNDO))).code


def test_escalation_missed_during_a_rejection_is_told_after_undoing() -> None:
    office, _, _ = did("reject", "routed")
    office.hear(breached(level=0), breached(level=1, escalate_to=["SETDA"], number=1))
    heard = [("SETDA", "escalated")] == to_units(office.release())
    office.hear(("DISKOMINFO", UNDO))

    assert (False, [("SETDA", "escalated")]) == (heard, to_units(office.release()))


def test_a_note_or_a_mark_since_does_not_keep_it_from_being_taken_back() -> None:
    office, _, _ = did("resolve")
    office.hear(followed_up(item("addition", text="belum"), item("rating", rating=2)))

    office.hear(("PUPR", UNDO))

    assert ("acknowledged", None) == (office.case.status, office.case.mark)


def test_another_unit_takes_nothing_back() -> None:
    office, _, _ = did("return")

    assert "not_yours" == answer_to(office.hear(("PDAM", UNDO))).code


def test_unit_accused_meanwhile_cannot_undo_its_act() -> None:
    office, _, _ = did("return")
    office.cases[T] = replace(office.case, classified=classified(about_units=["PUPR"]))

    by_actor, by_desk = office.hear(("PUPR", UNDO)), office.hear(("DISKOMINFO", LATER))

    assert ("accused", "nothing_to_undo") == (answer_to(by_actor).code, answer_to(by_desk).code)


def test_undoing_does_not_bring_back_helpers_accused_meanwhile() -> None:
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER, abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM", "DISHUB"])))
    office.hear(("DISKOMINFO", reply("merge", OTHER, into=T)), ("PUPR", ACTS["hand-over"]))
    office.cases[T] = replace(office.case, classified=classified(about_units=["PDAM"]))
    office.cases[OTHER] = replace(office.cases[OTHER], classified=classified(OTHER, about_units=["DISHUB"]))

    office.hear(("PUPR", UNDO))

    assert ("PUPR", []) == (office.case.unit, office.case.support)


def test_undone_it_is_not_undone_again_and_may_be_done_again() -> None:
    office, _, _ = did("resolve")
    office.hear(("PUPR", UNDO))

    assert "nothing_to_undo" == answer_to(office.hear(("PUPR", UNDO))).code
    assert [None, "resolved"] == [refusal(office.hear(("PUPR", RESOLVE))), office.case.status]


def test_those_that_helped_help_again_and_hear_it() -> None:
    office = Office()
    office.hear(received(), classified(abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    office.hear(("PUPR", ACTS["hand-over"]))

    told = office.hear(("PUPR", UNDO))

    assert [("PDAM", "undone"), ("DISKOMINFO", "undone"), ("PUPR", "replied")] == to_units(told)
    assert ["PDAM"] == [each.unit for each in office.case.support]


@pytest.mark.parametrize("action", ["resolve", "hand-over", "return"])
def test_those_that_follow_it_follow_it_again(action: str) -> None:
    office = Office()
    office.hear(received(), classified(), received(OTHER), classified(OTHER, abstained=True))
    office.hear(("DISKOMINFO", reply("merge", OTHER, into=T)), ("PUPR", ACTS[action]))
    steps = len(office.story(OTHER))

    told = office.hear(("PUPR", UNDO))

    assert ("merged", T) == (office.cases[OTHER].status, office.cases[OTHER].parent)
    assert ([] if action == "return" else ["undone"]) == [each.note for each in office.story(OTHER)[steps:]]
    assert len(kinds(told)) == len([each for each in told if getattr(each, "note", "") == "undone"])


def test_triage_unit_can_undo_a_handover_made_by_rule() -> None:
    rule = RoutingRule(categories=frozenset({"listrik_energi"}), hand_over="PLN", reason="diurus PLN")
    office = Office(rules=dataclasses.replace(RULES, routing=(rule,)))
    office.hear(received(), classified(category="listrik_energi"))
    assert "handed_over" == office.case.status

    told = office.hear(("DISKOMINFO", LATER))

    assert (["reopened", "routed"], "undone") == (kinds(told), told[0].note)
    assert ("routed", "DISKOMINFO", "triage") == (office.case.status, office.case.unit, office.case.lane)


def test_act_on_a_merged_complaint_is_undone_only_at_its_parent() -> None:
    office = Office()
    office.hear(received(), classified(), received(OTHER), classified(OTHER, abstained=True))
    office.hear(("DISKOMINFO", reply("merge", OTHER, into=T)), ("PUPR", ACTS["hand-over"]))
    assert "handed_over" == office.cases[OTHER].status

    refused = answer_to(office.hear(("DISKOMINFO", reply("undo", OTHER, reason="salah"))))

    assert ("nothing_to_undo", f"laporan ini mengikuti {T}; batalkan di sana") == (refused.code, refused.reason)


def test_erased_nothing_is_taken_back() -> None:
    office, _, _ = did("reject")
    office.hear(("DISKOMINFO", reply("erase", reason="diminta pelapor")))

    assert "erased" == answer_to(office.hear(("DISKOMINFO", LATER))).code
