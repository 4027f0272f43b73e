"""An erased complaint's words leave the case, are deleted everywhere by order, and never come back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pytest
from router_office import (
    OTHER,
    Office,
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
    to_units,
    tombstone,
)

from chassis.wire import Tombstone
from contracts import topics
from contracts.events import ComplaintErased, ComplaintUpdated, Place, Position, Support, UnitRouted
from router import handlers
from testing.events import NOW

#: Words that only the citizen said, or that the citizen was told.
CANARIES = (
    "kenari-teks",
    "kenari-tempat",
    "119.87654",
    "kenari-kapan",
    "kenari-kata",
    "kenari-tambahan",
    "kenari-disebut",
)
ERASE = ("DISKOMINFO", reply("erase", reason="diminta pelapor lewat surat"))
PLACES = (topics.RECEIVED, topics.FOLLOWED_UP, topics.CLASSIFIED)


def with_canaries(status: str = "routed", lane: str = "unit") -> Office:
    """An office whose complaint ``T`` came to ``status`` and says all that a complaint can say."""
    office = in_status(status, lane)
    facts: dict[str, Any] = {"text": "kenari-teks", "place": "kenari-tempat", "occurred": "kenari-kapan"}
    facts["position"] = Position(lat=-4.3, lon=119.87654)
    top = [msgspec.structs.replace(each, evidence=["kenari-kata"]) for each in classified().top]
    case = msgspec.structs.replace(
        office.case,
        received=received(**facts),
        classified=classified(top=top, place=Place(kecamatan="Lilirilau", stated="kenari-disebut")),
        follow_ups=[*office.case.follow_ups, item("addition", 5, text="kenari-tambahan")],
    )
    office.cases[T] = case
    return office


def texts(*things: Any) -> list[str]:
    """The canaries found in ``things``."""
    written = msgspec.json.encode(things).decode()
    return [canary for canary in CANARIES if canary in written]


def erased() -> Office:
    office = with_canaries()
    office.hear(ERASE, *map(tombstone, PLACES))
    return office


@pytest.mark.parametrize(
    "status", ["registered", "routed", "in_progress", "waiting_for_reporter", "resolved", "closed", "cancelled"]
)
def test_erasure_removes_all_texts_and_cancels_an_open_complaint(status: str) -> None:
    office = with_canaries(status)
    assert list(CANARIES) == texts(office.case)
    told = office.hear(ERASE)
    assert [] == texts(office.case, told)
    assert (status if status in ("resolved", "closed") else "cancelled") == office.case.status
    assert ("PUPR" if status != "registered" else None, "intake-sms") == (
        office.case.unit,
        office.case.received.origin,  # type: ignore[union-attr]
    )


def test_erasure_order_reaches_every_unit_that_ever_had_the_complaint() -> None:
    office = with_canaries()
    office.hear(("PUPR", reply("return", reason="jalan milik provinsi, mohon dicek")))
    office.hear(breached(level=1, escalate_to=["SETDA"]), ("DISKOMINFO", reply("dispose", unit="PDAM")))
    told = office.hear(ERASE)
    (order,) = [each for each in told if isinstance(each, ComplaintErased)]
    assert ("c-" + T, "intake-sms", "DISKOMINFO") == (order.complaint_id, order.origin, order.by)
    assert (msgspec.UNSET, "diminta pelapor lewat surat") == (order.done_at, order.reason)
    asked = [each for each in told if isinstance(each, UnitRouted) and each.why == "erased"]
    assert {"PUPR", "DISKOMINFO", "SETDA", "PDAM"} == {each.unit for each in asked}
    assert all(each.complaint.erased and not each.complaint.text for each in asked)  # type: ignore[union-attr]


def test_it_is_done_when_each_service_said_so_and_not_before() -> None:
    office = with_canaries("closed")
    office.hear(followed_up(item("rights_request", 9, right="erasure")))
    assert [] == kinds(office.hear(("DISKOMINFO", reply("rights-done", message="disetujui"))))
    assert [] == office.hear(tombstone(topics.RECEIVED, T, **{"intake-sms.notices": 3}), tombstone(topics.FOLLOWED_UP))
    told = office.hear(tombstone(topics.CLASSIFIED))
    (ledger,) = [each for each in told if isinstance(each, ComplaintErased)]
    (step,) = [each for each in told if isinstance(each, ComplaintUpdated)]
    assert (True, {"intake-sms.notices": 3}) == (ledger.done_at is not msgspec.UNSET, ledger.erased)
    assert ("noted", "rights_done", "DISKOMINFO", []) == (step.kind, step.note, step.by, office.case.rights)
    assert [] == office.hear(*map(tombstone, PLACES))


def test_reporter_is_told_of_an_erasure_they_did_not_request() -> None:
    office = with_canaries("closed")
    office.hear(ERASE)
    told = office.hear(*map(tombstone, PLACES))
    assert ["erased"] == [each.note for each in told if isinstance(each, ComplaintUpdated)]


def test_a_tombstone_that_nobody_ordered_erases_nothing() -> None:
    office = with_canaries()
    before = office.case
    assert [] == office.hear(*map(tombstone, PLACES), tombstone(topics.RECEIVED, OTHER))
    assert before == office.case


@pytest.mark.parametrize(
    "late",
    [
        received(text="kenari-teks"),
        classified(place=Place(stated="kenari-disebut")),
        followed_up(item("addition", 7, text="kenari-tambahan")),
    ],
    ids=lambda data: type(data).__name__,
)
def test_a_text_that_comes_late_is_not_kept_and_is_ordered_away_again(late: Any) -> None:
    office = erased()
    told = office.hear(late)
    assert ([ComplaintErased], []) == ([type(each) for each in told], texts(office.case, told))


@pytest.mark.parametrize("knows", [True, False])
def test_a_router_whose_backup_is_older_erases_again_by_the_ledger(knows: bool) -> None:
    """Even if the ledger is read before the complaint itself."""
    (ledger,) = [each for each in erased().told if isinstance(each.data, ComplaintErased)][-1:]
    office = with_canaries() if knows else Office()
    assert isinstance(ledger.data, ComplaintErased)
    told = office.hear(ledger.data, received(text="kenari-teks"), classified(), followed_up(item("addition", text="x")))
    assert [] == texts(office.case, told)
    assert "cancelled" == office.case.status
    assert [] == [each for each in told if isinstance(each, UnitRouted) and each.why == "routed"]


def test_erasing_a_merged_complaint_removes_its_additions_from_the_parent() -> None:
    office = in_status("merged", "triage")
    office.hear(followed_up(item("addition", 3, text="kenari-tambahan")))
    assert texts(office.cases[OTHER])
    told = office.hear(ERASE)
    assert ([], "cancelled", []) == (texts(office.cases, told), office.case.status, office.cases[OTHER].merged)
    assert ("PUPR", "updated") in to_units(told)


def test_those_merged_into_it_go_on_by_themselves() -> None:
    office = in_status("merged", "triage")
    told = office.hear(("DISKOMINFO", reply("erase", OTHER, reason="diminta pelapor lewat surat")))
    assert (None, "routed", None) == (refusal(told), office.case.status, office.case.parent)


@pytest.mark.parametrize(
    ("office", "unit"), [(with_canaries, "PUPR"), (partial(with_canaries, "routed", "triage"), "PDAM")]
)
def test_only_the_triage_unit_may_order_it(office: Callable[[], Office], unit: str) -> None:
    it = office()
    assert refusal(it.hear((unit, reply("erase", reason="ingin hapus"))))
    assert list(CANARIES) == texts(it.case)


def test_erased_resolved_complaint_stays_resolved_and_is_not_escalated() -> None:
    office = with_canaries("resolved")
    office.hear(ERASE)
    assert ("resolved", None) == (office.case.status, office.case.erasure.done_at)  # type: ignore[union-attr]
    assert [] == office.hear(breached(level=1, escalate_to=["SETDA"]))


def test_erasure_removes_the_question_to_the_reporter() -> None:
    office = with_canaries("routed")
    office.hear(("PUPR", reply("ask", message="Apakah kenari-kata di sana?")))

    office.hear(ERASE)

    assert (None, []) == (office.case.question, texts(office.case))


def test_words_of_those_who_helped_go_too() -> None:
    office = with_canaries()
    office.cases[T] = msgspec.structs.replace(
        office.case, support=[Support(unit="PDAM", message="kenari-kata", request="kenari-kata")]
    )
    office.hear(ERASE)
    assert [] == texts(office.case)


def test_erasure_order_is_repeated_once_later_and_whenever_it_is_given_again() -> None:
    office = erased()
    changes, told = handlers.erased_long_ago(office.rules, office.cases, T, NOW)
    kinds_told = sorted({type(emit.data).__name__ for emit in told})
    assert ["ComplaintErased", "Tombstone", "UnitRouted"] == kinds_told
    assert [] == handlers.erased_long_ago(office.rules, {**office.cases, **changes}, T, NOW)[1]
    again = [type(each) for each in office.hear(ERASE)]
    assert [ComplaintErased, UnitRouted, UnitRouted, UnitRouted] == [each for each in again if each is not Tombstone]


def test_erasure_deletes_earlier_steps_from_the_log_and_keeps_later_ones() -> None:
    office = with_canaries("in_progress")
    steps, before = office.case.seq + 1, len(office.told)
    office.hear(ERASE)
    emits = office.told[before:]
    gone = [emit for emit in emits if isinstance(emit.data, Tombstone)]
    after = [emit for emit in emits if isinstance(emit.data, ComplaintUpdated)]
    id_ = received().complaint_id

    assert steps > 2
    assert [id_.encode(), *(f"{id_}/{n}".encode() for n in range(steps))] == [emit.key for emit in gone]
    assert {(topics.UPDATED, id_)} == {(emit.topic, emit.subject) for emit in gone}
    assert {f"{id_}/{emit.data.seq}".encode() for emit in after} == {emit.key for emit in after}  # type: ignore[union-attr]
    assert not {emit.key for emit in gone} & {emit.key for emit in after}
    again = handlers.erased_long_ago(office.rules, office.cases, T, NOW)[1]
    assert [emit.key for emit in gone] == [emit.key for emit in again if isinstance(emit.data, Tombstone)]
