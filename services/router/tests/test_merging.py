"""Merged complaints: a child repeats its parent's story, in its own words and numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec import UNSET, structs
from router_office import (
    DEADLINE,
    OTHER,
    STRANGER,
    Office,
    T,
    breached,
    classified,
    followed_up,
    item,
    kinds,
    received,
    refusal,
    reply,
    sla,
)

from chassis.wire import outgoing
from contracts.events import ComplaintUpdated, UnitRouted
from router.snapshot import snapshot
from testing.events import NOW


def merged() -> Office:
    """``T`` is merged into ``OTHER``, which PUPR works on."""
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER))
    office.hear(("DISKOMINFO", reply("merge", into=OTHER.lower())))
    return office


def by_parent(office: Office, *events: Any) -> list[Any]:
    """The steps that ``events`` cause in the child's story."""
    before = len(office.story())
    office.hear(*events)
    return office.story()[before:]


def test_those_who_work_on_the_parent_see_how_many_reported_it() -> None:
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER))
    told = office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    (record,) = [each for each in told if isinstance(each, UnitRouted) and each.unit == "PUPR"]
    assert ("updated", f"{T} digabung ke sini; 2 pelapor") == (record.why, record.reason)
    assert (OTHER, 2, [T]) == (record.complaint.ticket, record.complaint.reporters, record.complaint.merged)  # type: ignore[union-attr]


def test_unit_accused_by_a_child_cannot_get_the_parent() -> None:
    office = Office()
    office.hear(received(), classified(urgency="darurat", about_units=["PDAM"]), received(OTHER), classified(OTHER))
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)), ("PUPR", reply("return", OTHER, reason="ini air")))
    told = office.hear(("DISKOMINFO", reply("dispose", OTHER, unit="PDAM")))
    assert "laporan ini tentang PDAM, tidak dapat diteruskan ke PDAM" == refusal(told)
    office.hear(("DISKOMINFO", reply("unmerge")))
    assert None is refusal(office.hear(("DISKOMINFO", reply("dispose", OTHER, unit="PDAM"))))


def test_merging_into_what_an_accused_unit_works_on_is_refused() -> None:
    office = Office()
    office.hear(received(), classified(urgency="darurat", about_units=["PUPR"]), received(OTHER), classified(OTHER))
    told = office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    assert f"laporan ini tentang PUPR, yang menangani {OTHER}" == refusal(told)


def test_a_child_that_turns_out_to_accuse_who_can_unmerge_it_is_anothers() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(received(OTHER), classified(OTHER), ("DISKOMINFO", reply("merge", into=OTHER)))
    office.hear(classified(about_units=["DISKOMINFO"]))
    told = office.hear(followed_up(item("cancel")))
    assert ["INSPEKTORAT"] == [each.unit for each in told if isinstance(each, UnitRouted)]
    assert None is refusal(office.hear(("INSPEKTORAT", reply("unmerge", reason="menyangkut petugas lain"))))


def test_a_child_that_turns_out_to_accuse_who_works_on_the_parent_parts_from_it() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(received(OTHER), classified(OTHER), ("DISKOMINFO", reply("merge", into=OTHER)))
    told = office.hear(classified(about_units=["PUPR"]))
    assert ["unmerged", "routed"] == [each.kind for each in told if isinstance(each, ComplaintUpdated)]
    assert ("DISKOMINFO", [], "laporan ini ternyata tentang PUPR") == (
        office.case.unit,
        office.cases[OTHER].merged,
        office.story()[-1].reason,
    )


def test_unit_accused_by_a_child_after_merging_cannot_get_the_parent() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(received(OTHER), classified(OTHER, abstained=True), ("DISKOMINFO", reply("merge", into=OTHER)))
    office.hear(classified(about_units=["PDAM"]))
    told = office.hear(("DISKOMINFO", reply("dispose", OTHER, unit="PDAM")))
    assert "laporan ini tentang PDAM, tidak dapat diteruskan ke PDAM" == refusal(told)


def test_a_child_repeats_who_did_it_and_who_helped() -> None:
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER, abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", OTHER, unit="PUPR", support=["PDAM"])))
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    (step,) = by_parent(office, ("PUPR", reply("acknowledge", OTHER)))
    assert ("PUPR", ["PDAM"]) == (step.by, step.support)


