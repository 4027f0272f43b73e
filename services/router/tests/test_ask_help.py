"""The lead asks another unit to help, without the triage unit: the helper reads what for, the reporter nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import UNSET, json
from router_office import (
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
    to_units,
)

from contracts.events import ComplaintUpdated, UnitReplied, UnitRouted
from router.registration import on_unit_ended
from router.unit_words import STATUS_WORDS

WHY = "Tutup keran induk selama jalan ditambal"
ASKED = reply("ask-help", unit=" pdam ", reason=WHY)
SAID = f"PUPR meminta bantuan PDAM: {WHY}"


def record(told: list[Any], unit: str) -> UnitRouted:
    (found,) = [each for each in told if isinstance(each, UnitRouted) and each.unit == unit]
    return found


def helped(*, after: UnitReplied = ASKED) -> Office:
    """PUPR leads, DISHUB was named with it, and PUPR has asked for more help."""
    office = in_status("routed", "triage")
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["DISHUB"])), ("PUPR", after))
    return office


def test_asked_unit_becomes_a_helper_and_other_helpers_are_told() -> None:
    office = in_status("routed", "triage")
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["DISHUB"])))

    told = office.hear(("PUPR", ASKED))

    assert [("PDAM", "routed"), ("DISHUB", "updated"), ("PUPR", "replied")] == to_units(told)
    asked = record(told, "PDAM")
    assert (SAID, "support", "PUPR", SAID) == (
        asked.reason,
        asked.complaint.role,  # type: ignore[union-attr]
        asked.complaint.unit,  # type: ignore[union-attr]
        record(told, "DISHUB").reason,
    )
    lead = record(told, "PUPR").complaint
    assert [("DISHUB", "asked", UNSET), ("PDAM", "asked", WHY)] == [
        (each.unit, each.status, each.request)
        for each in lead.support  # type: ignore[union-attr]
    ]


@pytest.mark.parametrize("status", ["routed", "acknowledged", "in_progress", "waiting_for_reporter"])
def test_help_request_keeps_status_and_lead_and_is_hidden_from_the_reporter(status: str) -> None:
    office = in_status(status)

    told = office.hear(("PUPR", ASKED))

    (step,) = [each for each in told if isinstance(each, ComplaintUpdated)]
    assert (status, "PUPR") == (office.case.status, office.case.unit)
    assert ("noted", "help_asked", status, ["PDAM"], "PUPR", UNSET, UNSET) == (
        step.kind, step.note, step.status, step.support, step.by, step.message, step.reason,
    )  # fmt: skip


@pytest.mark.parametrize("status", ["resolved", "closed", "handed_over", "cancelled"])
def test_help_is_refused_for_a_finished_complaint(status: str) -> None:
    office = in_status(status)

    told = office.hear(("PUPR", ASKED))

    assert f"laporan berstatus {STATUS_WORDS[status]}, tidak dapat ask-help" == refusal(told)


def test_triage_desk_may_ask_for_help() -> None:
    office = in_status("routed", "triage")

    told = office.hear(("DISKOMINFO", ASKED))

    assert ([("PDAM", "routed"), ("DISKOMINFO", "replied")], "triage") == (to_units(told), office.case.lane)


@pytest.mark.parametrize(
    ("by", "said", "code", "words"),
    [
        ("PUPR", reply("ask-help", unit="SIHIR", reason=WHY), "unknown_unit", "unit 'SIHIR' tidak ada"),
        ("PUPR", reply("ask-help", unit="PUPR", reason=WHY), "already_done", "sudah ditangani PUPR"),
        ("PUPR", reply("ask-help", unit="DISHUB", reason=WHY), "already_done", "DISHUB sudah membantu"),
        ("PUPR", reply("ask-help", unit="PDAM", reason=" \n"), "missing_field", "tindakan ask-help perlu reason"),
        ("PUPR", reply("ask-help", reason=WHY), "missing_field", "tindakan ask-help perlu unit"),
        ("DISHUB", ASKED, "not_lead", "DISHUB unit pendukung, PUPR unit utamanya"),
        ("SETDA", ASKED, "not_yours", "bukan milik SETDA"),
        ("DISKOMINFO", ASKED, "not_yours", "bukan milik DISKOMINFO"),
    ],
)
def test_invalid_help_request_is_refused_and_changes_nothing(by: str, said: UnitReplied, code: str, words: str) -> None:
    office = in_status("routed", "triage")
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["DISHUB"])))
    before = office.case

    told = office.hear((by, said))

    assert (code, True) == (answer_to(told).code, words in str(refusal(told)))
    assert (before, []) == (office.case, kinds(told))


def test_unit_that_already_helps_cannot_be_asked_again() -> None:
    office = helped()

    told = office.hear(("PUPR", ASKED))

    assert ("already_done", "PDAM sudah membantu laporan ini") == (answer_to(told).code, refusal(told))


@pytest.mark.parametrize(
    "about",
    [{"about_units": ["PDAM"]}, {"perhaps_accusing": True, "perhaps_about": ["PDAM"]}],
    ids=["accused", "perhaps accused"],
)
def test_unit_that_is_or_may_be_accused_cannot_be_asked(about: dict[str, Any]) -> None:
    office = Office()
    office.hear(received(), classified(urgency="darurat", **about))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")))

    told = office.hear(("PUPR", ASKED))

    assert ("accused", []) == (answer_to(told).code, office.case.support)


def test_successor_of_an_accused_unit_cannot_be_asked() -> None:
    office = Office(rules=replace(RULES, heirs={"DINAS-LAMA": "PDAM"}))
    office.hear(received(), classified(urgency="darurat", about_units=["DINAS-LAMA"]))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")))

    told = office.hear(("PUPR", ASKED))

    assert ("accused", []) == (answer_to(told).code, office.case.support)


def test_helper_that_turns_out_to_be_accused_is_withdrawn() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")), ("PUPR", ASKED))

    told = office.hear(classified(about_units=["PDAM"]))

    assert ([], [("PDAM", "withdrawn")]) == (office.case.support, to_units(told))


def test_asked_helper_can_finish_return_the_task_and_be_asked_again() -> None:
    office = helped()

    done = office.hear(("PDAM", reply("resolve", message="Keran induk sudah ditutup")))
    assert [("PDAM", "done", WHY)] == [
        (each.unit, each.status, each.request) for each in office.case.support if each.unit == "PDAM"
    ]
    assert "PDAM: bagiannya selesai. Keran induk sudah ditutup" == record(done, "PUPR").reason
    office.hear(("PDAM", reply("return", reason="bukan pipa kami")))
    assert ["DISHUB"] == [each.unit for each in office.case.support]

    assert None is refusal(office.hear(("PUPR", ASKED)))


def test_help_request_survives_reopening_but_not_a_new_lead() -> None:
    office = in_status("routed")
    office.hear(("PUPR", ASKED), ("PUPR", reply("resolve", message="Lubang sudah ditambal")))

    office.hear(followed_up(item("reopen", text="masih berlubang")))
    again = office.case.support
    office.hear(("DISKOMINFO", reply("reassign", unit="DISHUB", support=["PDAM"], reason="jalan itu milik DISHUB")))

    assert [("PDAM", "asked", WHY), ("PDAM", "asked", UNSET)] == [
        (each.unit, each.status, each.request) for each in (*again, *office.case.support)
    ]


def test_successor_of_a_helper_reads_the_help_request() -> None:
    office = in_status("routed")
    office.hear(("PUPR", ASKED))
    there = {code: unit for code, unit in RULES.units.items() if code != "PDAM"}

    case, _ = on_unit_ended(replace(RULES, units=there, heirs={"PDAM": "DISHUB"}), office.case)

    assert [("DISHUB", WHY)] == [(each.unit, each.request) for each in case.support]


def test_help_request_is_masked_like_other_unit_texts() -> None:
    office = helped(after=reply("ask-help", unit="PDAM", reason="Hubungi pelapor di 0812-3456-7890"))

    assert "Hubungi pelapor di [TELEPON]" == office.case.support[-1].request


def test_confidential_help_request_is_read_only_by_the_handling_units() -> None:
    office = Office()
    office.hear(received(rahasia=True), classified(), ("PUPR", ASKED))

    (heard,) = office.hear(breached(level=1, escalate_to=["SETDA"]))[-1:]
    answer = office.hear(("PDAM", reply("acknowledge")))

    assert ["SETDA", UNSET, WHY, WHY] == [
        heard.unit,
        heard.complaint.support[0].request,
        *(record(answer, unit).complaint.support[0].request for unit in ("PUPR", "PDAM")),  # type: ignore[union-attr]
    ]


def test_erasure_removes_the_help_request() -> None:
    office = helped()

    office.hear(("DISKOMINFO", reply("erase", reason="diminta pelapor")))

    assert WHY not in json.encode(office.cases[T]).decode()


def test_help_request_cannot_be_undone() -> None:
    office = helped()

    told = office.hear(("PUPR", reply("undo")))

    assert "nothing_to_undo" == answer_to(told).code


def test_a_return_is_taken_back_with_those_who_helped_then() -> None:
    office = helped()
    office.hear(
        ("PUPR", reply("return", reason="bukan jalan kami")),
        ("DISKOMINFO", reply("ask-help", unit="SETDA", reason=WHY)),
    )

    told = office.hear(("PUPR", reply("undo")))

    assert ["DISHUB", "PDAM"] == [each.unit for each in office.case.support]
    assert ("SETDA", "withdrawn") in to_units(told)
