"""Inside the government, only the units that handle a confidential complaint read it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from msgspec import UNSET, json, structs
from router_office import (
    OTHER,
    RULES,
    STRANGER,
    Office,
    T,
    breached,
    classified,
    followed_up,
    item,
    received,
    refusal,
    reply,
    sla,
    to_units,
)

from contracts.events import Data, Evidence, Place, Position, Question, UnitRouted
from kabupaten.routing import RoutingRule
from kabupaten.units import Unit
from router import duplicates
from router.case import supporters
from router.snapshot import snapshot

#: One secret in each part of the complaint: text, place, point, time, attachment, addition, and what the classifier
#: read from the text.
SECRETS = {
    "text": "kepala puskesmas minta uang",
    "place": "rumah dinas nomor tiga",
    "position": "119.87654",
    "occurred": "waktu saya melahirkan",
    "evidence": "https://lapor.example/bukti/kuitansi",
    "addition": "bidan juga tahu",
    "words": "pungutan liar",
    "stated": "sebelah kantor saya",
}
ASK = reply("ask", message="Berapa yang diminta?")
PROOF = Evidence(url=SECRETS["evidence"], media_type="image/jpeg", sha256="0", bytes=1)
HELPED = RoutingRule(reason="jalan", categories=frozenset({"jalan_jembatan"}), support=("DISHUB",))
SUPERVISED = {**RULES.units, "PUPR": Unit(code="PUPR", name="PUPR", supervisor="SETDA")}


def sent(ticket: str = T, **facts: Any) -> Any:
    typed: dict[str, Any] = {name: SECRETS[name] for name in ("text", "place", "occurred")}
    typed["position"] = Position(lat=-4.3, lon=float(SECRETS["position"]))
    return received(ticket, **{**typed, "evidence": [PROOF], "rahasia": True, **facts})


def understood(ticket: str = T, **facts: Any) -> Any:
    found = classified(ticket, place=Place(kecamatan="Lalabata", stated=SECRETS["stated"]), **facts)
    top = [structs.replace(each, evidence=[SECRETS["words"]]) for each in found.top]
    return structs.replace(found, top=top)


def with_unit(**facts: Any) -> Office:
    """PUPR has it and DISHUB helps; the reporter has added something."""
    office = Office(rules=replace(RULES, routing=(HELPED,), units=SUPERVISED))
    office.hear(sent(**facts), understood(), followed_up(item("addition", text=SECRETS["addition"])))
    return office


def in_triage(**facts: Any) -> Office:
    office = Office()
    office.hear(sent(**facts), understood(abstained=True), followed_up(item("addition", text=SECRETS["addition"])))
    return office


def unread(**facts: Any) -> Office:
    """A complaint that is not classified yet."""
    office = Office()
    office.hear(sent(**facts), followed_up(item("addition", text=SECRETS["addition"])))
    return office


def record(told: list[Data], unit: str, why: str) -> UnitRouted:
    (found,) = [each for each in told if isinstance(each, UnitRouted) and (each.unit, each.why) == (unit, why)]
    return found


def shown(told: list[Data], unit: str, why: str) -> list[str]:
    """The citizen's secrets that the record shows."""
    words = json.encode(record(told, unit, why)).decode()
    return [name for name, secret in SECRETS.items() if secret in words]


