"""An addition that may accuse the units working on its complaint: a desk gets it, and those units never do."""

from __future__ import annotations

from typing import Any

import pytest
from router_office import OTHER, RULES, Office, T, classified, followed_up, item, received, refusal, reply

from contracts.events import Place, UnitRouted
from kabupaten.desks import CONDUCT_CATEGORY
from router import handlers
from router.case import Case
from router.duplicates import rank
from router.registration import apart
from router.snapshot import snapshot
from testing.events import NOW

#: The complaint about a road, with PUPR; ``T`` is added to it.
FIRST = OTHER


def first_with(unit: str = "PUPR", category: str = "jalan_jembatan", **facts: Any) -> Case:
    office = Office()
    office.hear(received(FIRST, complaint_id="first"), classified(FIRST, category, **facts))
    case = office.cases[FIRST]
    assert case.unit == unit
    return case


def added_to(case: Case, **facts: Any) -> Office:
    """An office where a complaint was added to ``case``, classified as ``facts``."""
    office = Office()
    office.cases[FIRST] = case
    office.hear(received(part_of=FIRST), classified(**facts))
    return office


def readers(office: Office) -> set[str]:
    return {emit.data.unit for emit in office.told if isinstance(emit.data, UnitRouted)}


@pytest.mark.parametrize(
    ("facts", "unit"),
    [
        ({"category": CONDUCT_CATEGORY, "about_units": ["PUPR"]}, "INSPEKTORAT"),
        ({"category": "jalan_jembatan", "about_units": ["PUPR"]}, "INSPEKTORAT"),
        ({"category": "jalan_jembatan", "perhaps_accusing": True, "perhaps_about": ["PUPR"]}, "DISKOMINFO"),
        # The classifier hears nothing in it: a person looks all the same.
        ({"category": "jalan_jembatan"}, "DISKOMINFO"),
        ({"category": "air_bersih"}, "DISKOMINFO"),
        ({"category": "jalan_jembatan", "urgency": "darurat"}, "DISKOMINFO"),
        ({"category": "jalan_jembatan", "place": Place(elsewhere="wajo")}, "DISKOMINFO"),
    ],
)
def test_addition_is_never_routed_by_rule_to_a_unit_of_the_first_complaint(facts: dict[str, Any], unit: str) -> None:
    office = added_to(first_with(), **facts)

    assert (unit, "triage") == (office.case.unit, office.case.lane)
    assert {unit} == readers(office)


def test_desk_that_works_on_the_first_complaint_does_not_check_the_addition() -> None:
    office = added_to(first_with("DISKOMINFO", "kominfo_digital"), category="kominfo_digital")

    assert office.case.unit == "INSPEKTORAT"
    assert {"INSPEKTORAT"} == readers(office)


def test_unit_accused_by_the_first_complaint_does_not_check_the_addition() -> None:
    first = first_with("SETDA", CONDUCT_CATEGORY, about_units=["INSPEKTORAT"])

    office = added_to(first, category=CONDUCT_CATEGORY)

    assert {"SETDA"} == readers(office)


def test_its_snapshot_says_what_it_was_added_to_and_who_is_not_to_read_it() -> None:
    office = added_to(first_with(), category=CONDUCT_CATEGORY, abstained=True)

    shown = snapshot(office.case, office.case.unit or "")
    assert (FIRST, ["PUPR"]) == (shown.part_of, shown.accuses)


def test_nothing_is_told_to_who_works_on_the_first() -> None:
    case = first_with()
    office = added_to(case, category=CONDUCT_CATEGORY)

    assert office.cases[FIRST] == case


def test_unclassified_addition_goes_to_a_desk_outside_the_first_complaint() -> None:
    office = Office()
    office.cases[FIRST] = first_with()
    office.hear(received(part_of=FIRST))

    changes, _ = handlers.unclassified(RULES, office.cases, T, NOW)

    assert ("DISKOMINFO", "triage") == (changes[T].unit, changes[T].lane)


def test_understood_before_it_comes_it_is_kept_away_all_the_same() -> None:
    office = Office()
    office.cases[FIRST] = first_with()
    office.hear(classified(category="jalan_jembatan"))
    office.hear(received(part_of=FIRST))

    assert (["PUPR"], "DISKOMINFO") == (office.case.apart_from, office.case.unit)


def test_a_person_who_has_looked_gives_a_false_alarm_to_whom_they_will() -> None:
    office = added_to(first_with(), category="jalan_jembatan")

    told = office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")))

    assert refusal(told) is None
    assert ("PUPR", "unit") == (office.case.unit, office.case.lane)


def test_addition_cannot_be_given_to_a_unit_it_surely_accuses() -> None:
    office = added_to(first_with(), category="jalan_jembatan", about_units=["PUPR"])

    told = office.hear(("INSPEKTORAT", reply("dispose", unit="PUPR")))

    assert "laporan ini tentang PUPR, tidak dapat diteruskan ke PUPR" == refusal(told)


def test_it_is_not_brought_together_with_the_first_by_likeness() -> None:
    office = added_to(first_with(), category="jalan_jembatan")

    assert [] == rank(RULES, office.case, [office.cases[FIRST]])
    assert [] == rank(RULES, office.cases[FIRST], [office.case])


def test_it_stands_in_no_public_list() -> None:
    office = added_to(first_with(), category="jalan_jembatan")
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")))

    assert {False} == {each.listed for each in office.story()}


def test_first_complaint_keeps_its_question_open_until_it_is_answered() -> None:
    """An accusing answer is split off: the question stands until another answer comes, or its time is up."""
    office = Office()
    office.hear(received(), classified(category="jalan_jembatan"))
    office.hear(("PUPR", reply("ask", message="Di mana tepatnya lubangnya?")))
    before = office.case

    answered = office.hear(followed_up(item("addition", text="di depan masjid")))

    assert "waiting_for_reporter" == before.status
    assert ("in_progress", True) == (office.case.status, bool(answered))


@pytest.mark.parametrize("action", ["acknowledge", "progress"])
def test_triage_desk_loses_a_complaint_that_may_accuse_it(action: str) -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply(action, message="Sedang kami periksa dulu")))

    office.hear(classified(category="kominfo_digital", perhaps_accusing=True, perhaps_about=["DISKOMINFO"]))

    assert ("INSPEKTORAT", "triage") == (office.case.unit, office.case.lane)


def test_unit_chosen_by_a_person_keeps_a_complaint_that_may_accuse_it() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")))

    office.hear(classified(category="jalan_jembatan", perhaps_accusing=True, perhaps_about=["PUPR"]))

    assert ("PUPR", "unit", True) == (office.case.unit, office.case.lane, office.case.triage_acted)


def test_units_are_barred_only_once_the_first_complaint_is_known() -> None:
    case = Case(ticket=T)

    assert case == apart(case, None)
    assert ["PUPR"] == apart(case, first_with()).apart_from
