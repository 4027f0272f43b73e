"""No way through the router leads to a unit that is or may be accused: each category, unit and lane, in Soppeng."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET
from router_office import OTHER, Office, T, breached, classified, followed_up, item, received, refusal, reply

from contracts.events import UnitRouted
from contracts.vocabulary import HEAD, ComplaintType, Urgency, Why
from kabupaten.desks import CONDUCT_CATEGORY
from router.adapters.region import read_rules
from router.rules import OUTSIDE, Understood, assign, in_force

RULES = in_force(read_rules(Path(__file__).parents[3] / "region" / "soppeng"), datetime(2026, 11, 28, tzinfo=UTC))
CATEGORIES = [None, *sorted(RULES.unit_of_category)]
UNITS = sorted(RULES.units)
#: The unit for victims, which reads every complaint about one; only the classifier can say that it is accused itself.
GUARDIAN = "DP3AP2KB"


def matters_of(category: str | None) -> list[str | None]:
    """The matters that the rules know for ``category``, and None."""
    return [None, *sorted({each for rule in RULES.routing if category in rule.categories for each in rule.matters})]


@pytest.mark.parametrize("protected", [False, True], ids=["", "victim"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_no_rule_gives_a_complaint_to_who_is_accused_or_may_be(category: str | None, *, protected: bool) -> None:
    wrong = []
    for unit, matter, place, kind, urgency, abstained, sure in product(
        UNITS, matters_of(category), (None, "Ganra"), ComplaintType, Urgency, (False, True), (False, True)
    ):
        if protected and unit == GUARDIAN and not sure:
            continue
        found = Understood(
            category=category, matter=matter, kecamatan=place, type=kind, urgency=urgency, protected=protected,
            abstained=abstained, about_units=[unit] if sure else [], perhaps_accusing=not sure,
            perhaps_about=[] if sure else [unit],
        )  # fmt: skip
        to = assign(RULES, found)
        if to.lane != OUTSIDE and unit in (to.unit, *to.support):
            wrong.append((found, to))
    assert [] == wrong


Lane = Callable[[Office, str], list[Any]]


def holder(office: Office) -> str:
    """The unit that has the complaint now."""
    unit = office.case.unit
    assert unit is not None
    return unit


def another(office: Office, accused: str) -> str:
    """A working unit that is not ``accused`` and does not have it."""
    return next(unit for unit in ("PUPR", "PDAM", "DISHUB") if unit not in (accused, office.case.unit))


def _do(office: Office, action: str, **facts: Any) -> list[Any]:
    """Let the unit that has it do ``action``; a refusal fails, because the lane would not be tested."""
    told = _ask(office, action, **facts)
    assert refusal(told) is None
    return told


def _ask(office: Office, action: str, **facts: Any) -> list[Any]:
    return office.hear((holder(office), reply(action, **facts)))


def _given_to_another(office: Office, accused: str) -> list[Any]:
    return _do(office, "dispose", unit=another(office, accused))


def _returned(office: Office, accused: str) -> list[Any]:
    return [*_given_to_another(office, accused), *_do(office, "return", reason="bukan urusan kami, tetapi dinas lain")]


def _returned_often(office: Office, accused: str) -> list[Any]:
    return [each for _ in range(3) for each in _returned(office, accused)]


def _returned_by_the_desk(office: Office, _accused: str) -> list[Any]:
    return _ask(office, "return", reason="bukan urusan meja ini, periksa lagi")  # refused at the last one


def _late(office: Office, accused: str) -> list[Any]:
    ladder = [HEAD, accused, "SETDA", "BUPATI", "BPBD"]
    told = [office.hear(breached(level=level, escalate_to=ladder)) for level in range(4)]
    return [*(each for some in told for each in some), *office.release(at_once=True)]


def _late_with_another(office: Office, accused: str) -> list[Any]:
    return [*_given_to_another(office, accused), *_late(office, accused)]


def _added(office: Office, _accused: str) -> list[Any]:
    return office.hear(followed_up(item("addition", text="dia mengancam lagi", danger=["abuse"])))


def _asked_to_help(office: Office, accused: str) -> list[Any]:
    return [*_given_to_another(office, accused), *_ask(office, "ask-help", unit=accused, reason="tutup keran induk")]


def _added_to_what_another_has(office: Office, accused: str) -> list[Any]:
    return [*_given_to_another(office, accused), *_added(office, accused)]


def _resolved(office: Office, accused: str) -> list[Any]:
    return [*_given_to_another(office, accused), *_do(office, "resolve", message="Sudah ditambal dengan aspal baru")]


def _rated_badly(office: Office, accused: str) -> list[Any]:
    return [*_resolved(office, accused), *office.hear(followed_up(item("rating", rating=1)))]


def _reopened(office: Office, accused: str) -> list[Any]:
    return [*_resolved(office, accused), *office.hear(followed_up(item("reopen")))]


def _appealed(office: Office, accused: str) -> list[Any]:
    told = [
        *_rated_badly(office, accused),
        *office.hear(followed_up(item("rating", rating=1), item("appeal", text="Belum"))),
    ]
    return [*told, *_do(office, "uphold", reason="belum dikerjakan sampai selesai")]


def _asked_for_its_data(office: Office, _accused: str) -> list[Any]:
    return office.hear(followed_up(item("rights-request", right="erasure")))


def _handed_over(office: Office, _accused: str) -> list[Any]:
    told = _do(office, "hand-over", to="PLN", reason="jaringan listrik milik PLN")
    return [*told, *_do(office, "undo", reason="keliru dilimpahkan")]


def _corrected(office: Office, _accused: str) -> list[Any]:
    return _do(office, "correct", category=CONDUCT_CATEGORY)


def _corrected_away(office: Office, _accused: str) -> list[Any]:
    return _do(office, "correct", category="jalan_jembatan")


def _found_similar(office: Office, accused: str) -> list[Any]:
    """The same text came by another channel before, and lies with the accused unit."""
    office.hear(received(OTHER, channel="sms"), classified(OTHER, category=office.case.category or ""))
    office.cases[OTHER] = msgspec.structs.replace(office.cases[OTHER], unit=accused, lane="unit")
    return office.sweep()


LANES: list[Lane] = [
    _given_to_another, _returned, _returned_often, _returned_by_the_desk, _late, _late_with_another, _added,
    _added_to_what_another_has, _resolved, _rated_badly, _reopened, _appealed, _asked_for_its_data, _handed_over,
    _corrected, _corrected_away, _found_similar, _asked_to_help,
]  # fmt: skip


def accusing(accused: str, *, sure: bool, **facts: Any) -> Any:
    """A classification that accuses ``accused``, in one of that unit's own categories if it has any."""
    own = next((name for name, unit in sorted(RULES.unit_of_category.items()) if unit == accused), "jalan_jembatan")
    whom = {"about_units": [accused]} if sure else {"perhaps_accusing": True, "perhaps_about": [accused]}
    return classified(category=own, **whom, **facts)