LATE = breached(level=1, escalate_to=["head", "SETDA"])
LATE_RIGHT = breached(stage="rights")
BAD = followed_up(item("addition", text=SECRETS["addition"]), item("rating", rating=1))
ERASE = followed_up(item("addition", text=SECRETS["addition"]), item("rights_request", right="erasure", text="hapus"))
DONE = ("PUPR", reply("resolve", message="Lubang sudah ditambal"))
BACK = reply("return", reason="bukan urusan kami")
HELP = ("PUPR", reply("ask-help", unit="PDAM", reason="tutup keran induk"))
SECRET = followed_up(item("addition", text=SECRETS["addition"]), item("confidential", 2))
GIVEN = ("DISKOMINFO", reply("dispose", unit="PDAM"))
HANDED = reply("hand-over", to="PLN", reason="jaringan listrik milik PLN")
GONE = ("PUPR", HANDED)
ANSWERED = ("DISKOMINFO", reply("relay", to="PLN", message="Tiang dipindah hari Kamis"))
READERS: dict[str, tuple[Any, list[Any], str, str, bool]] = {
    "the lead": (with_unit, [sla("started")], "PUPR", "deadline-set", True),
    "a unit that helps": (with_unit, [sla("started")], "DISHUB", "deadline-set", True),
    "a unit that the lead asks to help": (with_unit, [HELP], "PDAM", "routed", True),
    "the lead, of its breach": (with_unit, [LATE], "PUPR", "escalated", True),
    "the desk that holds it": (in_triage, [sla("started")], "DISKOMINFO", "deadline-set", True),
    "the desk that forwards it": (with_unit, [("PUPR", HANDED)], "DISKOMINFO", "handed-over", True),
    "the desk that forwards it, after an answer": (with_unit, [GONE, ANSWERED], "DISKOMINFO", "replied", True),
    "the desk that forwards it, of a right": (with_unit, [GONE, ERASE], "DISKOMINFO", "rights-requested", True),
    "the desk that forwards it no more": (with_unit, [GONE, ("PUPR", reply("undo"))], "DISKOMINFO", "undone", False),
    "the unit it is disposed to": (in_triage, [GIVEN], "PDAM", "routed", True),
    "the ladder, of what nobody has yet": (unread, [LATE], "SETDA", "escalated", False),
    "the ladder": (with_unit, [LATE], "SETDA", "escalated", False),
    "the ladder, of its retraction": (with_unit, [LATE, sla("retracted")], "SETDA", "retracted", False),
    "the supervisor": (with_unit, [DONE, BAD], "SETDA", "rated", False),
    "the desk, of a right": (with_unit, [ERASE], "DISKOMINFO", "rights-requested", False),
    "the desk, of a right that is late": (with_unit, [ERASE, LATE_RIGHT], "DISKOMINFO", "breached", False),
    "a unit that gave it back": (with_unit, [("PUPR", BACK)], "PUPR", "replied", False),
    "a unit that helps no longer": (with_unit, [("DISHUB", BACK)], "DISHUB", "replied", False),
    "the desk, of who helps no longer": (with_unit, [("DISHUB", BACK)], "DISKOMINFO", "updated", False),
    "a unit it turns out to accuse": (with_unit, [understood(about_units=["PUPR"])], "PUPR", "withdrawn", False),
    "the desk that gave it away": (in_triage, [GIVEN], "DISKOMINFO", "replied", False),
}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "events", "unit", "why", "handles"),
    [
        (with_unit, [], "PUPR", "followed-up", True),
        (with_unit, [], "DISHUB", "followed-up", True),
        (with_unit, [("PUPR", BACK)], "PUPR", "updated", False),
        (with_unit, [("DISHUB", BACK)], "DISHUB", "updated", False),
        (with_unit, [LATE], "SETDA", "updated", False),
        (in_triage, [GIVEN], "DISKOMINFO", "updated", False),
    ],
    ids=["who works on it", "who helps", "who gave it back", "who helps no longer", "the ladder", "who sorted it"],
)
def test_once_its_reporter_wants_that_all_but_those_are_written_to_without_words(
    given: Any, events: list[Any], unit: str, why: str, handles: bool
) -> None:
    office = given(rahasia=False)
    for event in events:
        office.hear(event)
    told = office.hear(SECRET)
    assert (list(SECRETS) if handles else []) == shown(told, unit, why)


@pytest.mark.parametrize("rahasia", [True, False])
@pytest.mark.parametrize(("given", "events", "unit", "why", "handles"), READERS.values(), ids=READERS)
def test_only_handling_units_read_the_text_of_a_confidential_complaint(
    given: Any, events: list[Any], unit: str, why: str, handles: bool, rahasia: bool
) -> None:
    office = given(rahasia=rahasia)
    for event in events:
        told = office.hear(event)
    given_away = [name for name in SECRETS if office.case.classified or name not in ("words", "stated")]
    assert (given_away if handles or not rahasia else []) == shown(told, unit, why)


def test_other_units_see_category_place_and_deadline_of_a_confidential_complaint() -> None:
    office = with_unit()
    office.hear(sla("started"), ("DISHUB", reply("progress", message="sudah tanya kepala puskesmas")))
    complaint = record(office.hear(LATE), "SETDA", "escalated").complaint
    assert complaint is not UNSET
    assert ("jalan_jembatan", "Lalabata", "PUPR", True) == (
        complaint.category,
        complaint.place.kecamatan,  # type: ignore[union-attr]
        complaint.unit,
        complaint.rahasia,
    )
    assert (complaint.deadline_at, complaint.received_at) == (office.case.deadline_at, sent().received_at)
    assert ("Laporan rahasia", ["addition"]) == (complaint.text[:16].strip("("), [f.kind for f in complaint.follow_ups])
    assert [("DISHUB", "in_progress", UNSET)] == [(s.unit, s.status, s.message) for s in complaint.support]


