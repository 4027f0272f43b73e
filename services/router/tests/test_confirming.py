"""A second pair of eyes: who confirms a resolution, when it is then closed, and that no complaint hangs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

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
    item,
    kinds,
    received,
    refusal,
    reply,
    sla,
    to_units,
)

from contracts.events import Evidence, UnitReplied, UnitRouted
from contracts.vocabulary import ClockKind
from kabupaten.routing import Powers

WATCHED = replace(RULES, confirmed={"jalan_jembatan"}, powers=Powers(superiors=("SETDA",)))
DONE = "Lubang sudah ditambal"
BY_ANDI, BY_BAU = "andi", "bau"
PHOTO = Evidence(url="https://foto.soppengkab.go.id/1.jpg", media_type="image/jpeg", sha256="a" * 64, bytes=1000)
SILENCE = sla(ClockKind.LAPSED, stage="closing", based_on_seq=99)


def resolved(actor: str | None = BY_ANDI, office: Office | None = None, ticket: str = T) -> Office:
    office = office or Office(rules=WATCHED)
    if ticket not in office.cases:
        office.hear(received(ticket), classified(ticket))
    office.hear(("PUPR", said("resolve", actor, ticket, message=DONE, evidence=[PHOTO])))
    return office


def said(action: str, actor: str | None = None, ticket: str = T, **facts: Any) -> UnitReplied:
    return reply(action, ticket, **facts, **({"actor": actor} if actor else {}))


def notes(told: list[Any]) -> list[tuple[str, Any]]:
    return [(each.kind, each.note or None) for each in told if hasattr(each, "kind") and hasattr(each, "note")]


def escalated(office: Office) -> Office:
    office.hear(breached(stage="confirmation", level=1, escalate_to=["SETDA"]))
    return office


def test_the_step_says_that_it_is_to_be_confirmed_where_the_region_demands_it() -> None:
    demanded, free = resolved().story()[-1], Office()
    resolved(office=free)

    assert ("to_confirm", UNSET) == (demanded.note, free.story()[-1].note)


@pytest.mark.parametrize("rahasia", [False, True])
def test_required_proof_is_demanded_unless_the_complaint_is_confidential(rahasia: bool) -> None:
    office = Office(rules=replace(RULES, proved={"jalan_jembatan"}))
    office.hear(received(rahasia=rahasia), classified())

    told = office.hear(("PUPR", reply("resolve", message=DONE)))
    proved = office.hear(("PUPR", reply("resolve", message=DONE, evidence=[PHOTO])))

    assert (None if rahasia else "kategori ini diselesaikan dengan bukti: isi evidence") == refusal(told)
    assert ([] if rahasia else ["resolved"]) == kinds(proved)


def test_silence_does_not_close_what_nobody_has_confirmed_and_closes_the_rest() -> None:
    demanded, free = resolved(), resolved(office=Office())

    assert ([], ["closed"]) == (kinds(demanded.hear(SILENCE)), kinds(free.hear(SILENCE)))
    assert ("resolved", "closed") == (demanded.case.status, free.case.status)


def test_resolution_confirmed_by_another_officer_closes_after_the_objection_time() -> None:
    office = resolved()

    told = office.hear(("PUPR", said("confirm", BY_BAU)))

    assert ([("noted", "confirmed")], "resolved") == (notes(told), office.case.status)
    assert [("closed", None)] == notes(office.hear(SILENCE))


def test_resolution_confirmed_in_time_can_still_be_reopened() -> None:
    office = resolved()

    office.hear(("PUPR", said("confirm", BY_BAU)))

    assert ["reopened", "routed"] == kinds(office.hear(followed_up(item("reopen"))))


def test_resolution_confirmed_late_is_closed_at_once() -> None:
    office = resolved()
    office.hear(SILENCE)

    office.hear(("PUPR", said("confirm", BY_BAU)))

    assert ("closed", "confirmed") == (office.case.status, office.story()[-1].code)


@pytest.mark.parametrize(("first", "second"), [(BY_ANDI, BY_ANDI), (BY_ANDI, None), (None, BY_BAU), (None, None)])
def test_confirmation_needs_a_named_officer_other_than_the_resolver(first: str | None, second: str | None) -> None:
    office = resolved(first)

    told = office.hear(("PUPR", said("confirm", second)))

    assert ("same_person", "actor" in str(refusal(told))) == (answer_to(told).code, second is None)
    assert [] == kinds(office.hear(SILENCE))


def test_officer_identity_is_not_stored() -> None:
    office = resolved("198501012010011001")

    assert "198501012010011001" not in str(office.case)


def test_a_good_mark_of_its_reporter_closes_it_as_ever() -> None:
    office = resolved()

    assert ["closed"] == kinds(office.hear(followed_up(item("rating", rating=4))))


def test_a_mark_that_is_not_good_confirms_nothing() -> None:
    office = resolved()
    office.hear(SILENCE)

    office.hear(followed_up(item("rating", rating=3)))

    assert ("resolved", True) == (office.case.status, bool(office.case.to_confirm))


def merged() -> Office:
    """OTHER follows T, which PUPR has resolved."""
    office = Office(rules=WATCHED)
    office.hear(received(OTHER), classified(OTHER, abstained=True), received(), classified())
    office.hear(("DISKOMINFO", reply("merge", OTHER, into=T)))
    return resolved(office=office)


@pytest.mark.parametrize("ticket", [T, OTHER])
def test_a_good_mark_of_any_who_reported_it_confirms_it_for_all(ticket: str) -> None:
    office = merged()

    told = office.hear(followed_up(item("rating", rating=5), ticket=ticket))

    assert (("noted", "confirmed") in notes(told), "resolved") == (True, office.case.status)
    office.hear(SILENCE)
    assert ("closed", "closed") == (office.case.status, office.cases[OTHER].status)


def test_merged_reporter_is_told_that_the_resolution_awaits_confirmation() -> None:
    office = merged()

    assert ("resolved", "to_confirm", "merged") == (
        (step := office.story(OTHER)[-1]).kind,
        step.note,
        office.cases[OTHER].status,
    )


def test_resolution_sent_back_reaches_its_unit_and_helpers_with_the_reason() -> None:
    office = Office(rules=WATCHED)
    office.hear(received(), classified(abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    resolved(office=office)

    told = office.hear(("PUPR", said("redo", BY_BAU, reason="Yang kecil belum ditambal")))

    assert [("reopened", "not_confirmed"), ("routed", None)] == notes(told)
    assert [("PUPR", "routed"), ("PDAM", "routed"), ("PUPR", "replied")] == to_units(told)
    assert ("routed", "PUPR", "belum sesuai menurut PUPR: Yang kecil belum ditambal") == (
        office.case.status,
        office.case.unit,
        office.story()[-1].reason,
    )
    assert (None, None) == (office.case.to_confirm, office.case.resolved_seq)


def test_old_closing_clock_does_not_close_a_resolution_sent_back() -> None:
    office = resolved()
    office.hear(("PUPR", said("redo", BY_BAU, reason="Yang kecil belum ditambal")))

    assert ([], "routed") == (kinds(office.hear(SILENCE)), office.case.status)


@pytest.mark.parametrize("action", ["confirm", "redo"])
def test_confirming_or_redoing_is_refused_when_no_confirmation_is_pending(action: str) -> None:
    free, confirmed = resolved(office=Office()), resolved()
    confirmed.hear(("PUPR", said("confirm", BY_BAU)))

    for office in (free, confirmed):
        told = office.hear(("PUPR", said(action, BY_BAU, reason="Belum rata")))
        assert ("already_done", "resolved") == (answer_to(told).code, office.case.status)


@pytest.mark.parametrize(("action", "status"), [("confirm", "closed"), ("redo", "routed")])
def test_superior_may_confirm_or_redo_once_the_delay_is_escalated(action: str, status: str) -> None:
    office = resolved(None)
    office.hear(SILENCE)
    before = office.hear(("SETDA", said(action, reason="Belum rata")))

    told = escalated(office).hear(("SETDA", said(action, reason="Belum rata")))

    assert ("not_yours", True, status) == (answer_to(before).code, answer_to(told).accepted, office.case.status)
    assert "PUPR" in [unit for unit, _ in to_units(told)]


def test_accused_unit_cannot_confirm_a_resolution() -> None:
    office = resolved()
    office.hear(received(OTHER), classified(OTHER))
    office.cases[T] = msgspec.structs.replace(office.case, also_about=["PUPR"])

    assert "accused" == answer_to(office.hear(("PUPR", said("confirm", BY_BAU)))).code


def test_the_unit_hears_by_when_that_it_is_late_and_above_it_who_is_named() -> None:
    office = resolved()

    told = office.hear(
        sla("started", stage="confirmation"),
        sla("warned", stage="confirmation"),
        breached(stage="confirmation"),
        breached(stage="confirmation", level=1, escalate_to=["head", "SETDA"]),
    )

    assert [
        ("PUPR", "deadline-set"),
        ("PUPR", "warned"),
        ("PUPR", "breached"),
        ("PUPR", "escalated"),
        ("SETDA", "escalated"),
    ] == to_units(told)
    assert {"pemastian hasil" in str(each.reason) for each in told if isinstance(each, UnitRouted) and each.reason} == {
        True
    }


def test_confirmed_resolution_is_not_reported_as_late() -> None:
    office = resolved()
    office.hear(("PUPR", said("confirm", BY_BAU)))

    assert [] == to_units(office.hear(breached(stage="confirmation"), breached(stage="confirmation", level=1)))


def test_its_record_shows_since_when_by_when_and_what_was_done_with_its_photos() -> None:
    office = resolved()

    told = office.hear(sla("started", stage="confirmation"))

    shown = next(each.complaint for each in told if isinstance(each, UnitRouted))
    assert shown
    assert shown.confirmation
    assert (True, DEADLINE) == (shown.confirmation.since > AT, shown.confirmation.deadline_at)
    assert [("resolved", DONE, [PHOTO])] == [
        (past.kind, past.message, past.evidence) for past in shown.history if past.kind == "resolved"
    ]


def test_only_the_last_resolution_keeps_its_photos() -> None:
    office = resolved()
    office.hear(("PUPR", said("redo", BY_BAU, reason="Yang kecil belum ditambal")))
    resolved(office=office)

    assert [[], [PHOTO]] == [past.evidence for past in office.case.history if past.kind == "resolved"]


def test_taken_back_nothing_is_to_be_confirmed_and_resolved_again_it_is() -> None:
    office = resolved()

    office.hear(("PUPR", reply("undo")))
    before = office.case.to_confirm
    resolved(BY_BAU, office)

    assert (None, "same_person") == (before, answer_to(office.hear(("PUPR", said("confirm", BY_BAU)))).code)


def test_an_appeal_needs_no_confirmation_beside_its_decision() -> None:
    office = resolved()
    office.hear(followed_up(item("rating", rating=1), item("appeal", text="Masih berlubang")))

    office.hear(("SETDA", reply("dismiss", message="Lubang sudah ditambal, seperti di foto.")))

    assert ("closed", None) == (office.case.status, office.case.to_confirm)


@pytest.mark.parametrize("late", [True, False])
def test_erased_complaint_closes_without_confirmation(late: bool) -> None:
    office = resolved()
    if late:
        office.hear(SILENCE)

    office.hear(("DISKOMINFO", reply("erase", reason="diminta pelapor")))
    office.hear(SILENCE)

    assert "closed" == office.case.status