def test_merging_says_into_what() -> None:
    step = merged().story()[-1]
    assert ("merged", "merged", OTHER, UNSET) == (step.kind, step.status, step.parent, step.message)


DUE = "Kamis 5 Mar pukul 10.00"


def late(*before: Any) -> ComplaintUpdated:
    """The step that merges ``T`` into ``OTHER``, after the events ``before``."""
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER), *before)
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    return office.story()[-1]


def test_merging_says_until_when_the_parent_is_due_or_that_this_is_past() -> None:
    due, missed, kept = sla("started", OTHER), breached(OTHER), sla("retracted", OTHER)
    assert ("parent_due", DEADLINE) == (late(due).code, late(due).deadline_at)
    assert "parent_late" == late(due, missed).code
    assert "parent_due" == late(due, missed, kept).code
    asked = ("PUPR", reply("ask", OTHER, message="Di mana?")), sla("paused", OTHER, based_on_seq=3)
    assert "parent_paused" == late(due, *asked).code
    assert (UNSET, UNSET) == (late().code, late().deadline_at)


def test_those_merged_into_it_hear_when_the_parent_is_due_and_when_that_moves() -> None:
    office = merged()
    (step,) = by_parent(office, sla("started", OTHER))
    assert ("deadline_set", "completion", "merged") == (step.kind, step.stage, step.status)
    assert (DEADLINE, "PUPR") == (step.deadline_at, step.unit)
    assert office.case.seq == step.seq
    moved = structs.replace(sla("rescheduled", OTHER), deadline_at=DEADLINE + timedelta(days=1))
    (step,) = by_parent(office, moved)
    assert ("rescheduled", DEADLINE + timedelta(days=1)) == (step.kind, step.deadline_at)


def test_merged_reporters_hear_once_of_the_parents_breach_and_of_its_retraction() -> None:
    office = merged()
    office.hear(sla("started", OTHER))
    (step,) = by_parent(office, breached(OTHER))
    assert ("breached", DEADLINE) == (step.kind, step.deadline_at)
    assert ["escalated"] == [s.kind for s in by_parent(office, breached(OTHER), breached(OTHER, level=1))]
    (step,) = by_parent(office, sla("retracted", OTHER))
    assert "retracted" == step.kind
    assert [] == by_parent(office, sla("retracted", OTHER))


def test_finished_child_stays_finished_when_the_parents_clock_is_late() -> None:
    office = merged()
    office.hear(("PUPR", reply("hand-over", OTHER, to="PLN", reason="milik PLN")))
    assert [] == by_parent(office, sla("started", OTHER))
    assert "handed_over" == office.cases[T].status


def test_a_breach_that_is_taken_back_is_taken_back_for_what_is_over_too() -> None:
    office = merged()
    office.hear(sla("started", OTHER), breached(OTHER))
    office.hear(("PUPR", reply("hand-over", OTHER, to="PLN", reason="milik PLN")))
    (step,) = by_parent(office, sla("retracted", OTHER))
    assert ("retracted", "handed_over") == (step.kind, step.status)


def test_those_merged_into_it_hear_nothing_of_the_parents_other_clocks() -> None:
    office = merged()
    others = [sla("started", OTHER, "closing"), breached(OTHER, stage="disposition"), breached(OTHER, stage="rights")]
    assert [] == by_parent(office, *others)


def test_unmerged_child_hears_nothing_of_the_parents_clock() -> None:
    office = merged()
    office.hear(sla("started", OTHER), ("DISKOMINFO", reply("unmerge")))
    assert [] == by_parent(office, breached(OTHER))


@pytest.mark.parametrize(
    ("event", "kind", "status"),
    [
        (reply("acknowledge"), "acknowledged", "merged"),
        (reply("progress", message="Tim di lokasi"), "in_progress", "merged"),
        (reply("resolve", message="Sudah ditambal"), "resolved", "merged"),
        (reply("hand-over", to="PLN", reason="milik PLN"), "handed_over", "handed_over"),
    ],
)
def test_a_child_repeats_its_parents_steps_in_the_units_words(event: Any, kind: str, status: str) -> None:
    office = merged()
    (step,) = by_parent(office, ("PUPR", reply_for(event)))
    assert (kind, status, "PUPR", "unit") == (step.kind, step.status, step.unit, step.lane)
    assert (event.message, event.reason, event.to) == (step.message, step.reason, step.target)
    assert list(range(len(office.story()))) == [each.seq for each in office.story()]