@pytest.mark.parametrize(
    ("reader", "rahasia", "told"),
    [("PUPR", True, True), ("DISHUB", True, True), ("SETDA", True, False), ("SETDA", False, True)],
)
def test_question_and_reopenings_of_a_confidential_complaint_are_for_its_handlers(
    reader: str, rahasia: bool, told: bool
) -> None:
    office = with_unit(rahasia=rahasia)
    done = reply("resolve", message="Uangnya sudah dikembalikan kepada pelapor")
    office.hear(("PUPR", done), followed_up(item("addition"), item("reopen", 2)), ("PUPR", ASK))

    complaint = snapshot(office.case, reader)
    question = Question(unit="PUPR", text="Berapa yang diminta?") if told else UNSET
    assert (question, int(told)) == (complaint.question, complaint.reopened)


def twins(*, first: bool, second: bool) -> Office:
    """``T`` and ``OTHER`` say the same by two channels, each confidential or not."""
    office, text = Office(), "Lampu jalan di depan pasar Cabenge padam sejak tiga malam"
    office.hear(received(OTHER, channel="web", text=text, rahasia=second), classified(OTHER))
    office.hear(received(text=text, rahasia=first), classified())
    return office


@pytest.mark.parametrize(("first", "second"), [(True, False), (False, True), (True, True)])
def test_no_confidential_complaint_is_found_similar_or_finds_another(first: bool, second: bool) -> None:
    office = twins(first=first, second=second)
    assert ([], []) == (office.sweep(), office.case.similar)
    assert [("DISKOMINFO", "similar")] == to_units(twins(first=False, second=False).sweep())


@pytest.mark.parametrize("restricted", [T, OTHER])
def test_no_complaint_whose_use_is_restricted_is_found_similar_or_finds_another(restricted: str) -> None:
    office = twins(first=False, second=False)
    office.hear(followed_up(item("rights_request", 9, right="restriction"), ticket=restricted))
    office.hear(("DISKOMINFO", reply("rights-done", restricted, message="Data Anda hanya kami simpan.")))
    assert ([], []) == (office.sweep(), office.case.similar)
    assert [] == duplicates.keys(office.cases[restricted])


def test_nothing_is_suggested_to_be_the_same_as_a_restricted_one_by_way_of_its_child() -> None:
    office, text = Office(), "Lampu jalan di depan pasar Cabenge padam sejak tiga malam"
    office.hear(received(OTHER, channel="web", text=text), classified(OTHER))
    office.hear(received(text=text), classified(abstained=True), ("DISKOMINFO", reply("merge", into=OTHER)))
    office.hear(followed_up(item("rights_request", 9, right="restriction"), ticket=OTHER))
    office.hear(("DISKOMINFO", reply("rights-done", OTHER, message="Data Anda hanya kami simpan.")))
    office.hear(received(STRANGER, text=text), classified(STRANGER))
    assert ([], []) == (office.sweep(STRANGER), office.cases[STRANGER].similar)


def test_once_its_use_is_restricted_others_are_told_its_outline_by_every_intake() -> None:
    office = twins(first=False, second=False)
    office.hear(followed_up(item("rights_request", 9, right="restriction")))
    office.hear(("DISKOMINFO", reply("rights-done", message="Data Anda hanya kami simpan.")))
    assert [False, False, False, True] == [step.rahasia for step in office.story()]


def test_a_confidential_complaint_leaves_no_fingerprint() -> None:
    office = twins(first=True, second=False)
    assert [] == duplicates.keys(office.case)
    assert [] != duplicates.keys(office.cases[OTHER])


@pytest.mark.parametrize("rahasia", [True, False])
def test_no_story_follows_a_confidential_one_for_its_steps_would_be_read_in_another(rahasia: bool) -> None:
    office = Office()
    office.hear(received(rahasia=rahasia), classified(abstained=True), sent(OTHER), understood(OTHER))
    told = office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    assert f"{OTHER} rahasia, langkahnya tidak boleh terbaca di laporan lain; jawab masing-masing" == refusal(told)
    assert "routed" == office.case.status


