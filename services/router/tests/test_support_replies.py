"""Several units on one complaint: one leads and closes, the others help and answer."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec import UNSET
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
    received,
    refusal,
    reply,
    sla,
    to_units,
)

from contracts.events import ComplaintUpdated, Evidence, UnitReplied, UnitRouted
from router.case import supporters
from router.rules import Assignment
from router.transfers import route


def disposed(unit: str = "PUPR", *support: str) -> Office:
    """The triage unit gave ``T`` to ``unit`` and asked ``support`` to help."""
    office = in_status("routed", "triage")
    office.hear(("DISKOMINFO", reply("dispose", unit=unit, support=list(support or ("PDAM", "DISHUB")))))
    return office


def records(told: list[Any], unit: str) -> list[UnitRouted]:
    return [each for each in told if isinstance(each, UnitRouted) and each.unit == unit]


def helping(office: Office) -> dict[str, str]:
    return {each.unit: each.status for each in office.case.support}


def test_a_disposition_tells_the_lead_and_each_that_helps_and_the_story_names_them() -> None:
    office = in_status("routed", "triage")
    told = office.hear(("DISKOMINFO", reply("dispose", unit="pupr", support=[" pdam ", "DISHUB", "PDAM"])))
    assert [("PUPR", "routed"), ("PDAM", "routed"), ("DISHUB", "routed"), ("DISKOMINFO", "replied")] == to_units(told)
    roles = [
        (each.unit, each.complaint.unit, each.complaint.role)  # type: ignore[union-attr]
        for each in told
        if isinstance(each, UnitRouted) and each.why == "routed"
    ]
    assert [("PUPR", "PUPR", "lead"), ("PDAM", "PUPR", "support"), ("DISHUB", "PUPR", "support")] == roles
    assert ["PDAM", "DISHUB"] == office.story()[-1].support
    assert {"PDAM": "asked", "DISHUB": "asked"} == helping(office)


def test_leading_unit_is_not_its_own_helper() -> None:
    assert {"PDAM": "asked"} == helping(disposed("PUPR", "PUPR", "PDAM"))


@pytest.mark.parametrize(
    ("support", "why"),
    [(["SIHIR"], "unit 'SIHIR' tidak ada"), (["PDAM"], "laporan ini tentang PDAM, tidak dapat diteruskan ke PDAM")],
)
def test_unknown_or_accused_unit_cannot_help(support: list[str], why: str) -> None:
    office = Office()
    office.hear(received(), classified(urgency="darurat", about_units=["PDAM"]))
    told = office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=support)))
    assert (why, "DISKOMINFO") == (refusal(told), office.case.unit)


def test_a_rule_cannot_ask_an_accused_unit_to_help() -> None:
    case = msgspec.structs.replace(in_status("registered").case, classified=classified(about_units=["PDAM"]))
    to = Assignment(lane="unit", unit="PUPR", reason="kategori", support=["PDAM", "DISHUB", "PUPR"])
    assert ["DISHUB"] == supporters(route(RULES, case, to)[0])


# reply of PDAM, which helps → its status after it, and what the lead and the other helper read
CARRIED_OUT: list[tuple[UnitReplied, str, str]] = [
    (reply("acknowledge"), "acknowledged", "PDAM: diterima"),
    (reply("progress", message="Pipa sedang digali"), "in_progress", "PDAM: sedang dikerjakan. Pipa sedang digali"),
    (reply("resolve", message="Pipa sudah diganti"), "done", "PDAM: bagiannya selesai. Pipa sudah diganti"),
]


@pytest.mark.parametrize(("said", "status", "shown"), CARRIED_OUT)
def test_helpers_reply_is_shown_to_all_units_and_keeps_the_leads_status(
    said: UnitReplied, status: str, shown: str
) -> None:
    office = disposed()
    told = office.hear(("PDAM", said))
    assert ([], "routed", None) == (kinds(told), office.case.status, refusal(told))
    assert [("PUPR", "updated"), ("DISHUB", "updated"), ("PDAM", "replied")] == to_units(told)
    lead = records(told, "PUPR")[0]
    assert shown == lead.reason
    assert [("PDAM", status, said.message), ("DISHUB", "asked", UNSET)] == [
        (each.unit, each.status, each.message)
        for each in lead.complaint.support  # type: ignore[union-attr]
    ]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (reply("progress"), "tindakan progress perlu message"),
        (reply("resolve", message=" "), "tindakan resolve perlu message"),
        (reply("resolve", message="sedang diproses"), "belum menyebut apa yang sudah dikerjakan"),
        (reply("return"), "tindakan return perlu reason"),
        (reply("ask", message="Di RT berapa?"), "PDAM unit pendukung, PUPR unit utamanya"),
        (reply("hand-over", to="PLN", reason="milik PLN"), "unit pendukung"),
        (reply("dispose", unit="DISHUB"), "unit pendukung"),
        (reply("unmerge"), "unit pendukung"),
        (reply("rights-done", message="sudah dihapus"), "unit pendukung"),
        (reply("menari"), "yang dapat: acknowledge, progress, resolve, return"),
    ],
)
def test_one_that_helps_may_answer_and_nothing_else(said: UnitReplied, why: str) -> None:
    office = disposed()
    before = office.case
    told = office.hear(("PDAM", said))
    assert why in str(refusal(told))
    assert (before, [("PDAM", "refused")]) == (office.case, to_units(told))


def test_one_that_helps_acknowledges_once() -> None:
    office = disposed()
    office.hear(("PDAM", reply("acknowledge")))
    assert "bagian PDAM diterima" == refusal(office.hear(("PDAM", reply("acknowledge"))))


def test_one_that_returns_drops_out_and_the_lead_and_the_triage_unit_are_told() -> None:
    office = disposed()
    told = office.hear(("PDAM", reply("return", reason="bukan pipa kami")))
    assert {"DISHUB": "asked"} == helping(office)
    assert [
        ("PUPR", "updated"),
        ("DISHUB", "updated"),
        ("DISKOMINFO", "updated"),
        ("PDAM", "replied"),
    ] == to_units(told)
    assert "PDAM tidak ikut membantu: bukan pipa kami" == records(told, "PUPR")[0].reason
    assert "bukan milik PDAM" in str(refusal(office.hear(("PDAM", reply("progress", message="halo")))))
    assert 0 == office.case.returns


@pytest.mark.parametrize(
    ("action", "facts", "why"),
    [
        ("acknowledge", {}, "updated"),
        ("ask", {"message": "Di RT berapa?"}, "updated"),
        ("resolve", {"message": "Jalan sudah ditambal"}, "updated"),
        ("hand-over", {"to": "PLN", "reason": "milik PLN"}, "withdrawn"),
        ("return", {"reason": "bukan kami"}, "withdrawn"),
    ],
)
def test_those_that_help_hear_what_the_lead_did(action: str, facts: dict[str, str], why: str) -> None:
    office = disposed()
    told = office.hear(("PUPR", reply(action, **facts)))
    assert [why] == [each.why for each in records(told, "PDAM")] == [each.why for each in records(told, "DISHUB")]
    assert ["replied"] == [each.why for each in records(told, "PUPR")]


def test_those_that_help_hear_of_the_clock_and_of_the_citizen() -> None:
    office = disposed()
    told = office.hear(
        sla("started"), sla("warned"), breached(), followed_up(item("addition", text="depan masjid")),
    )  # fmt: skip
    whys = ["deadline-set", "warned", "breached", "followed-up"]
    assert whys == [each.why for each in records(told, "PDAM")] == [each.why for each in records(told, "PUPR")]
    assert DEADLINE == records(told, "PDAM")[-1].complaint.deadline_at  # type: ignore[union-attr]
    told = office.hear(followed_up(item("addition", text="depan masjid"), item("cancel")))
    assert [(unit, "withdrawn") for unit in ("PUPR", "PDAM", "DISHUB")] == to_units(told)


def test_one_that_helped_may_come_to_lead_and_the_lead_to_help() -> None:
    office = disposed("PUPR", "PDAM")
    office.hear(("PUPR", reply("return", reason="air")))
    assert ({}, "DISKOMINFO") == (helping(office), office.case.unit)
    office.hear(("DISKOMINFO", reply("dispose", unit="PDAM", support=["PUPR"])))
    assert ({"PUPR": "asked"}, "PDAM", "unit") == (helping(office), office.case.unit, office.case.lane)
    assert None is refusal(office.hear(("PUPR", reply("progress", message="sedang digali"))))
    told = office.hear(("PDAM", reply("resolve", message="Pipa sudah diganti")))
    assert "resolved" == office.case.status
    assert [("PUPR", "updated"), ("PDAM", "replied")] == to_units(told)


def test_the_triage_unit_may_lead_itself_with_help() -> None:
    office = disposed("DISKOMINFO", "PDAM")
    assert ("DISKOMINFO", "triage", {"PDAM": "asked"}) == (office.case.unit, office.case.lane, helping(office))
    told = office.hear(("PDAM", reply("return", reason="bukan pipa kami")))
    assert [("DISKOMINFO", "updated"), ("PDAM", "replied")] == to_units(told)


def test_reopening_asks_all_of_them_again() -> None:
    office = disposed("PUPR", "PDAM")
    office.hear(("PDAM", reply("resolve", message="Pipa sudah diganti")))
    office.hear(("PUPR", reply("resolve", message="Jalan sudah ditambal")))
    assert "laporan berstatus selesai ditangani" in str(refusal(office.hear(("PDAM", reply("acknowledge")))))
    told = office.hear(followed_up(item("reopen", text="masih bocor")))
    assert [("PUPR", "routed"), ("PDAM", "routed")] == to_units(told)
    assert {"PDAM": "asked"} == helping(office)


def test_merging_lets_go_of_those_that_help() -> None:
    office = disposed("PUPR", "PDAM")
    office.hear(received(OTHER), classified(OTHER), ("PUPR", reply("return", reason="sudah ada")))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    told = office.sweep(T, OTHER)
    assert "similar" in [why for _, why in to_units(told)]
    told = office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    assert ("merged", {}) == (office.case.status, helping(office))
    assert {("PDAM", "withdrawn"), ("PUPR", "withdrawn"), ("PUPR", "updated")} <= set(to_units(told))


def test_each_step_that_a_unit_caused_names_it_and_no_other_step_does() -> None:
    office = disposed("PUPR", "PDAM")
    office.hear(("PUPR", reply("acknowledge")), followed_up(item("addition")))
    office.hear(("PUPR", reply("return", reason="bukan kami")))
    by = [(step.kind, step.by) for step in office.story()]
    assert [
        ("registered", UNSET),
        ("routed", UNSET),
        ("routed", "DISKOMINFO"),
        ("acknowledged", "PUPR"),
        ("noted", UNSET),
        ("returned", "PUPR"),
        ("routed", "PUPR"),
    ] == by


def test_proof_of_the_deed_is_in_the_story() -> None:
    url = "https://pupr.soppengkab.go.id/1"
    office, proof = in_status("routed"), Evidence(url=url, media_type="image/jpeg", sha256="a" * 64, bytes=1)
    told = office.hear(("PUPR", reply("resolve", message="Lubang sudah ditambal", evidence=[proof])))
    (step,) = [each for each in told if isinstance(each, ComplaintUpdated)]
    assert [proof] == step.evidence


def test_a_units_own_hand_over_is_forwarded_by_the_triage_unit() -> None:
    office = in_status("routed")
    told = office.hear(("PUPR", reply("hand-over", to="PLN", reason="tiang milik PLN")))
    assert [("DISKOMINFO", "handed-over"), ("PUPR", "replied")] == to_units(told)
    assert "teruskan ke PLN: tiang milik PLN" == records(told, "DISKOMINFO")[0].reason


def test_one_that_helps_may_answer_a_question_by_what_will_be_as_the_lead_may() -> None:
    plan = reply("resolve", message="Pelayanan keliling akan datang ke Cabenge Senin depan")
    assert "rencana" in str(refusal(disposed().hear(("PDAM", plan))))
    office = Office()
    office.hear(received(), classified(abstained=True, type="permintaan_informasi"))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    assert None is refusal(office.hear(("PDAM", plan)))
