"""The desk's preview of a reply agrees with the result of router and intake, word for word."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from contracts.events import ComplaintUpdated, UnitReplied, UnitRouted
from contracts.vocabulary import CLOCK_KINDS
from intake.texts import Texts
from kabupaten import load
from router.adapters.region import read_rules
from router.snapshot import snapshot
from testing.events import NOW
from unit_desk.acts import ACTS, Typed, helpers, offered, reply_of
from unit_desk.people import Person
from unit_desk.powers import Known, Last, before, more
from unit_desk.previews import preview
from unit_desk.projection import ATTENTION, REST, standing_of
from unit_desk.rules import PARTS, rules_of

sys.path.insert(0, str(Path(__file__).parents[2] / "services" / "router" / "tests"))
from router_office import Office, answer_to, breached, classified, in_status, received, reply, sla

REGION = Path(__file__).parents[2] / "region" / "soppeng"
HERE = load(REGION, *PARTS)
RULES, TEXTS = rules_of(HERE), Texts(HERE)
WHY = "Jalan ini dilewati anak sekolah"
DEED = "Lubang di depan SD 12 sudah ditambal aspal tadi pagi."
CLERK = ("PUPR", "petugas")
OPERATOR, WATCHER = ("DISKOMINFO", "operator"), ("SETDA", "pemantau")

#: By example: the status, who acts, the action, and the fields filled in.
DONE: dict[str, tuple[str, tuple[str, str], str, Typed]] = {
    "accepted": ("routed", CLERK, "terima", Typed()),
    "on the way": ("acknowledged", CLERK, "kerjakan", Typed(words="Bahan sudah di lokasi")),
    "asked": ("acknowledged", CLERK, "tanya", Typed(words="Di RT berapa?")),
    "resolved": ("in_progress", CLERK, "selesaikan", Typed(words=DEED)),
    "returned": ("acknowledged", CLERK, "kembalikan", Typed(words="Ini bukan jalan kabupaten")),
    "handed over": ("routed", CLERK, "limpahkan", Typed(words="Tiang ini milik PLN di sini", to="PLN")),
    "raised": ("routed", CLERK, "mendesak", Typed(words=WHY, urgency="tinggi")),
    "lowered": ("waiting_for_reporter", OPERATOR, "mendesak", Typed(words=WHY, urgency="rendah")),
    "given to another": ("in_progress", OPERATOR, "alihkan", Typed(words=WHY, unit="PERKIM", support=("DLH",))),
    "taken to be sorted": ("in_progress", WATCHER, "alihkan", Typed(words=WHY, unit="DISKOMINFO")),
    "instructed": ("acknowledged", WATCHER, "arahan", Typed(words="Kirim tim hari ini")),
    "of another type": ("routed", OPERATOR, "jenis", Typed(type="aspirasi")),
    "undone by an operator": ("resolved", OPERATOR, "batalkan", Typed(words="Fotonya dari tempat lain")),
    "a hand-over undone": ("handed_over", OPERATOR, "batalkan", Typed(words="Ternyata jalan kabupaten")),
}
#: Actions that a unit may take back by itself, each with its reply.
UNDONE: dict[str, UnitReplied] = {
    "resolve": reply("resolve", message=DEED),
    "return": reply("return", reason="bukan jalan kabupaten"),
    "hand-over": reply("hand-over", to="PLN", reason="jaringan listrik milik PLN"),
}


def office_in(status: str) -> Office:
    office = Office(rules=read_rules(REGION), cases=in_status(status).cases)
    if status in ("acknowledged", "in_progress"):
        office.hear(breached(level=1, escalate_to=["SETDA"]))
    return office


def told_to(office: Office, unit: str) -> UnitRouted:
    """Return the complaint as ``unit`` reads it now."""
    return UnitRouted(why="routed", unit=unit, complaint=snapshot(office.case, unit))


def person(unit: str, role: str) -> Person:
    return Person(id=UUID(int=1), email="a@b.id", name="A", unit=unit, role=role)


def steps(told: list[Any]) -> list[str]:
    """Return the texts of its steps for the citizen, without those of its clock."""
    found = [each for each in told if isinstance(each, ComplaintUpdated) and each.kind not in CLOCK_KINDS]
    return [TEXTS.change(each, service="intake-sms") for each in found]


@pytest.mark.parametrize("name", DONE)
def test_offered_act_is_accepted_and_read_as_previewed(name: str) -> None:
    status, (unit, role), slug, typed = DONE[name]
    office, known = office_in(status), Known(escalated=role == "pemantau", before="in_progress")
    told = told_to(office, "PUPR")
    mine = offered(told, RULES) if unit == "PUPR" else []
    act = next(each for each in [*mine, *more(told, person(unit, role), known, RULES, NOW)] if each.slug == slug)
    said = reply_of(act, typed, office.case.ticket)
    shown = preview(told, said, RULES, before(known)).text

    answers = office.hear((unit, said))

    assert answer_to(answers).accepted
    assert shown == steps(answers)[0]


@pytest.mark.parametrize("status", ["routed", "acknowledged", "in_progress"])
@pytest.mark.parametrize("action", UNDONE)
def test_undo_is_read_by_the_citizen_as_previewed(action: str, status: str) -> None:
    office = office_in(status)
    office.hear(("PUPR", UNDONE[action]))
    told, known = told_to(office, "PUPR"), Known(last=Last(action=action, at=NOW, before=status))
    (act,) = more(told, person(*CLERK), known, RULES, NOW)
    said = reply_of(act, Typed(words="Salah nomor laporan"), office.case.ticket)

    answers = office.hear(("PUPR", said))

    assert (True, "batalkan") == (answer_to(answers).accepted, act.slug)
    assert [preview(told, said, RULES, before(known)).text] == steps(answers)


def test_help_request_is_accepted_and_read_by_the_helper_as_previewed() -> None:
    told = told_to(office_in("in_progress"), "PUPR")
    for unit in helpers(told, RULES):
        office = office_in("in_progress")
        said = reply_of(ACTS["minta-bantuan"], Typed(words="Tutup keran induknya dulu", unit=unit), office.case.ticket)

        answers = office.hear(("PUPR", said))

        assert answer_to(answers).accepted, unit
        assert preview(told, said, RULES).text == office.case.support[-1].request


def test_unit_sees_a_reassignment_by_a_person_but_not_by_an_accusing_rule() -> None:
    def lost(*heard: Any) -> list[str]:
        told = office_in("routed").hear(*heard)
        return [standing_of(each) for each in told if isinstance(each, UnitRouted) and each.unit == "PUPR"]

    given = reply("reassign", unit="DLH", reason=WHY)

    assert [ATTENTION] == lost(("DISKOMINFO", given))
    assert [ATTENTION] == lost(("DISKOMINFO", reply("reassign", unit="DISKOMINFO", reason=WHY)))
    assert [REST] == lost(classified(about_units=["PUPR"]))


SEEN = replace(read_rules(REGION), confirmed=frozenset({"jalan_jembatan"}))
WATCHED = replace(
    RULES, categories={"jalan_jembatan": msgspec.structs.replace(RULES.categories["jalan_jembatan"], confirm=True)}
)


def to_confirm(*, late: bool) -> Office:
    """Return a complaint that PUPR has resolved and another must confirm; ``late``: the time for objections is over."""
    office = Office(rules=SEEN)
    office.hear(received(), classified(), ("PUPR", reply("resolve", message=DEED, actor="andi")))
    if late:
        office.hear(sla("lapsed", stage="closing", based_on_seq=99))
    return office


def test_resolution_awaiting_confirmation_is_read_as_previewed() -> None:
    office = Office(rules=SEEN)
    office.hear(received(), classified())
    told = told_to(office, "PUPR")
    said = reply_of(ACTS["selesaikan"], Typed(words=DEED), office.case.ticket)

    assert [preview(told, said, WATCHED).text] == steps(office.hear(("PUPR", said)))


@pytest.mark.parametrize("late", [True, False])
@pytest.mark.parametrize(
    ("slug", "words"), [("sesuai", ""), ("sesuai", "Tambalannya rata."), ("belum-sesuai", "Yang kecil belum ditambal")]
)
def test_confirmation_decision_is_accepted_and_read_as_previewed(slug: str, words: str, late: bool) -> None:
    office = to_confirm(late=late)
    told = told_to(office, "PUPR")
    act = next(each for each in offered(told, RULES) if each.slug == slug)
    said = msgspec.structs.replace(reply_of(act, Typed(words=words), office.case.ticket), actor="bau")

    answers = office.hear(("PUPR", said))

    assert (True, preview(told, said, WATCHED).text) == (answer_to(answers).accepted, steps(answers)[0])


@pytest.mark.parametrize(
    ("slug", "words"), [("terima-keberatan", "Tambal seluruh ruasnya"), ("tolak-keberatan", "Lubang sudah ditambal.")]
)
def test_appeal_decision_is_accepted_and_read_as_previewed(slug: str, words: str) -> None:
    office = office_in("appealed")
    told = told_to(office, "SETDA")
    act = next(each for each in offered(told, RULES) if each.slug == slug)
    said = reply_of(act, Typed(words=words), office.case.ticket)

    answers = office.hear(("SETDA", said))

    assert (True, preview(told, said, RULES).text) == (answer_to(answers).accepted, steps(answers)[0])


def test_each_power_of_the_desk_is_tried_here() -> None:
    assert (
        {"batalkan", "alihkan", "arahan", "jenis", "mendesak"}
        <= {slug for _, _, slug, _ in DONE.values()}
        <= ACTS.keys()
    )