def into_public() -> Office:
    """The confidential ``T`` is merged into ``OTHER``, which is not, and which PUPR works on."""
    office = Office(rules=replace(RULES, units=SUPERVISED))
    office.hear(sent(), understood(abstained=True), received(OTHER), classified(OTHER))
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    return office


def test_confidential_childs_addition_is_marked_and_read_only_by_the_parents_units() -> None:
    office = into_public()
    told = office.hear(followed_up(item("addition", text=SECRETS["addition"])))
    assert ["addition"] == shown(told, "PUPR", "followed-up")
    (added,) = record(told, "PUPR", "followed-up").complaint.follow_ups  # type: ignore[union-attr]
    assert added.rahasia
    late = office.hear(breached(OTHER, level=1, escalate_to=["SETDA"]))
    assert [] == shown(late, "SETDA", "escalated")
    rest = office.hear(followed_up(item("addition", 2, text="depan masjid"), ticket=OTHER))
    assert ["bidan juga tahu", "depan masjid"] == [
        each.text
        for each in record(rest, "PUPR", "followed-up").complaint.follow_ups  # type: ignore[union-attr]
    ]
    office.hear(("DISKOMINFO", reply("unmerge")))
    assert ["depan masjid"] == [each.text for each in office.cases[OTHER].follow_ups]


def test_parents_story_neither_names_nor_quotes_a_confidential_child() -> None:
    office = into_public()
    words = followed_up(item("addition", text=SECRETS["addition"]), item("rating", rating=1, text=SECRETS["text"]))
    office.hear(words, ("PUPR", reply("acknowledge", OTHER)), sla("started", OTHER))
    office.hear(("PUPR", reply("resolve", OTHER, message="Lubang sudah ditambal")))
    office.hear(followed_up(*words.items, item("reopen", text=SECRETS["words"])))
    story = json.encode(office.story(OTHER)).decode()
    assert "reopened" in [step.kind for step in office.story(OTHER)]
    assert [] == [secret for secret in (*SECRETS.values(), T, f"c-{T}") if secret in story]
    assert {True} == {step.rahasia for step in office.story()}


PROTECTED = RoutingRule(reason="korban", protected=True, lead="DISHUB")


def test_complaint_naming_a_victim_is_confidential_and_read_only_by_its_unit() -> None:
    office = Office(rules=replace(RULES, routing=(PROTECTED, HELPED)))
    office.hear(sent(rahasia=False))
    told = office.hear(understood(protected=True, urgency="tinggi", abstained=True))
    assert ("DISHUB", "unit", []) == (office.case.unit, office.case.lane, office.case.support)
    assert set(SECRETS) - {"addition"} == set(shown(told, "DISHUB", "routed"))
    late = office.hear(breached(level=1, escalate_to=["SETDA"]))
    assert [] == shown(late, "SETDA", "escalated")
    assert office.story()[-1].rahasia
    assert [] == duplicates.keys(office.case)


def test_victim_of_an_official_gets_the_victims_unit_helped_by_the_inspectorate() -> None:
    office = Office(rules=replace(RULES, routing=(PROTECTED, HELPED)))
    office.hear(sent(rahasia=False))
    told = office.hear(understood(protected=True, about_units=["PUPR"]))
    assert ("DISHUB", "unit", ["INSPEKTORAT"]) == (office.case.unit, office.case.lane, supporters(office.case))
    assert set(SECRETS) - {"addition"} == set(shown(told, "INSPEKTORAT", "routed"))
    assert [] == [record.unit for record in told if getattr(record, "unit", "") == "PUPR"]
    assert [] == shown(office.hear(breached(level=1, escalate_to=["SETDA"])), "SETDA", "escalated")


def test_a_victim_of_the_unit_for_victims_is_for_who_looks_at_officials() -> None:
    office = Office(rules=replace(RULES, routing=(PROTECTED, HELPED)))
    told = office.hear(sent(rahasia=False), understood(protected=True, about_units=["DISHUB"]))
    assert ("INSPEKTORAT", "triage", []) == (office.case.unit, office.case.lane, office.case.support)
    assert [] == [record.unit for record in told if getattr(record, "unit", "") == "DISHUB"]
    assert office.story()[-1].rahasia


def test_complaint_without_a_victim_stays_public_and_is_routed_normally() -> None:
    office = Office(rules=replace(RULES, routing=(PROTECTED, HELPED)))
    told = office.hear(sent(rahasia=False), understood())
    assert "PUPR" == office.case.unit
    assert not record(told, "PUPR", "routed").complaint.rahasia  # type: ignore[union-attr]