def reply_for(event: Any) -> Any:
    facts = {name: getattr(event, name) for name in ("message", "reason", "to", "unit", "into")}
    return reply(event.action, OTHER, **facts)


def test_parents_dialogue_with_its_reporter_is_hidden_from_the_child() -> None:
    office = merged()
    assert [] == by_parent(office, ("PUPR", reply("ask", OTHER, message="Di RT berapa?")))
    (step,) = by_parent(office, followed_up(item("addition", text="RT 3, rumah saya"), ticket=OTHER))
    assert ("in_progress", UNSET, UNSET) == (step.kind, step.message, step.reason)


def test_the_parents_reopening_does_not_quote_its_reporter_to_others() -> None:
    office = merged()
    by_parent(office, ("PUPR", reply("resolve", OTHER, message="Sudah ditambal")))
    (step,) = by_parent(office, followed_up(item("reopen", text="belum, tetangga saya saksi"), ticket=OTHER))
    assert ("reopened", "merged", UNSET) == (step.kind, step.status, step.reason)


def test_good_rating_by_the_parents_reporter_closes_no_complaint() -> None:
    office = merged()
    by_parent(office, ("PUPR", reply("resolve", OTHER, message="Sudah ditambal")))
    told = office.hear(followed_up(item("rating", rating=5), ticket=OTHER))
    assert (["noted"], ["rating"]) == (kinds(told), [each.note for each in told if isinstance(each, ComplaintUpdated)])
    assert ("resolved", "merged") == (office.cases[OTHER].status, office.case.status)
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert ("PUPR", "followed-up", "pelapor menilai 5 dari 5") == (record.unit, record.why, record.reason)


def test_additions_of_children_are_refused_before_the_parent_grows_too_large() -> None:
    """The parent's own reporter may still add all that an intake takes."""
    office = merged()
    for n in range(1, 21):
        last = by_parent(office, followed_up(*(item("addition", i, text="x" * 10_000) for i in range(n))))
    assert [("noted", "refused")] == [(step.kind, step.note) for step in last]
    assert "too_many_merged" == last[0].code

    office.hear(followed_up(*(item("addition", n, text="y" * 10_000) for n in range(100, 159)), ticket=OTHER))

    assert 14 + 59 == len(office.cases[OTHER].follow_ups)
    assert outgoing(office.told[-1:], service="router", cause="e", now=NOW)


def test_reopening_works_even_when_the_parent_takes_no_further_text() -> None:
    office = merged()
    added = [item("addition", n, text="x" * 10_000) for n in range(20)]
    office.hear(followed_up(*added), ("PUPR", reply("resolve", OTHER, message="Sudah ditambal")))
    (step,) = by_parent(office, followed_up(*added, item("reopen", 99, text="belum")))
    assert "reopened" == step.kind


def test_a_child_closes_with_its_parent_when_the_time_to_object_is_over() -> None:
    office = merged()
    by_parent(office, ("PUPR", reply("resolve", OTHER, message="Sudah ditambal")))
    (step,) = by_parent(office, sla("lapsed", OTHER, "confirmation", office.cases[OTHER].seq))
    assert ("closed", "closed") == (step.kind, step.status)


def test_a_child_goes_back_to_triage_when_its_parent_is_cancelled() -> None:
    office = merged()
    steps = by_parent(office, followed_up(item("cancel"), ticket=OTHER))
    assert ["unmerged", "routed"] == [step.kind for step in steps]
    assert ("routed", "DISKOMINFO", "triage") == (office.case.status, office.case.unit, office.case.lane)


def test_a_child_parts_from_a_parent_whose_steps_are_secret_from_now_on() -> None:
    office = merged()
    steps = by_parent(office, followed_up(item("confidential"), ticket=OTHER))
    assert ["unmerged", "routed"] == [step.kind for step in steps]
    assert ("routed", "DISKOMINFO", "triage") == (office.case.status, office.case.unit, office.case.lane)
    assert [] == office.cases[OTHER].merged


