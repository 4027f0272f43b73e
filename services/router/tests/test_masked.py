"""A unit's words are published, so identifiers of citizens are masked in them, and the unit is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import msgspec
import pytest
from router_office import (
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
    received,
    reply,
)

from contracts.events import UnitReplied
from kabupaten.routing import Powers
from router.replies import ACTIONS

NIK, PHONE, MAIL = "7312010203850004", "0812-7788-9911", "warga.soppeng@contoh.co.id"
ABOUT = f"warga NIK {NIK}, WA {PHONE}, surel {MAIL}"


def helped() -> Office:
    """PUPR leads, PDAM helps, and OTHER was merged into it."""
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER, abstained=True))
    office.hear(("DISKOMINFO", reply("merge", OTHER, into=T)))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    return office


def asked_to_erase() -> Office:
    office = in_status("routed")
    office.hear(followed_up(item("rights_request", right="erasure")))
    return office


def two() -> Office:
    office = in_status("routed", "triage")
    office.hear(received(OTHER), classified(OTHER))
    return office


def late() -> Office:
    """Its delay was escalated to SETDA, which is above the units."""
    office = in_status("routed")
    office.rules = replace(office.rules, powers=Powers(superiors=("SETDA",)))
    office.hear(breached(level=1, escalate_to=["SETDA"]))
    return office


def to_confirm() -> Office:
    """PUPR has resolved it, and somebody else is to confirm that."""
    office = in_status("routed")
    office.rules = replace(office.rules, confirmed={"jalan_jembatan"})
    office.hear(("PUPR", reply("resolve", message="Lubang sudah ditambal", actor="a")))
    return office


appealed = partial(in_status, "appealed")
routed, triage = partial(in_status, "routed"), partial(in_status, "routed", "triage")
# (office, unit, reply): every action, with all the words it may have
SAID: list[tuple[Callable[[], Office], str, UnitReplied]] = [
    (routed, "PUPR", reply("acknowledge", message=ABOUT, reason=ABOUT)),
    (helped, "PUPR", reply("progress", message=ABOUT)),
    (helped, "PUPR", reply("ask", message=ABOUT)),
    (helped, "PUPR", reply("ask-help", unit="DISHUB", reason=ABOUT)),
    (helped, "PUPR", reply("resolve", message=f"Lubang sudah ditambal, {ABOUT}")),
    (helped, "PUPR", reply("return", reason=ABOUT)),
    (helped, "PUPR", reply("hand-over", to="PLN", reason=f"tiang milik PLN {ABOUT}", message=ABOUT)),
    (triage, "DISKOMINFO", reply("hand-over", to=f"Balai, {ABOUT}", reason=f"sungai {ABOUT}")),
    (partial(in_status, "handed_over", "triage"), "DISKOMINFO", reply("relay", to="PLN", message=ABOUT)),
    (triage, "DISKOMINFO", reply("dispose", unit="PUPR", reason=ABOUT)),
    (triage, "DISKOMINFO", reply("correct", category="air_bersih", reason=ABOUT)),
    (triage, "DISKOMINFO", reply("reject", reason=ABOUT, message=ABOUT)),
    (two, "DISKOMINFO", reply("merge", into=OTHER, reason=ABOUT)),
    (partial(in_status, "merged", "triage"), "DISKOMINFO", reply("unmerge", reason=ABOUT)),
    (asked_to_erase, "DISKOMINFO", reply("rights-done", message=ABOUT)),
    (asked_to_erase, "DISKOMINFO", reply("rights-decline", message=ABOUT)),
    (appealed, "SETDA", reply("acknowledge", message=ABOUT)),
    (appealed, "SETDA", reply("uphold", reason=ABOUT, message=ABOUT)),
    (appealed, "SETDA", reply("dismiss", message=ABOUT)),
    (routed, "DISKOMINFO", reply("reassign", unit="PDAM", reason=ABOUT)),
    (routed, "DISKOMINFO", reply("prioritize", urgency="tinggi", reason=ABOUT)),
    (late, "SETDA", reply("instruct", reason=ABOUT, message=ABOUT)),
    (partial(in_status, "resolved"), "PUPR", reply("undo", reason=ABOUT)),
    (to_confirm, "PUPR", reply("confirm", actor="b", message=ABOUT)),
    (to_confirm, "PUPR", reply("redo", reason=ABOUT, message=ABOUT)),
    (routed, "DISKOMINFO", reply("erase", reason=ABOUT)),
    (helped, "PDAM", reply("progress", message=ABOUT)),
    (helped, "PDAM", reply("resolve", message=f"Pipa sudah diganti, {ABOUT}")),
    (helped, "PDAM", reply("return", reason=ABOUT)),
]


def test_every_action_is_tried() -> None:
    assert ACTIONS.keys() == {said.action for _, _, said in SAID}


@pytest.mark.parametrize(("office", "unit", "said"), SAID, ids=lambda value: getattr(value, "action", ""))
def test_identifiers_in_a_units_reply_are_masked_for_all_readers(
    office: Callable[[], Office], unit: str, said: UnitReplied
) -> None:
    it = office()
    answer = answer_to(it.hear((unit, said)))
    it.hear(followed_up(item("addition", 2, text="masih menunggu")))  # a later snapshot
    written = [msgspec.json.encode(emit.data).decode() for emit in it.told]
    assert (True, ["[NIK]", "[TELEPON]", "[EMAIL]"]) == (answer.accepted, answer.masked)
    assert [] == [text for text in written for secret in (NIK, PHONE, MAIL) if secret in text]


@pytest.mark.parametrize(
    ("message", "masked"),
    [
        ("Tim di lokasi", []),
        (f"Hubungi {PHONE}, atau {PHONE}", ["[TELEPON]"]),
        ("Yang [NIK] tulis sudah kami baca", []),
        (f"Hub [TELEPON] Anda tadi, atau {MAIL}", ["[EMAIL]"]),
    ],
)
def test_a_unit_is_told_what_was_masked_in_its_own_words_and_only_that(message: str, masked: list[str]) -> None:
    answer = answer_to(in_status("routed").hear(("PUPR", reply("progress", message=message))))
    assert masked == answer.masked


LINKS = [
    ("Isi data di https://bantuan.example/klaim", "Isi data di [TAUTAN]", ["[TAUTAN]"]),
    ("Chat wa.me/6281277889911", "Chat [TAUTAN]", ["[TAUTAN]"]),
    ("Masuk https://warga@bantuan.example", "Masuk [TAUTAN]", ["[TAUTAN]"]),
    (
        f"bit.ly/x, HP {PHONE}, surel {MAIL}",
        "[TAUTAN], HP [TELEPON], surel [EMAIL]",
        ["[TAUTAN]", "[TELEPON]", "[EMAIL]"],
    ),
    ("Foto di https://pupr.soppengkab.go.id/1", "Foto di https://pupr.soppengkab.go.id/1", []),
    ("Kontak PLN di www.pln.co.id", "Kontak PLN di www.pln.co.id", []),
]


@pytest.mark.parametrize(("message", "shown", "masked"), LINKS)
@pytest.mark.parametrize("field", ["message", "reason"])
def test_a_link_that_leads_elsewhere_is_replaced_and_the_unit_is_told(
    field: str, message: str, shown: str, masked: list[str]
) -> None:
    office = in_status("routed")
    office.rules = replace(RULES, contacts=frozenset(["www.pln.co.id"]))
    answer = answer_to(office.hear(("PUPR", reply("progress", **{field: message}))))
    assert (shown, masked) == (getattr(office.story()[-1], field), answer.masked)


# refused replies, with an identifier in place of a code
REFUSED: list[tuple[str, UnitReplied]] = [
    ("PUPR", reply(ABOUT)),
    ("PUPR", reply("hand-over", to=ABOUT, reason="sungai diurus balai")),
    ("PUPR", reply("progress", PHONE)),
    ("DISKOMINFO", reply("dispose", unit=PHONE)),
    ("DISKOMINFO", reply("dispose", unit="PUPR", support=[PHONE])),
    ("DISKOMINFO", reply("correct", category=MAIL)),
    ("DISKOMINFO", reply("merge", into=NIK)),
]


@pytest.mark.parametrize(("unit", "said"), REFUSED)
def test_a_refusal_repeats_no_identifier(unit: str, said: UnitReplied) -> None:
    answer = answer_to((routed if unit == "PUPR" else triage)().hear((unit, said)))
    assert not answer.accepted
    assert [] == [secret for secret in (NIK, PHONE, MAIL) if secret[:8] in str(answer.reason)]


def test_a_code_without_end_is_refused_and_its_beginning_named() -> None:
    answer = answer_to(triage().hear(("DISKOMINFO", reply("dispose", unit="08" * 400_000))))
    assert (False, True) == (answer.accepted, len(str(answer.reason)) < 100)


def test_the_numbers_of_offices_stay() -> None:
    office = in_status("routed")
    office.rules = replace(RULES, contacts=frozenset(["(0484) 21001", "pupr@soppengkab.go.id"]))
    office.hear(("PUPR", reply("progress", message=f"Hubungi (0484) 21001, pupr@soppengkab.go.id, bukan {PHONE}")))
    assert "Hubungi (0484) 21001, pupr@soppengkab.go.id, bukan [TELEPON]" == office.story()[-1].message


def test_a_unit_is_known_by_its_ticket_however_it_writes_it() -> None:
    answer = answer_to(in_status("routed").hear(("PUPR", reply("progress", " spg s00o oooo7 "))))
    assert answer.accepted
