"""Every refusal has a code for programs beside its sentence for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace as with_rules
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import get_args

import pytest
from msgspec import UNSET
from msgspec.structs import replace
from router_office import (
    OTHER,
    Office,
    T,
    answer_to,
    classified,
    followed_up,
    in_status,
    item,
    received,
    refusal,
    reply,
)

from contracts.events import Evidence, UnitReplied
from contracts.vocabulary import RefusalCode
from router import refusal as shared


def helped() -> Office:
    """PUPR leads and PDAM helps."""
    office = Office()
    office.hear(received(), classified(abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    return office


def about_pdam() -> Office:
    """It waits in triage; PDAM, which it accuses, has ``OTHER``."""
    office = Office()
    office.hear(received(), classified(urgency="darurat", about_units=["PDAM"]))
    office.hear(received(OTHER), classified(OTHER, "air_bersih"))
    return office


def at_the_last_desk() -> Office:
    office = triage()
    for unit in ("DISKOMINFO", "SETDA", "DISKOMINFO"):
        office.hear((unit, reply("return", reason="tidak jelas")))
    return office


def erased() -> Office:
    office = in_status("routed")
    office.hear(("DISKOMINFO", reply("erase", reason="diminta pelapor")))
    return office


def asked_to_erase() -> Office:
    office = routed()
    office.hear(followed_up(item("rights_request", right="erasure")))
    return office


def resolved_long_ago() -> Office:
    office = in_status("resolved")
    assert office.case.undo
    undo = replace(office.case.undo, at=office.case.undo.at - timedelta(minutes=11))
    office.cases[T] = replace(office.case, undo=undo)
    return office


def to_confirm() -> Office:
    office = in_status("routed")
    office.rules = with_rules(office.rules, confirmed={"jalan_jembatan"})
    office.hear(("PUPR", reply("resolve", message="Lubang sudah ditambal", actor="andi")))
    return office


routed, triage = partial(in_status, "routed"), partial(in_status, "routed", "triage")
RESOLVED = reply("resolve", message="Lubang sudah ditambal")
BAD = Evidence(url="https://evil.example/1", media_type="image/jpeg", sha256="a" * 64, bytes=1)
# (office, unit, reply) → the code, and words of the sentence
REFUSED: list[tuple[Callable[[], Office], str, UnitReplied, str, str]] = [
    (routed, "PDAM", RESOLVED, "not_yours", "bukan milik PDAM"),
    (routed, "PUPR", reply("resolve", "x"), "not_yours", "bukan milik PUPR"),
    (routed, "PUPR", reply("hancurkan"), "unknown_action", "tidak dikenal"),
    (routed, "PUPR", reply("dispose", unit="PDAM"), "not_triage", "meja triase"),
    (partial(in_status, "resolved"), "PUPR", RESOLVED, "wrong_status", "berstatus selesai ditangani"),
    (partial(in_status, "acknowledged"), "PUPR", reply("acknowledge"), "already_done", "sudah diterima petugas"),
    (routed, "PUPR", reply("ask", message=" "), "missing_field", "perlu message"),
    (routed, "PUPR", reply("resolve", message="sudah selesai"), "no_deed", "belum menyebut"),
    (routed, "PUPR", reply("resolve", message="Lubang akan ditambal besok"), "no_deed", "rencana"),
    (routed, "PUPR", reply("hand-over", to="PDAM", reason="pipa milik PDAM"), "own_unit", "pakai return"),
    (routed, "PUPR", reply("hand-over", to="Balai", reason="sungai diurus balai"), "unknown_target", "bukan tujuan"),
    (routed, "PUPR", reply("hand-over", to="PLN", reason="bukan wewenang"), "short_reason", "terlalu singkat"),
    (routed, "PUPR", replace(RESOLVED, evidence=[BAD]), "bad_evidence", "evil.example bukan tempat bukti"),
    (triage, "DISKOMINFO", reply("dispose", unit="SIHIR"), "unknown_unit", "tidak ada"),
    (triage, "DISKOMINFO", reply("dispose", unit="PUPR", support=["SIHIR"]), "unknown_unit", "tidak ada"),
    (triage, "DISKOMINFO", reply("correct", category="sihir"), "unknown_category", "tidak ada"),
    (triage, "DISKOMINFO", reply("merge", into=OTHER), "unknown_ticket", "tidak ada"),
    (triage, "DISKOMINFO", reply("merge", into=T), "not_mergeable", "dirinya sendiri"),
    (about_pdam, "DISKOMINFO", reply("dispose", unit="PDAM"), "accused", "tidak dapat diteruskan ke PDAM"),
    (about_pdam, "DISKOMINFO", reply("merge", into=OTHER), "accused", "yang menangani"),
    (at_the_last_desk, "SETDA", reply("return", reason="tidak jelas"), "last_desk", "meja terakhir"),
    (asked_to_erase, "PUPR", reply("rights-done", message="sudah dihapus"), "not_desk", "dijawab oleh DISKOMINFO"),
    (routed, "DISKOMINFO", reply("rights-done", message="sudah"), "not_yours", "bukan milik"),
    (triage, "DISKOMINFO", reply("rights-done", message="sudah dihapus"), "no_request", "tidak ada permintaan hak"),
    (erased, "PUPR", reply("acknowledge"), "erased", "sudah dihapus"),
    (routed, "DISKOMINFO", reply("erase"), "missing_field", "perlu reason"),
    (triage, "DISKOMINFO", reply("correct", type="sihir"), "unknown_type", "permintaan_informasi"),
    (routed, "PUPR", reply("prioritize", urgency="sihir", reason="x"), "unknown_urgency", "darurat"),
    (routed, "PUPR", reply("prioritize", urgency="rendah", reason="x"), "not_allowed", "hanya menaikkan"),
    (routed, "PUPR", reply("reassign", unit="PDAM", reason="x"), "not_allowed", "hanya dari DISKOMINFO"),
    (routed, "PUPR", reply("instruct", reason="x"), "not_allowed", "setelah eskalasi"),
    (routed, "PUPR", reply("undo"), "nothing_to_undo", "tidak ada yang dapat dibatalkan"),
    (resolved_long_ago, "PUPR", reply("undo"), "too_late", "sudah lewat 10 menit; minta DISKOMINFO"),
    (to_confirm, "PUPR", reply("confirm", actor="andi"), "same_person", "orang lain"),
    (helped, "PUPR", reply("ask-help", unit="PDAM", reason="x"), "already_done", "PDAM sudah membantu"),
    (about_pdam, "DISKOMINFO", reply("ask-help", unit="PDAM", reason="x"), "accused", "tidak dapat dimintai bantuan"),
    (helped, "PDAM", reply("ask", message="Di RT berapa?"), "not_lead", "unit pendukung"),
    (helped, "PDAM", reply("progress"), "missing_field", "perlu message"),
    (helped, "PDAM", reply("resolve", message="sedang diproses"), "no_deed", "belum menyebut"),
]


@pytest.mark.parametrize(("office", "unit", "said", "code", "words"), REFUSED)
def test_a_refusal_has_a_code_beside_its_sentence(
    office: Callable[[], Office], unit: str, said: UnitReplied, code: str, words: str
) -> None:
    told = office().hear((unit, said))
    assert (code, True) == (answer_to(told).code, words in str(refusal(told)))


def test_every_refusal_code_is_used_and_an_accepted_reply_has_none() -> None:
    assert set(get_args(RefusalCode)) == {code for *_, code, _ in REFUSED}
    assert UNSET is answer_to(routed().hear(("PUPR", RESOLVED))).code


def test_docstring_lists_every_module_that_refuses() -> None:
    here = Path(shared.__file__)
    refusing = {path.name for path in here.parent.glob("*.py") if 'Refusal("' in path.read_text()}

    assert {*refusing, "resolution_check.py"} - {here.name} == set(re.findall(r"``(\w+\.py)``", shared.__doc__ or ""))