def test_child_of_a_resolved_parent_made_confidential_hears_steps_without_text() -> None:
    office = merged()
    office.hear(("PUPR", reply("resolve", OTHER, message="Sudah ditambal kemarin")))
    steps = by_parent(office, followed_up(item("confidential"), item("reopen", 2), ticket=OTHER))
    steps += by_parent(office, ("PUPR", reply("resolve", OTHER, message="Rumah Pak Ali sudah dicat")))
    assert ["reopened", "resolved"] == [step.kind for step in steps]
    assert [(UNSET, UNSET)] * 2 == [(step.message, step.reason) for step in steps]
    assert OTHER == office.case.parent


def test_confidential_childs_addition_is_hidden_from_uninvolved_units() -> None:
    office = merged()
    words = item("addition", text="di depan rumah Pak Ali")
    office.hear(followed_up(words))
    before = snapshot(office.cases[OTHER], "BPBD").follow_ups
    office.hear(followed_up(words, item("confidential", 2)))
    after = snapshot(office.cases[OTHER], "BPBD").follow_ups
    assert [["di depan rumah Pak Ali"], [UNSET]] == [[each.text for each in told] for told in (before, after)]
    assert "confidential" == office.story()[-1].note


def test_complaint_cannot_be_merged_into_a_resolved_one() -> None:
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER))
    office.hear(("PUPR", reply("resolve", OTHER, message="Sudah ditambal")))

    assert "selesai ditangani" in (refusal(office.hear(("DISKOMINFO", reply("merge", into=OTHER)))) or "")


def test_each_child_follows() -> None:
    office = merged()
    office.hear(received(STRANGER), classified(STRANGER, abstained=True))
    office.hear(("DISKOMINFO", reply("merge", STRANGER, into=OTHER)))
    told = office.hear(("PUPR", reply("acknowledge", OTHER)))
    assert ["acknowledged"] * 3 == kinds(told)
    assert {T, OTHER, STRANGER} == {each.ticket for each in told if hasattr(each, "seq")}


def test_an_unmerged_child_follows_no_longer() -> None:
    office = merged()
    office.hear(("DISKOMINFO", reply("unmerge", reason="tempatnya lain")))
    assert [] == by_parent(office, ("PUPR", reply("acknowledge", OTHER)))


def test_a_child_cannot_be_cancelled_on_its_own_and_is_told_so() -> None:
    office = merged()
    (step,) = by_parent(office, followed_up(item("cancel")))
    assert ("noted", "merged") == (step.kind, office.case.status)
    assert ("cancel_merged", OTHER) == (step.code, step.parent)


@pytest.mark.parametrize(
    ("into", "why"),
    [
        ("SPG-M000-0000C", "tidak ada"),
        ("bukan nomor", "laporan 'bukan nomor' tidak ada"),
        ("\x00", "tidak ada"),
        (T, "dengan dirinya sendiri"),
    ],
)
def test_merging_into_nothing_or_itself_is_refused(into: str, why: str) -> None:
    office = Office()
    office.hear(received(), classified(abstained=True))
    assert why in str(refusal(office.hear(("DISKOMINFO", reply("merge", into=into)))))


def test_merging_into_a_child_a_parent_or_what_is_over_is_refused() -> None:
    office = merged()
    office.hear(received(STRANGER), classified(STRANGER, abstained=True))
    told = office.hear(("DISKOMINFO", reply("merge", STRANGER, into=T)))
    assert f"{T} sudah digabung; pakai induknya, {OTHER}" == refusal(told)
    office.hear(("PUPR", reply("return", OTHER, reason="bukan kami")))
    told = office.hear(("DISKOMINFO", reply("merge", OTHER, into=STRANGER)))
    assert f"{OTHER} sendiri induk laporan lain" == refusal(told)
    office.hear(followed_up(item("cancel"), ticket=OTHER))
    told = office.hear(("DISKOMINFO", reply("merge", STRANGER, into=OTHER)))
    assert f"{OTHER} sudah dibatalkan" == refusal(told)


def test_a_parent_that_is_understood_late_keeps_away_from_whom_a_merged_one_accuses() -> None:
    office = Office()
    office.hear(received(), classified(about_units=["DISKOMINFO"], spam=True), received(OTHER))
    holder = office.case.unit or ""
    office.hear((holder, reply("merge", into=OTHER)))
    told = office.hear(classified(OTHER, urgency="darurat"))
    assert "merged" == office.case.status
    assert not [each for each in told if isinstance(each, UnitRouted) and each.unit == "DISKOMINFO"]
