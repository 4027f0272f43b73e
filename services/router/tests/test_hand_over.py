"""Rules hand complaints over to offices outside the kabupaten: the citizen reads its name, a person forwards it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import UNSET
from router_office import (
    OTHER,
    RULES,
    Office,
    T,
    classified,
    followed_up,
    item,
    kinds,
    received,
    refusal,
    reply,
    to_units,
)

from contracts.events import Place, UnitRouted
from kabupaten.routing import RoutingRule, Target

REASON = "jaringan listrik diurus PLN"
OUTSIDE = replace(
    RULES,
    targets={"PLN": Target(name="PLN", contact="telepon 123"), "BPN": Target(name="Kantor Pertanahan")},
    routing=(
        RoutingRule(reason="tanah", matters=frozenset({"sertifikat_tanah"}), hand_over="BPN"),
        RoutingRule(reason=REASON, categories=frozenset({"listrik_energi"}), hand_over="PLN"),
        RoutingRule(reason="camat", places=frozenset({"citta"}), types=frozenset({"aspirasi"}), lead="PDAM"),
    ),
    camat={"citta": "DISHUB"},
)


def office(*early: object) -> Office:
    it = Office(rules=OUTSIDE)
    it.hear(received(), *early)  # type: ignore[arg-type]
    return it


def test_the_citizen_is_told_to_whom_why_and_how_to_reach_them() -> None:
    it = office(classified(category="listrik_energi"))
    step = it.story()[-1]
    assert ["registered", "handed_over"] == [each.kind for each in it.story()]
    assert ("PLN", REASON, "telepon 123", None, UNSET) == (
        step.target,
        step.reason,
        step.contact,
        step.lane,
        step.by,
    )


def test_a_contact_nobody_has_confirmed_is_not_told() -> None:
    step = office(classified(matter="sertifikat_tanah")).story()[-1]
    assert ("Kantor Pertanahan", UNSET) == (step.target, step.contact)


def test_a_person_forwards_it_with_all_that_is_known() -> None:
    it = Office(rules=OUTSIDE)
    told = it.hear(received(), classified(category="listrik_energi"))
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert ("DISKOMINFO", "handed-over", f"teruskan ke PLN: {REASON}") == (record.unit, record.why, record.reason)
    assert record.complaint is not UNSET
    assert ("handed_over", "triage", "jalan rusak di Cabenge") == (
        record.complaint.status,
        record.complaint.lane,
        record.complaint.text,
    )
    assert ("DISKOMINFO", "handed_over") == (it.case.unit, it.case.status)


@pytest.mark.parametrize(("about", "looks"), [(["DISKOMINFO"], "INSPEKTORAT"), (["INSPEKTORAT"], "SETDA")])
def test_accused_desk_neither_receives_nor_forwards_the_complaint(about: list[str], looks: str) -> None:
    it = office()
    it.ring()
    told = it.hear(classified(category="listrik_energi", about_units=about))
    assert (["routed"], looks, "triage") == (kinds(told), it.case.unit, it.case.lane)
    told = it.hear((looks, reply("hand-over", to="PLN", reason="jaringan listrik milik PLN")))
    assert (["handed_over"], [(looks, "replied")]) == (kinds(told), to_units(told))


def test_late_classification_hands_over_from_triage_unless_a_person_acted() -> None:
    it = office()
    it.ring()
    assert ["handed_over"] == kinds(it.hear(classified(category="listrik_energi")))
    assert it.story()[-1].lane is None
    it = office()
    it.ring()
    it.hear(("DISKOMINFO", reply("acknowledge")))
    assert ([], "acknowledged") == (kinds(it.hear(classified(category="listrik_energi"))), it.case.status)


@pytest.mark.parametrize("doubt", [{"abstained": True}, {"urgency": "darurat"}, {"spam": True}])
def test_a_doubtful_or_urgent_one_is_looked_at_and_not_handed_over(doubt: dict[str, Any]) -> None:
    it = office(classified(category="listrik_energi", **doubt))
    assert ("routed", "DISKOMINFO", "triage") == (it.case.status, it.case.unit, it.case.lane)


def test_it_is_over_here_and_what_is_wished_for_is_answered() -> None:
    it = office(classified(category="listrik_energi"))
    assert refusal(it.hear(("DISKOMINFO", reply("progress")))) is not None
    assert ["noted"] == kinds(it.hear(followed_up(item("addition", text="sudah tiga hari"))))
    assert "handed_over" == it.case.status


def test_those_merged_into_it_are_told_to_whom_it_went() -> None:
    it = office()
    it.ring()
    it.hear(received(OTHER), classified(OTHER, abstained=True), ("DISKOMINFO", reply("merge", OTHER, into=T)))
    it.hear(classified(category="listrik_energi"))
    step = it.story(OTHER)[-1]
    assert ("handed_over", "PLN", REASON) == (step.kind, step.target, step.reason)


def test_type_and_place_are_those_that_were_understood() -> None:
    it = office(classified(type="aspirasi", place=Place(kecamatan="Citta", desa="Citta")))
    assert ("PDAM", "unit") == (it.case.unit, it.case.lane)
    assert "PUPR" == office(classified(type="aspirasi")).case.unit


def handed(to: str, reason: str = "sungai diurus balai", *, lane: str = "unit") -> tuple[Office, str | None]:
    it = Office(rules=OUTSIDE)
    it.hear(received(), classified(abstained=lane == "triage"))
    unit = it.case.unit or ""
    return it, refusal(it.hear((unit, reply("hand-over", to=to, reason=reason))))


@pytest.mark.parametrize("lane", ["unit", "triage"])
@pytest.mark.parametrize("to", ["PDAM", "pdam", " Dishub. ", "PUPR"])
def test_our_own_units_are_no_office_outside(to: str, lane: str) -> None:
    it, refused = handed(to, lane=lane)
    assert ("routed", True) == (it.case.status, "pakai return" in str(refused))


@pytest.mark.parametrize("to", ["-", "Provinsi", "dinas lain"])
def test_a_unit_hands_over_only_to_those_of_the_table_and_is_told_which_they_are(to: str) -> None:
    it, refused = handed(to)
    assert ("routed", True, True) == (it.case.status, "PLN, BPN" in str(refused), "pakai return" in str(refused))


def test_the_triage_lane_may_know_an_office_that_is_not_in_the_table_but_names_it() -> None:
    it, refused = handed("Balai Wilayah Sungai", lane="triage")
    assert (None, "Balai Wilayah Sungai") == (refused, it.story()[-1].target)
    assert "bukan tujuan" in str(handed("-", lane="triage")[1])


@pytest.mark.parametrize("to", ["BPN", "bpn", "Kantor Pertanahan", "kantor  pertanahan"])
def test_a_code_or_a_name_becomes_the_name(to: str) -> None:
    it, refused = handed(to)
    assert (None, "Kantor Pertanahan", UNSET) == (refused, it.story()[-1].target, it.story()[-1].message)


def test_a_units_hand_over_tells_the_contact_too() -> None:
    assert "telepon 123" == handed("pln")[0].story()[-1].contact


def test_handover_tells_the_units_message_and_the_contact() -> None:
    it = Office(rules=OUTSIDE)
    it.hear(received(), classified())
    it.hear(("PUPR", reply("hand-over", to="pln", reason="tiang milik PLN", message="Kami sudah bersurat.")))
    assert ("Kami sudah bersurat.", "telepon 123") == (it.story()[-1].message, it.story()[-1].contact)


@pytest.mark.parametrize("reason", ["bukan wewenang", "Bukan wewenang kami", "bukan urusan dinas kami", "-", "PLN"])
@pytest.mark.parametrize("lane", ["unit", "triage"])
def test_handover_reason_without_an_explanation_is_refused(reason: str, lane: str) -> None:
    it, refused = handed("PLN", reason, lane=lane)
    assert ("routed", True) == (it.case.status, "alasan pelimpahan" in str(refused))


def relayed(to: str = "PLN", message: str = "Tiang sudah diganti hari ini.") -> tuple[str, Any]:
    return ("DISKOMINFO", reply("relay", to=to, message=message))


@pytest.mark.parametrize("to", ["PLN", "pln", "Kantor Pertanahan"])
def test_relayed_answer_names_the_outside_office_and_keeps_the_status(to: str) -> None:
    it = office(
        classified(matter="sertifikat_tanah") if to != "PLN" and to != "pln" else classified(category="listrik_energi")
    )
    told = it.hear(relayed(to))
    step = it.story()[-1]

    name = "PLN" if to != "Kantor Pertanahan" else to
    assert [("DISKOMINFO", "replied")] == to_units(told)
    assert ("noted", "party_answered", name, "Tiang sudah diganti hari ini.", "handed_over", "DISKOMINFO") == (
        step.kind,
        step.note,
        step.target,
        step.message,
        step.status,
        step.by,
    )


def test_an_answer_may_be_added_to() -> None:
    it = office(classified(category="listrik_energi"))
    for _ in range(2):
        it.hear(relayed())

    assert ["registered", "handed_over", "noted", "noted"] == [each.kind for each in it.story()]


def test_only_the_office_that_has_it_is_answered_for() -> None:
    it = office(classified(category="listrik_energi"))

    assert "laporan ini dilimpahkan ke PLN, bukan ke 'BPN'" == refusal(it.hear(relayed("BPN")))
    assert "tindakan relay perlu message" == refusal(it.hear(relayed("PLN", " ")))
    assert "bukan milik PUPR" in str(refusal(it.hear(("PUPR", reply("relay", to="PLN", message="x")))))


def test_relay_is_refused_once_the_handover_is_undone() -> None:
    it = office(classified(category="listrik_energi"))
    it.hear(("DISKOMINFO", reply("undo", reason="ternyata lampu jalan kabupaten")))

    assert "laporan berstatus diteruskan, tidak dapat relay" == refusal(it.hear(relayed()))


def test_forwarding_desk_sees_the_target_until_the_handover_is_undone() -> None:
    it = Office(rules=OUTSIDE)
    told = it.hear(received(), classified(category="listrik_energi"))
    back = it.hear(("DISKOMINFO", reply("undo", reason="ternyata lampu jalan kabupaten")))

    assert ["PLN"] == [each.complaint.target for each in told if isinstance(each, UnitRouted) and each.complaint]
    assert {UNSET} == {each.complaint.target for each in back if isinstance(each, UnitRouted) and each.complaint}
