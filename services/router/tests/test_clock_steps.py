"""The clock's words: which steps and records the router makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from msgspec import UNSET, structs
from router_office import (
    DEADLINE,
    OTHER,
    RULES,
    Office,
    T,
    breached,
    classified,
    followed_up,
    in_status,
    item,
    kinds,
    of_the_clock,
    received,
    reply,
    sla,
    to_units,
)

from chassis.wire import Message
from contracts import topics
from contracts.events import ComplaintUpdated, Data, SlaBreached, SlaUpdated, UnitRouted
from kabupaten.routing import RoutingRule
from testing.fakes import message


def reasons(told: list[object]) -> list[str]:
    return [str(each.reason) for each in told if isinstance(each, UnitRouted)]


def codes(told: list[object]) -> list[tuple[str, object]]:
    return [(each.kind, each.code) for each in told if isinstance(each, ComplaintUpdated)]


def test_each_named_in_the_ladder_hears_of_it_with_the_promise_and_since_when() -> None:
    office = in_status("acknowledged")
    at_home = DEADLINE.astimezone(timezone(timedelta(hours=8)))  # the sla-monitor gives the region's own time
    told = office.hear(breached(level=1, escalate_to=["head", "SETDA"], deadline_at=at_home))
    assert ([], [("PUPR", "escalated"), ("SETDA", "escalated")]) == (kinds(told), to_units(told))
    assert ["tenggat penyelesaian terlewati sejak Kamis 5 Mar pukul 10.00 (tingkat 1)"] * 2 == reasons(told)
    (first, second) = [each.complaint for each in told if isinstance(each, UnitRouted)]
    assert (T, "PUPR", "lead") == (second.ticket, second.unit, first.role)  # type: ignore[union-attr]


@pytest.mark.parametrize("stage", ["disposition", "acknowledgement", "tahap baru"])
def test_the_reason_names_the_stage(stage: str) -> None:
    office, words = in_status("routed"), {"disposition": "penerusan ke unit", "acknowledgement": "penerimaan oleh unit"}
    told = office.hear(breached(stage=stage), sla("warned", stage=stage))
    assert ["breached", "warned"] == [why for _, why in to_units(told)]
    assert all(words.get(stage, stage) in reason for reason in reasons(told))


def test_unit_sees_the_acknowledgement_deadline_until_it_acknowledges() -> None:
    office = in_status("routed")

    told = office.hear(sla("started", stage="acknowledgement"))
    assert [("PUPR", "deadline-set")] == to_units(told)
    assert [DEADLINE] == [each.complaint.acknowledge_by for each in told if isinstance(each, UnitRouted)]  # type: ignore[union-attr]

    told = office.hear(("PUPR", reply("acknowledge")))
    assert [UNSET] == [each.complaint.acknowledge_by for each in told if isinstance(each, UnitRouted)]  # type: ignore[union-attr]


def test_a_deadline_for_what_is_acknowledged_already_is_shown_to_nobody() -> None:
    office = in_status("acknowledged")

    assert [] == to_units(office.hear(sla("started", stage="acknowledgement")))
    assert office.case.acknowledge_by is None


def test_unassigned_complaint_is_escalated_to_the_triage_unit_in_place_of_a_head() -> None:
    told = in_status("registered").hear(breached(level=1, stage="disposition", escalate_to=["head", "SETDA"]))
    assert [("DISKOMINFO", "escalated"), ("SETDA", "escalated")] == to_units(told)


def test_alarmed_units_are_withdrawn_once_the_complaint_is_assigned_or_cancelled() -> None:
    alarm: list[Data] = [sla("warned"), breached(), breached(level=1, escalate_to=["head", "SETDA"])]
    cases: list[tuple[Data, list[str]]] = [
        (classified(), ["DISKOMINFO", "SETDA"]),
        (classified(abstained=True), ["SETDA"]),
        (followed_up(item("cancel")), ["DISKOMINFO", "SETDA"]),
    ]
    for then, others in cases:
        office = in_status("registered")
        office.hear(*alarm)
        told = to_units(office.hear(then))
        assert [(unit, "withdrawn") for unit in others] == [each for each in told if each[1] == "withdrawn"]
        assert [] == [each for each in to_units(office.hear(("PUPR", reply("acknowledge")))) if each[1] == "withdrawn"]


def test_alarmed_superior_is_withdrawn_when_the_complaint_is_handed_over() -> None:
    power = RoutingRule(reason="listrik", categories=frozenset({"listrik_energi"}), hand_over="PLN")
    office = Office(rules=replace(RULES, routing=(power,)))
    office.hear(received(), breached(level=1, escalate_to=["SETDA"]))
    told = to_units(office.hear(classified(category="listrik_energi")))
    assert [("DISKOMINFO", "handed-over"), ("SETDA", "withdrawn")] == told


def test_a_breach_shows_its_deadline_to_who_never_heard_that_it_was_set() -> None:
    """The word that set the deadline may be a dead letter."""
    office = in_status("routed")

    told = office.hear(breached())

    shown = [data.complaint for data in told if isinstance(data, UnitRouted) and data.complaint]
    assert [breached().deadline_at] == [complaint.deadline_at for complaint in shown]


def test_a_breach_that_is_taken_back_is_told_to_all_who_heard_of_it() -> None:
    office = in_status("acknowledged")
    office.hear(breached(), breached(level=1, escalate_to=["head", "SETDA"]), breached(level=2, escalate_to=["PDAM"]))
    office.hear(("PUPR", reply("resolve", message="Lubang sudah ditambal")))
    told = office.hear(sla("retracted"))
    assert [(unit, "retracted") for unit in ("PUPR", "SETDA", "PDAM")] == to_units(told)
    assert ["tenggat penyelesaian ternyata tidak terlewati"] * 3 == reasons(told)
    assert [] == office.hear(sla("retracted"))


def test_a_breach_that_nobody_heard_of_is_taken_back_without_a_word() -> None:
    office = in_status("acknowledged")
    later = structs.replace(sla("retracted"), deadline_at=DEADLINE + timedelta(days=1))
    office.hear(breached())
    assert [] == office.hear(sla("retracted", stage="disposition"), later)


def test_unit_accused_after_an_escalation_is_not_told_of_the_retraction() -> None:
    office = Office()
    office.hear(received(), breached(level=1, escalate_to=["PDAM", "SETDA"]), classified(about_units=["PDAM"]))
    assert [("SETDA", "retracted")] == to_units(office.hear(sla("retracted")))


@pytest.mark.parametrize("status", ["resolved", "closed", "handed_over", "cancelled", "merged", "rejected"])
def test_nothing_is_escalated_that_nobody_works_on_any_more(status: str) -> None:
    office = in_status(status, "triage" if status in ("merged", "rejected") else "unit")
    assert [] == office.hear(breached(level=2, escalate_to=["head", "SETDA"]))


def test_accused_or_unknown_escalation_target_is_replaced_by_the_last_resort() -> None:
    office = Office()
    office.hear(received(), classified(about_units=["PDAM"]))
    told = office.hear(breached(level=1, escalate_to=["PDAM", "TIDAK-ADA"]))
    assert [("SETDA", "escalated")] == to_units(told)


def test_rights_deadline_concerns_the_triage_unit_even_after_closing() -> None:
    office = in_status("closed")
    assert [] == office.hear(breached(stage="rights"), sla("warned", stage="rights"))
    office.hear(followed_up(item("rights_request", 9)))
    told = office.hear(
        sla("warned", stage="rights"), breached(stage="rights"),
        breached(stage="rights", level=1, escalate_to=["head", "SETDA"]),
    )  # fmt: skip
    whys = [("DISKOMINFO", "warned"), ("DISKOMINFO", "breached"), ("DISKOMINFO", "escalated"), ("SETDA", "escalated")]
    assert whys == to_units(told)
    office.hear(("DISKOMINFO", reply("rights-decline", message="Laporannya masih diperiksa")))
    assert [] == office.hear(breached(stage="rights", level=2, escalate_to=["SETDA"]))


def test_the_bound_of_an_earlier_question_does_not_end_the_next_one() -> None:
    office = in_status("acknowledged")
    office.hear(("PUPR", reply("ask", message="Di rumah nomor berapa?")))
    first = office.case.seq
    office.hear(followed_up(item("addition", text="nomor 4")), ("PUPR", reply("ask", message="Sejak kapan?")))
    assert [] == kinds(office.hear(sla("resumed", based_on_seq=first)))
    assert "waiting_for_reporter" == office.case.status
    assert ["in_progress"] == kinds(office.hear(sla("resumed", based_on_seq=office.case.seq)))


BOUND = DEADLINE + timedelta(days=5)


def paused(office: Office, **facts: object) -> SlaUpdated:
    return structs.replace(sla("paused", based_on_seq=office.case.seq), **{"paused_until": BOUND, **facts})


def test_while_the_reporter_is_asked_the_unit_sees_until_when_the_clock_stands() -> None:
    office = in_status("waiting_for_reporter")
    told = office.hear(paused(office))
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert (
        "PUPR",
        "updated",
        "tenggat berhenti sampai pelapor menjawab, paling lambat Selasa 10 Mar pukul 10.00",
    ) == (
        record.unit,
        record.why,
        record.reason,
    )
    assert BOUND == record.complaint.paused_until  # type: ignore[union-attr]
    answered = office.hear(followed_up(item("addition", text="nomor 4")))
    assert [UNSET] == [each.complaint.paused_until for each in answered if isinstance(each, UnitRouted)]  # type: ignore[union-attr]


def test_a_pause_that_is_over_or_of_another_clock_is_not_shown() -> None:
    office = in_status("waiting_for_reporter")
    assert [] == to_units(office.hear(paused(office, stage="follow-up")))
    late = paused(office)
    office.hear(followed_up(item("addition", text="nomor 4")))
    assert [] == to_units(office.hear(late))
    office.hear(("PUPR", reply("ask", message="Sejak kapan?")))
    assert [] == to_units(office.hear(late))


def test_unanswered_question_ends_at_its_time_limit_and_an_excess_one_at_once() -> None:
    office = in_status("waiting_for_reporter")
    office.hear(sla("started"), paused(office))
    waited = office.hear(sla("resumed", based_on_seq=office.case.seq))
    office.hear(("PUPR", reply("ask", message="Sejak kapan?")))
    enough = structs.replace(sla("resumed", based_on_seq=office.case.seq), reason="waktu bertanya sudah habis")
    at_once = office.hear(enough)
    assert [("resumed", UNSET), ("in_progress", "answer_time_over")] == codes(waited)
    assert ["pelapor tidak menjawab"] == reasons(waited)
    assert [("resumed", UNSET), ("in_progress", "question_time_over")] == codes(at_once)
    assert ["waktu bertanya sudah habis; jawaban pelapor tidak ditunggu"] == reasons(at_once)


def test_after_a_pause_the_units_see_the_new_deadline() -> None:
    office = in_status("acknowledged")
    office.hear(sla("started"))
    later = DEADLINE + timedelta(days=1)
    told = office.hear(structs.replace(sla("resumed", based_on_seq=office.case.seq), deadline_at=later))
    assert [("PUPR", "deadline-set")] == to_units(told)
    assert later == next(each.complaint for each in told if isinstance(each, UnitRouted)).deadline_at  # type: ignore[union-attr]
    again = structs.replace(sla("resumed", based_on_seq=office.case.seq), deadline_at=later)
    assert [] == to_units(office.hear(again))


def of_story(step: ComplaintUpdated) -> tuple[object, ...]:
    return step.seq, step.kind, step.status, step.stage, step.round, step.deadline_at


def test_clock_event_adds_a_step_to_the_story_and_keeps_the_status() -> None:
    office = in_status("acknowledged")
    told = office.hear(
        structs.replace(sla("started"), promise="3 hari kerja"), sla("warned"), breached(),
        breached(level=1, escalate_to=["SETDA"]), sla("retracted"), sla("met"), sla("stopped"),
    )  # fmt: skip
    steps = of_the_clock(told)
    whats = ["deadline_set", "warned", "breached", "escalated", "retracted", "met"]
    assert [(seq, what, "acknowledged", "completion", 1, DEADLINE) for seq, what in enumerate(whats, 3)] == [
        of_story(step) for step in steps
    ]
    assert ("3 hari kerja", sla("started").derivation) == (steps[0].promise, steps[0].derivation)
    assert (1, ["SETDA"]) == (steps[3].level, steps[3].escalate_to)
    assert "acknowledged" == office.case.status


EARLY, DUE_AT, LATE = DEADLINE - timedelta(hours=1), DEADLINE, DEADLINE + timedelta(hours=1)


def by_unit(action: str, at: datetime, **facts: str) -> Message:
    """A reply of PUPR that the broker took at ``at``."""
    topic = topics.unit_replied("PUPR")
    return message(reply(action, **facts), topic=topic, event_id=f"{action}{at}", subject="k", time=at)


def missed(office: Office, level: int = 0, number: int = 1) -> SlaBreached:
    """A breach by a clock that has read the whole story so far."""
    return breached(level=level, escalate_to=["SETDA"], number=number, due_at=DUE_AT, based_on_seq=office.case.seq)


def test_breach_is_held_until_all_earlier_events_are_read() -> None:
    office = in_status("acknowledged")
    assert [] == office.hear(missed(office), missed(office, 1, 2))
    told = office.release()
    assert ["breached", "escalated"] == [step.kind for step in of_the_clock(told)]
    assert [("PUPR", "breached"), ("SETDA", "escalated")] == to_units(told)
    assert [] == office.release()


def test_a_breach_that_an_answer_refutes_which_was_unread_is_told_to_nobody() -> None:
    office = in_status("acknowledged")
    office.hear(missed(office), missed(office, 1, 2))
    office.hear(by_unit("resolve", EARLY, message="Lubang sudah ditambal"))
    assert [] == office.release()  # the clock has not heard of the answer yet
    assert [] == office.hear(sla("retracted", number=3), sla("met", number=4))
    assert ["met"] == [step.kind for step in of_the_clock(office.release())]
    assert ([], {}) == (office.case.held, office.case.breach_recipients)


def test_breach_with_an_unread_step_is_published_once_the_clock_upholds_it() -> None:
    office = in_status("acknowledged")
    office.hear(missed(office), missed(office, 1, 2), by_unit("progress", EARLY))
    assert [] == office.release()
    assert [] == office.hear(sla("upheld", stage="acknowledgement", based_on_seq=office.case.seq, number=3))
    assert [("PUPR", "breached"), ("SETDA", "escalated")] == to_units(office.release())


def test_work_done_after_the_deadline_does_not_delay_a_breach() -> None:
    office = in_status("acknowledged")
    office.hear(missed(office), by_unit("progress", LATE))
    assert [("PUPR", "breached")] == to_units(office.release())


def test_a_breach_that_waits_for_the_clock_in_vain_is_told_in_the_end() -> None:
    office = in_status("acknowledged")
    office.hear(missed(office), by_unit("progress", EARLY))
    assert [] == office.release()
    assert [("PUPR", "breached")] == to_units(office.release(at_once=True))


def test_later_clock_events_are_published_after_a_held_breach() -> None:
    office = in_status("acknowledged")
    office.hear(missed(office), by_unit("resolve", LATE, message="Lubang sudah ditambal"))
    assert [] == office.hear(sla("stopped", number=2), sla("started", stage="closing", number=3))
    assert ["breached", "deadline_set"] == [step.kind for step in of_the_clock(office.release())]


def test_clock_events_are_published_in_order_whichever_topic_is_read_first() -> None:
    office = in_status("acknowledged")
    office.hear(sla("started"), by_unit("resolve", LATE, message="Lubang sudah ditambal"))
    breach = missed(office)
    assert [] == office.hear(sla("stopped", number=2), sla("started", stage="closing", number=3))
    office.hear(breach)
    assert ["breached", "deadline_set"] == [step.kind for step in of_the_clock(office.release())]


def test_upholding_of_a_breach_may_be_read_before_the_breach() -> None:
    office = in_status("acknowledged")
    breach = missed(office)
    office.hear(by_unit("progress", EARLY), sla("upheld", based_on_seq=office.case.seq + 1, number=2))
    assert [] == office.release(heard=0)
    office.hear(breach)
    assert [("PUPR", "breached")] == to_units(office.release())


def test_release_publishes_only_clock_events_heard_before_the_check() -> None:
    office = in_status("acknowledged")
    office.hear(missed(office), missed(office, 1, 2))
    assert [("PUPR", "breached")] == to_units(office.release(heard=1))
    assert [("SETDA", "escalated")] == to_units(office.release(heard=2))


def test_breach_requeued_from_dead_letters_is_published_if_already_upheld() -> None:
    office = in_status("acknowledged")
    breach = missed(office)
    office.hear(by_unit("progress", EARLY), sla("upheld", based_on_seq=office.case.seq + 1, number=2))
    assert [] == office.release()
    assert [] == office.hear(breach)
    assert [("PUPR", "breached")] == to_units(office.release())


def test_retraction_requeued_from_dead_letters_still_retracts_the_breach() -> None:
    office = in_status("acknowledged")
    later = structs.replace(sla("resumed", number=3), deadline_at=DEADLINE + timedelta(days=1))
    office.hear(structs.replace(breached(), number=1), later)
    assert ["breached", "resumed"] == [step.kind for step in of_the_clock(office.release())]
    assert [("PUPR", "retracted")] == to_units(office.hear(sla("retracted", number=2)))
    assert DEADLINE + timedelta(days=1) == office.case.deadline_at


def test_earlier_retraction_does_not_retract_a_breach_announced_again() -> None:
    office = in_status("acknowledged")
    office.hear(structs.replace(breached(), number=3))
    office.release()
    assert [] == office.hear(sla("retracted", number=2))


def test_breach_is_retracted_even_after_the_complaint_was_merged() -> None:
    office = in_status("acknowledged")
    office.hear(breached())
    office.cases[T] = structs.replace(office.case, status="merged", parent=OTHER)
    assert ["retracted"] == [step.kind for step in of_the_clock(office.hear(sla("retracted", number=1)))]


def test_a_complaint_is_not_closed_for_silence_that_an_unread_answer_breaks() -> None:
    office = in_status("resolved")
    lapsed = structs.replace(sla("lapsed", stage="closing", based_on_seq=office.case.seq), due_at=DUE_AT)
    assert [] == office.hear(lapsed)
    office.hear(followed_up(item("reopen", text="Belum selesai")))
    assert [] == office.release()
    assert "routed" == office.case.status


def test_half_of_a_ladder_is_taken_back_where_the_breach_stands() -> None:
    office = in_status("acknowledged")
    office.hear(breached(), breached(level=1, escalate_to=["SETDA"]))
    told = office.hear(structs.replace(sla("retracted"), level=1))
    assert [("SETDA", "retracted")] == to_units(told)
    assert ["tenggat penyelesaian belum sampai tingkat 1"] == reasons(told)
    assert [("SETDA", "escalated")] == to_units(office.hear(breached(level=1, escalate_to=["SETDA"])))
    assert [("PUPR", "retracted"), ("SETDA", "retracted")] == to_units(office.hear(sla("retracted")))


def test_outdated_clock_event_changes_nothing_when_requeued() -> None:
    office = in_status("acknowledged")
    later = DEADLINE + timedelta(days=1)
    office.hear(structs.replace(sla("rescheduled"), deadline_at=later, number=5))
    office.release()
    assert [] == office.hear(structs.replace(sla("started"), number=0), structs.replace(breached(), number=3))
    assert later == office.case.deadline_at
    assert ["deadline_set"] == [
        step.kind for step in of_the_clock(office.hear(structs.replace(sla("started"), round=2, number=4)))
    ]
    assert ["deadline_set"] == [step.kind for step in of_the_clock(office.hear(sla("started", stage="closing")))]


@pytest.mark.parametrize("status", ["registered", "in_progress", "waiting_for_reporter", "resolved", "closed"])
@pytest.mark.parametrize("stage", ["completion", "rights", "polishing"])
def test_unknown_event_from_a_newer_clock_is_ignored(status: str, stage: str) -> None:
    office = in_status(status)
    before = office.case
    assert [] == office.hear(sla("praised", stage=stage))
    assert before == structs.replace(office.case, heard=before.heard)


@pytest.mark.parametrize("stage", ["completion", "rights"])
def test_a_unit_is_told_by_a_code_which_promise_the_clock_speaks_of(stage: str) -> None:
    office, late = in_status("acknowledged"), breached(stage=stage)
    office.hear(followed_up(item("rights_request", 9)))
    told = office.hear(
        sla("warned", stage=stage),
        late,
        breached(stage=stage, level=1, escalate_to=["SETDA"]),
        sla("retracted", stage=stage),
    )
    records = [each for each in told if isinstance(each, UnitRouted)]
    assert ["warned", "breached", "escalated", "retracted"] == list(dict.fromkeys(each.why for each in records))
    assert {stage} == {each.stage for each in records}


def test_accused_unit_is_neither_notified_of_nor_named_in_an_escalation() -> None:
    """Units accused together with it are not told either; the conduct unit is."""
    top = RoutingRule(reason="pimpinan", accused=frozenset({"PDAM", "SETDA"}), hand_over="PLN")
    office = Office(rules=replace(RULES, routing=(top,)))
    office.hear(received(), classified(about_units=["PDAM"]))
    for level, to in enumerate((["head"], ["SETDA"], ["PDAM"]), 1):
        told = office.hear(breached(level=level, escalate_to=to))
        assert [("INSPEKTORAT", "escalated")] == to_units(told)
        assert ["head" if to == ["head"] else "INSPEKTORAT"] == office.story()[-1].escalate_to