def shown_to(unit: str, told: list[Any]) -> list[str]:
    """The reasons why ``unit`` was shown the complaint ``T``; a withdrawal shows nothing new."""
    records = [each for each in told if isinstance(each, UnitRouted) and each.unit == unit]
    return [
        each.why
        for each in records
        if each.complaint is not UNSET and each.complaint.ticket == T and each.why != Why.WITHDRAWN
    ]


@pytest.mark.parametrize("late", [False, True], ids=["", "understood-late"])
@pytest.mark.parametrize("sure", [True, False], ids=["sure", "in-doubt"])
@pytest.mark.parametrize("lane", LANES, ids=[lane.__name__.strip("_") for lane in LANES])
def test_by_no_lane_is_a_complaint_shown_to_who_is_accused_or_may_be(lane: Lane, *, sure: bool, late: bool) -> None:
    wrong = {}
    for unit, urgency in product(UNITS, ("sedang", "tinggi", "darurat")):
        office = Office(rules=replace(RULES, similar_merge=0.95))
        office.hear(received())
        if late:
            office.ring()
        told = office.hear(accusing(unit, sure=sure, urgency=urgency))
        if seen := shown_to(unit, [*told, *lane(office, unit)]):
            wrong[unit, urgency] = seen
    assert {} == wrong


@pytest.mark.parametrize("sure", [True, False], ids=["sure", "in-doubt"])
def test_desk_is_told_which_units_the_complaint_accuses(*, sure: bool) -> None:
    office = Office(rules=RULES)
    told = office.hear(received(), accusing("PUPR", sure=sure))

    assert {(("PUPR",), ("PUPR",) if sure else ())} == {
        (tuple(each.complaint.accuses), tuple(each.complaint.about_units))
        for each in told
        if isinstance(each, UnitRouted) and each.complaint
    }


@pytest.mark.parametrize("unit", UNITS)
def test_nobody_can_give_a_complaint_to_who_is_accused_for_sure(unit: str) -> None:
    office = Office(rules=RULES)
    office.hear(received(), accusing(unit, sure=True))

    assert f"laporan ini tentang {unit}" in (refusal(_ask(office, "dispose", unit=unit)) or "")
    assert f"laporan ini tentang {unit}" in (
        refusal(_ask(office, "dispose", unit=another(office, unit), support=[unit])) or ""
    )


@pytest.mark.parametrize("unit", UNITS)
def test_desk_may_give_a_doubtful_accusation_to_any_unit(unit: str) -> None:
    office = Office(rules=RULES)
    office.hear(received(), accusing(unit, sure=False))
    _do(office, "dispose", unit=unit)

    assert unit == office.case.unit
    assert unit in [
        each.unit for each in office.hear(followed_up(item("addition", text="masih"))) if isinstance(each, UnitRouted)
    ]


def test_a_unit_is_kept_from_nothing_that_is_in_no_doubt() -> None:
    office = Office(rules=RULES)
    told = office.hear(received(), classified(category="jalan_jembatan", perhaps_about=["PUPR"]))

    seen = [each for each in told if isinstance(each, UnitRouted)]
    assert [("PUPR", [])] == [(each.unit, each.complaint.accuses) for each in seen if each.complaint]
