"""An appeal: who may make it and when, who decides, and what each decision does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, cast

import msgspec
import pytest
from msgspec import UNSET
from router_office import (
    AT,
    DEADLINE,
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
    sla,
    to_units,
)

from contracts.events import UnitRouted
from kabupaten.routing import Powers
from kabupaten.units import Unit
from router import handlers
from router.case import Case
from router.rules import in_force
from testing.events import NOW

WHY = "Yang kecil belum ditambal"
BAD, APPEAL = item("rating", rating=1), item("appeal", text=WHY)
RESOLVED = reply("resolve", message="Lubang sudah ditambal")
UPHOLD = reply("uphold", reason="Tambal seluruh ruasnya")
DISMISS = reply("dismiss", message="Lubang sudah ditambal, seperti di foto.")


def appealed(office: Office | None = None, *items: Any) -> Office:
    office = office or in_status("resolved")
    office.hear(followed_up(*(items or (BAD, APPEAL))))
    assert "appealed" == office.case.status
    return office


def resolved_with(rules: Any = RULES, **facts: Any) -> Office:
    """An office where PUPR has resolved the complaint."""
    office = Office(rules=rules)
    office.hear(received(), classified(**facts), ("PUPR", RESOLVED))
    return office


def records(told: list[Any], unit: str) -> list[UnitRouted]:
    return [each for each in told if isinstance(each, UnitRouted) and each.unit == unit]


def test_an_appeal_after_a_bad_mark_goes_to_the_supervisor_and_leaves_the_unit() -> None:
    office = in_status("resolved")
    office.hear(followed_up(BAD))

    told = office.hear(followed_up(BAD, APPEAL))

    assert (["appealed"], [("SETDA", "appealed"), ("PUPR", "withdrawn")]) == (kinds(told), to_units(told))
    assert ("appealed", "SETDA", "triage") == (office.case.status, office.case.unit, office.case.lane)


def test_the_supervisor_reads_why_the_mark_and_what_was_done_before() -> None:
    office = in_status("resolved")

    told = office.hear(followed_up(BAD, APPEAL))

    (record,) = [each for each in records(told, "SETDA") if each.why == "appealed"]
    shown = record.complaint
    assert shown is not UNSET
    assert shown.appeal is not UNSET
    assert ("PUPR", 1, WHY, UNSET) == (shown.appeal.unit, shown.appeal.rating, shown.appeal.text, shown.appeal.upheld)
    assert ["registered", "routed", "resolved"] == [past.kind for past in shown.history]
    assert ("PUPR", "Lubang sudah ditambal") == (shown.history[-1].by, shown.history[-1].message)


@pytest.mark.parametrize(
    ("status", "items", "code"),
    [
        ("routed", [APPEAL], "appeal_open"),
        ("closed", [APPEAL], "ended"),
        ("resolved", [APPEAL], "appeal_mark"),
        ("resolved", [item("rating", rating=3), APPEAL], "appeal_mark"),
        ("resolved", [BAD, item("appeal", rating=4)], "appeal_mark"),
        ("resolved", [BAD, APPEAL, item("appeal", 2)], "appeal_again"),
    ],
)
def test_an_appeal_that_can_not_be_made_is_answered_with_why(status: str, items: list[Any], code: str) -> None:
    office = in_status(status)

    office.hear(followed_up(*items))

    assert ("noted", "refused", code) == (office.story()[-1].kind, office.story()[-1].note, office.story()[-1].code)


def test_the_mark_may_come_with_the_appeal_and_is_told_with_it() -> None:
    office = appealed(None, item("appeal", rating=2, text=WHY))

    assert (2, 2) == (office.story()[-1].rating, office.case.appeal and office.case.appeal.rating)


def test_rating_of_an_earlier_resolution_does_not_permit_an_appeal() -> None:
    office = in_status("resolved")
    office.hear(followed_up(BAD, item("reopen")), ("PUPR", RESOLVED))

    office.hear(followed_up(BAD, item("reopen"), APPEAL))

    assert "appeal_mark" == office.story()[-1].code


def test_appeal_is_offered_once_after_a_low_rating() -> None:
    office = in_status("resolved")
    office.hear(followed_up(BAD))
    first = office.story()[-1].code
    office.hear(followed_up(BAD, APPEAL), ("SETDA", UPHOLD), ("PUPR", RESOLVED))
    office.hear(followed_up(BAD, APPEAL, item("rating", 2, rating=1)))

    assert ("rated_bad", "rated_resolved") == (first, office.story()[-1].code)


SUPERVISED = {**RULES.units, "PUPR": Unit(code="PUPR", name="PUPR", supervisor="PDAM")}
DAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    ("units", "facts", "judge"),
    [
        (RULES.units, {}, "SETDA"),
        (SUPERVISED, {}, "PDAM"),
        (SUPERVISED, {"about_units": ["PDAM"]}, "SETDA"),
        (SUPERVISED, {"about_units": ["PDAM", "SETDA"]}, "INSPEKTORAT"),
        (SUPERVISED, {"about_units": ["PDAM", "SETDA", "INSPEKTORAT"]}, "DISKOMINFO"),
        (
            {**SUPERVISED, "PDAM": Unit(code="PDAM", name="PDAM", valid_until=DAY, successor="DISHUB")},
            {},
            "DISHUB",
        ),
    ],
)
def test_the_supervisor_decides_unless_it_is_accused(units: Any, facts: Any, judge: str) -> None:
    office = resolved_with(replace(RULES, units=units))
    late = classified(**facts)
    office.cases[T] = msgspec.structs.replace(office.case, classified=late)

    appealed(office)

    assert judge == office.case.unit


def test_about_conduct_who_looks_at_officials_decides_but_not_about_its_own_work() -> None:
    conduct = resolved_with()
    conduct.cases[T] = msgspec.structs.replace(conduct.case, category="aparatur_korupsi")
    own = Office()
    own.hear(received(), classified(category="aparatur_korupsi"), ("INSPEKTORAT", RESOLVED))

    assert ("INSPEKTORAT", "SETDA") == (appealed(conduct).case.unit, appealed(own).case.unit)


def test_appeal_goes_to_a_superior_or_the_resolver_if_all_other_desks_are_accused() -> None:
    about = classified(category="kominfo_digital", about_units=["SETDA", "INSPEKTORAT"])
    judges = []
    for superiors in (("PDAM",), ()):
        office = in_status("resolved", "triage")
        office.rules = replace(RULES, powers=Powers(superiors=superiors))
        office.cases[T] = msgspec.structs.replace(office.case, classified=about)
        judges.append(appealed(office).case.unit)

    assert ["PDAM", "DISKOMINFO"] == judges
    assert answer_to(office.hear(("DISKOMINFO", DISMISS))).accepted


def test_acknowledged_it_stays_appealed_and_its_reporter_hears_once() -> None:
    office = appealed()

    told = office.hear(("SETDA", reply("acknowledge")))

    assert [("appealed", "appeal_acknowledged")] == [(each.status, each.note) for each in told if hasattr(each, "note")]
    assert "already_done" == answer_to(office.hear(("SETDA", reply("acknowledge")))).code


def test_upheld_it_goes_back_to_the_unit_with_the_instruction() -> None:
    office = appealed()

    told = office.hear(("SETDA", msgspec.structs.replace(UPHOLD, message="Unit kami minta memperbaikinya.")))

    assert (["reopened", "routed"], [("PUPR", "routed"), ("SETDA", "replied")]) == (kinds(told), to_units(told))
    assert ("routed", "PUPR", "unit", True) == (
        office.case.status,
        office.case.unit,
        office.case.lane,
        office.case.appeal and office.case.appeal.upheld,
    )
    assert ("appeal_upheld", "Unit kami minta memperbaikinya.") == (told[0].note, told[0].message)
    assert "keberatan pelapor diterima SETDA: Tambal seluruh ruasnya" == records(told, "PUPR")[0].reason


def test_upheld_it_may_be_given_to_another_unit_and_not_to_one_that_is_accused() -> None:
    office = appealed(resolved_with(about_units=[]))
    office.cases[T] = msgspec.structs.replace(office.case, classified=classified(about_units=["DISHUB"]))

    refused = office.hear(("SETDA", msgspec.structs.replace(UPHOLD, unit="DISHUB")))
    office.hear(("SETDA", msgspec.structs.replace(UPHOLD, unit="PDAM", support=["PUPR"])))

    assert "accused" == answer_to(refused).code
    assert ("PDAM", ["PUPR"]) == (office.case.unit, [each.unit for each in office.case.support])


def test_upheld_about_a_unit_that_is_accused_since_it_goes_to_the_triage_lane() -> None:
    office = appealed()
    office.hear(classified(about_units=["PUPR"]))

    office.hear(("SETDA", UPHOLD))

    assert ("DISKOMINFO", "triage") == (office.case.unit, office.case.lane)


def test_dismissed_it_is_closed_as_the_units_work_with_an_explanation() -> None:
    office = appealed()

    told = office.hear(("SETDA", DISMISS))

    assert (["closed"], [("PUPR", "updated"), ("SETDA", "replied")]) == (kinds(told), to_units(told))
    assert ("closed", "PUPR", "unit", "appeal_dismissed", DISMISS.message, "SETDA") == (
        told[0].status,
        told[0].unit,
        told[0].lane,
        told[0].note,
        told[0].message,
        told[0].by,
    )


@pytest.mark.parametrize("action", [UPHOLD, DISMISS])
def test_unit_that_did_the_work_cannot_decide_the_appeal(action: Any) -> None:
    office = appealed()

    refused = office.hear(("PUPR", action))

    assert ("not_yours", "appealed") == (answer_to(refused).code, office.case.status)


@pytest.mark.parametrize("action", ["resolve", "return", "dispose", "reject", "hand-over", "progress", "merge"])
def test_while_it_is_appealed_nothing_else_is_done_with_it(action: str) -> None:
    office = appealed()

    told = office.hear(("SETDA", reply(action, message="Sudah", reason="bukan", unit="PDAM", to="PLN", into=OTHER)))

    assert ("appealed", True) == (office.case.status, "menunggu putusan" in str(refusal(told)))


def test_late_accusation_moves_the_appeal_away_from_the_accused_unit() -> None:
    office = appealed()

    told = office.hear(classified(about_units=["SETDA"]))

    assert (["appealed"], [("INSPEKTORAT", "appealed"), ("SETDA", "withdrawn")]) == (kinds(told), to_units(told))


def test_a_judge_that_ends_gives_it_to_the_next() -> None:
    units = {**RULES.units, "SETDA": Unit(code="SETDA", name="SETDA", valid_until=NOW.date(), successor="DISHUB")}
    office = appealed(Office(rules=replace(RULES, units=units), cases=in_status("resolved").cases))
    later = NOW + timedelta(days=2)
    rules = in_force(office.rules, later)

    changes, told = handlers.unit_ended(rules, office.cases, T, later)

    assert ("appealed", "DISHUB") == (changes[T].status, changes[T].unit)
    assert ("DISHUB", "appealed") in to_units([cast(Any, emit.data) for emit in told])


def test_addition_to_an_appealed_complaint_reaches_the_deciding_unit() -> None:
    office = appealed()

    told = office.hear(followed_up(BAD, APPEAL, item("addition", text="Ada fotonya")))

    assert [("SETDA", "followed-up")] == to_units(told)


def test_cancelled_it_is_over_and_who_decides_hears() -> None:
    office = appealed()

    told = office.hear(followed_up(BAD, APPEAL, item("cancel")))

    assert (["cancelled"], [("SETDA", "withdrawn")]) == (kinds(told), to_units(told))


@pytest.mark.parametrize(
    ("level", "to", "heard"),
    [(0, [], "SETDA"), (1, ["head"], "SETDA"), (1, ["SETDA"], "BUPATI"), (2, ["BUPATI"], "BUPATI")],
)
def test_late_appeal_decision_is_reported_to_the_decider_and_its_superior(
    level: int, to: list[str], heard: str
) -> None:
    units = {
        **RULES.units,
        "BUPATI": Unit(code="BUPATI", name="BUPATI"),
        "SETDA": Unit(code="SETDA", name="SETDA", supervisor="BUPATI"),
    }
    office = appealed(resolved_with(replace(RULES, units=units)))

    office.hear(breached(stage="appeal", level=level, escalate_to=to, deadline_at=DEADLINE, due_at=AT))
    told = office.release()

    assert [(heard, "escalated" if level else "breached")] == to_units(told)


def test_an_appeal_that_is_decided_is_late_for_nobody() -> None:
    office = appealed()
    office.hear(("SETDA", UPHOLD))

    office.hear(breached(stage="appeal", level=1, escalate_to=["head"], due_at=AT))

    assert [] == to_units(office.release())


def test_the_clock_that_closes_what_is_resolved_closes_nothing_that_is_appealed() -> None:
    office = appealed()

    office.hear(sla("lapsed", stage="closing", based_on_seq=office.case.seq))

    assert "appealed" == office.case.status


def merged_and_resolved() -> Office:
    """``OTHER`` follows ``T``, which PUPR has resolved."""
    office = Office()
    office.hear(received(), classified(), received(OTHER), classified(OTHER, abstained=True))
    office.hear(("DISKOMINFO", reply("merge", OTHER, into=T)), ("PUPR", RESOLVED))
    assert ("merged", "resolved") == (office.cases[OTHER].status, office.case.status)
    return office


def test_merged_reporter_may_appeal_and_is_told_the_outcome() -> None:
    office = merged_and_resolved()

    office.hear(followed_up(BAD, APPEAL, ticket=OTHER))
    office.hear(("SETDA", DISMISS))

    assert ["resolved", "noted", "appealed", "closed"] == [step.kind for step in office.story(OTHER)][-4:]
    assert ("appealed", "closed") == tuple(step.kind for step in office.story()[-2:])


def test_only_the_merged_reporter_is_told_why_it_cannot_appeal() -> None:
    office = merged_and_resolved()

    office.hear(followed_up(APPEAL, ticket=OTHER))

    assert ("appeal_mark", "resolved") == (office.story(OTHER)[-1].code, office.case.status)


def test_confidential_appeal_hides_its_text_from_the_former_unit() -> None:
    office = Office()
    office.hear(received(rahasia=True), classified(), ("PUPR", RESOLVED))

    told = office.hear(followed_up(BAD, APPEAL))

    def words(unit: str) -> set[Any]:
        shown = records(told, unit)[-1].complaint
        assert shown is not UNSET
        assert shown.appeal is not UNSET
        return {shown.appeal.text, *(past.message for past in shown.history)}

    assert ({UNSET}, True) == (words("PUPR"), WHY in words("SETDA"))


def test_erasure_removes_the_appeal_and_history_texts() -> None:
    office = appealed()

    office.hear(("DISKOMINFO", reply("erase", reason="diminta pelapor")))

    body = msgspec.json.encode(office.case).decode()
    assert ("cancelled", False, False) == (office.case.status, WHY in body, "Lubang sudah ditambal" in body)


def test_a_case_that_was_stored_before_there_were_appeals_is_read() -> None:
    case = in_status("resolved").case
    old = msgspec.json.decode(msgspec.json.encode(case))
    for name in ("history", "mark", "appeal"):
        del old[name]

    read = msgspec.json.decode(msgspec.json.encode(old), type=Case)

    assert msgspec.structs.replace(case, history=[]) == read


def test_appeal_deadline_reaches_the_decider_and_is_ignored_after_the_decision() -> None:
    office = appealed()

    told = office.hear(sla("started", stage="appeal"))

    shown = [each.complaint for each in told if isinstance(each, UnitRouted)]
    assert [("SETDA", "deadline-set")] == to_units(told)
    assert [DEADLINE] == [each.appeal.deadline_at for each in shown if each and each.appeal]
    office.hear(("SETDA", DISMISS))
    assert [] == to_units(office.hear(sla("rescheduled", stage="appeal")))
