"""What the clock makes the router say, and to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from msgspec import UNSET, structs
from router_office import (
    DEADLINE,
    RULES,
    Office,
    T,
    breached,
    classified,
    followed_up,
    in_status,
    item,
    kinds,
    received,
    reply,
    sla,
    to_units,
)

from contracts.events import ComplaintUpdated, SlaUpdated, UnitRouted
from router.rules import RoutingRule


def reasons(told: list[object]) -> list[str]:
    return [str(each.reason) for each in told if isinstance(each, UnitRouted)]


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


def test_what_nobody_has_is_escalated_to_the_triage_unit_for_want_of_a_head() -> None:
    told = in_status("registered").hear(breached(level=1, stage="disposition", escalate_to=["head", "SETDA"]))
    assert [("DISKOMINFO", "escalated"), ("SETDA", "escalated")] == to_units(told)


def test_what_nobody_has_is_no_longer_theirs_who_were_alarmed_once_somebody_has_it() -> None:
    alarm = [sla("warned"), breached(), breached(level=1, escalate_to=["head", "SETDA"])]
    for then, others in [
        (classified(), ["DISKOMINFO", "SETDA"]),
        (classified(abstained=True), ["SETDA"]),
        (followed_up(item("cancel")), ["DISKOMINFO", "SETDA"]),
    ]:
        office = in_status("registered")
        office.hear(*alarm)
        told = to_units(office.hear(then))
        assert [(unit, "withdrawn") for unit in others] == [each for each in told if each[1] == "withdrawn"]
        assert [] == [each for each in to_units(office.hear(("PUPR", reply("acknowledge")))) if each[1] == "withdrawn"]


def test_what_is_handed_over_at_once_is_no_longer_theirs_who_were_alarmed() -> None:
    power = RoutingRule(reason="listrik", categories=frozenset({"listrik_energi"}), hand_over="PLN")
    office = Office(rules=replace(RULES, routing=(power,)))
    office.hear(received(), breached(level=1, escalate_to=["SETDA"]))
    told = to_units(office.hear(classified(category="listrik_energi")))
    assert [("DISKOMINFO", "handed-over"), ("SETDA", "withdrawn")] == told


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


def test_who_is_accused_meanwhile_hears_no_more_of_it() -> None:
    office = Office()
    office.hear(received(), breached(level=1, escalate_to=["PDAM", "SETDA"]), classified(about_units=["PDAM"]))
    assert [("SETDA", "retracted")] == to_units(office.hear(sla("retracted")))


@pytest.mark.parametrize("status", ["resolved", "closed", "handed_over", "cancelled", "merged", "rejected"])
def test_nothing_is_escalated_that_nobody_works_on_any_more(status: str) -> None:
    office = in_status(status, "triage" if status in ("merged", "rejected") else "unit")
    assert [] == office.hear(breached(level=2, escalate_to=["head", "SETDA"]))


def test_who_is_accused_or_not_there_is_replaced_by_the_last_resort() -> None:
    office = Office()
    office.hear(received(), classified(about_units=["PDAM"]))
    told = office.hear(breached(level=1, escalate_to=["PDAM", "TIDAK-ADA"]))
    assert [("SETDA", "escalated")] == to_units(told)


def test_the_clock_of_a_right_is_the_triage_units_business_even_when_the_complaint_is_over() -> None:
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
    office.hear(followed_up(item("addition", "nomor 4")), ("PUPR", reply("ask", message="Sejak kapan?")))
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
    assert [] == office.hear(paused(office, stage="follow-up"))
    late = paused(office)
    office.hear(followed_up(item("addition", text="nomor 4")))
    assert [] == office.hear(late)
    office.hear(("PUPR", reply("ask", message="Sejak kapan?")))
    assert [] == office.hear(late)


def test_a_question_that_nobody_answered_ends_with_its_bound_and_one_too_many_at_once() -> None:
    office = in_status("waiting_for_reporter")
    office.hear(sla("started"), paused(office))
    waited = office.hear(sla("resumed", based_on_seq=office.case.seq))
    office.hear(("PUPR", reply("ask", message="Sejak kapan?")))
    enough = structs.replace(sla("resumed", based_on_seq=office.case.seq), reason="waktu bertanya sudah habis")
    at_once = office.hear(enough)
    assert ["Batas waktu menjawab sudah lewat."] == [
        each.message for each in waited if isinstance(each, ComplaintUpdated)
    ]
    assert ["pelapor tidak menjawab"] == reasons(waited)
    says = "Petugas melanjutkan tanpa menunggu, karena waktu bertanya sudah habis. Jawaban Anda tetap diteruskan."
    assert [says] == [each.message for each in at_once if isinstance(each, ComplaintUpdated)]
    assert ["waktu bertanya sudah habis; jawaban pelapor tidak ditunggu"] == reasons(at_once)


def test_after_a_pause_the_units_see_the_new_deadline() -> None:
    office = in_status("acknowledged")
    office.hear(sla("started"))
    later = DEADLINE + timedelta(days=1)
    told = office.hear(structs.replace(sla("resumed", based_on_seq=office.case.seq), deadline_at=later))
    assert [("PUPR", "deadline-set")] == to_units(told)
    assert later == next(each.complaint for each in told if isinstance(each, UnitRouted)).deadline_at  # type: ignore[union-attr]
    again = structs.replace(sla("resumed", based_on_seq=office.case.seq), deadline_at=later)
    assert [] == office.hear(again)
