"""The ways of a complaint: late classification, returns, reopening, and what each side is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET
from router_office import (
    AT,
    DEADLINE,
    OTHER,
    STRANGER,
    Office,
    T,
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

from chassis.wire import Emit
from contracts import codec, topics
from contracts.events import ComplaintUpdated, Data, UnitRouted
from router import handlers
from router.snapshot import snapshot
from testing.fakes import message, play
from testing.fixtures import texts_of

REGION = Path(__file__).parents[3] / "region" / "soppeng"


def where(office: Office, ticket: str = T) -> tuple[str, str | None, str | None]:
    case = office.cases[ticket]
    return case.status, case.unit, case.lane


def test_unclassified_complaint_goes_to_triage_until_a_late_classification() -> None:
    office = Office()
    office.hear(received())
    assert [("DISKOMINFO", "routed")] == to_units(office.ring())
    assert [("PUPR", "routed"), ("DISKOMINFO", "withdrawn")] == to_units(office.hear(classified()))
    assert ("routed", "PUPR", "unit") == where(office)


@pytest.mark.parametrize(
    "touch", [reply("acknowledge"), reply("correct", category="air_bersih"), reply("dispose", unit="PDAM")]
)
def test_a_late_classification_moves_nothing_that_a_person_touched(touch: object) -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", touch))  # type: ignore[arg-type]
    before = where(office)
    assert ([], before) == (office.hear(classified()), where(office))
    assert "PUPR" != office.case.unit


def test_late_classification_does_not_move_a_complaint_returned_by_triage() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("return", reason="bukan wewenang kami")))
    assert ([], ("routed", "SETDA", "triage")) == (office.hear(classified()), where(office))


def test_late_classification_that_keeps_it_in_triage_is_told_only_to_the_unit() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    told = office.hear(classified(abstained=True))
    assert ([], [("DISKOMINFO", "updated")]) == (kinds(told), to_units(told))


def test_a_correction_stays_when_the_classification_comes_late() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("correct", category="air_bersih")))
    office.hear(classified(category="jalan_jembatan"))
    assert "air_bersih" == office.case.category


@pytest.mark.parametrize("category", ["listrik_energi", "lainnya", "jalan_jembatan"])
def test_every_category_of_the_region_can_be_the_right_one(category: str) -> None:
    office = in_status("routed", "triage")
    told = office.hear(("DISKOMINFO", reply("correct", category=category)))
    assert (None, category) == (refusal(told), office.case.category)


def test_unknown_category_or_unit_is_named_in_the_refusal() -> None:
    office = in_status("routed", "triage")
    assert "kategori 'sihir' tidak ada" == refusal(office.hear(("DISKOMINFO", reply("correct", category="sihir"))))
    assert "unit 'DINAS SIHIR' tidak ada" == refusal(office.hear(("DISKOMINFO", reply("dispose", unit="Dinas Sihir"))))


def test_triage_disposes_to_a_unit_however_its_code_is_written() -> None:
    office = in_status("routed", "triage")
    office.hear(("DISKOMINFO", reply("dispose", unit=" pdam ")))
    assert ("routed", "PDAM", "unit") == where(office)


def test_triage_cannot_dispose_to_an_accused_unit() -> None:
    office = Office()
    office.hear(received(), classified(about_units=["PUPR"]))
    told = office.hear(("INSPEKTORAT", reply("dispose", unit="PUPR")))
    assert "laporan ini tentang PUPR, tidak dapat diteruskan ke PUPR" == refusal(told)
    assert ("routed", "INSPEKTORAT", "triage") == where(office)


def test_a_returned_complaint_goes_to_triage_and_the_third_time_to_the_last_resort() -> None:
    office, back = in_status("routed"), reply("return", reason="bukan kami")
    trail, returns = [], []
    for _ in range(3):
        office.hear(("PUPR", back))
        trail.append(where(office))
        returns.append(snapshot(office.case, "DISKOMINFO").returns)
        office.hear((office.case.unit or "", reply("dispose", unit="PUPR")))
    assert [("routed", u, "triage") for u in ("DISKOMINFO", "DISKOMINFO", "SETDA")] == trail
    assert [1, 2, 3] == returns
    steps = [(step.kind, step.unit) for step in office.story()][2:4]
    assert [("returned", "PUPR"), ("routed", "DISKOMINFO")] == steps


def test_last_resort_cannot_return_a_complaint_endlessly() -> None:
    office, back = in_status("routed", "triage"), reply("return", reason="bukan kami")
    trail = []
    while refusal(office.hear((office.case.unit or "", back))) is None:
        trail.append(office.case.unit)
    assert ["SETDA", "DISKOMINFO", "SETDA"] == trail
    assert "routed" == office.case.status


def test_the_triage_unit_returns_what_it_got_as_a_unit_to_its_own_triage_lane() -> None:
    office = Office()
    office.hear(received(), classified(category="kominfo_digital"))
    told = office.hear(("DISKOMINFO", reply("return", reason="ini soal air")))
    assert ("routed", "DISKOMINFO", "triage") == where(office)
    assert [("DISKOMINFO", "routed"), ("DISKOMINFO", "replied")] == to_units(told)


def test_a_return_never_leads_to_an_accused_unit() -> None:
    office = Office()
    office.hear(received(), classified(about_units=["SETDA"]))
    for _ in range(3):
        office.hear((office.case.unit or "", reply("return", reason="bukan kami")))
        office.hear((office.case.unit or "", reply("dispose", unit="PUPR")))
    assert "INSPEKTORAT" == [step.unit for step in office.story() if step.lane == "triage"][-1]


def test_reopening_brings_it_back_to_the_last_unit() -> None:
    office = in_status("resolved")
    told = office.hear(followed_up(item("reopen", text="masih berlubang")))
    assert ["reopened", "routed"] == kinds(told)
    assert ("routed", "PUPR", "unit") == where(office)
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert (["reopen"], "dibuka kembali oleh pelapor") == (
        [each.kind for each in record.complaint.follow_ups],  # type: ignore[union-attr]
        record.reason,
    )


def test_second_reopening_goes_to_triage_instead_of_the_same_unit() -> None:
    office = in_status("resolved")
    office.hear(followed_up(item("reopen", 1)))
    office.hear(("PUPR", reply("resolve", message="sudah ditambal lagi")))
    told = office.hear(followed_up(item("reopen", 1), item("reopen", 2)))

    assert ["reopened", "routed"] == kinds(told)
    assert ("routed", "DISKOMINFO", "triage") == where(office)
    assert [("DISKOMINFO", "routed"), ("PUPR", "withdrawn")] == to_units(told)
    reasons = [each.reason for each in told if isinstance(each, UnitRouted)]
    assert ["dibuka kembali oleh pelapor 2 kali", "dialihkan ke DISKOMINFO"] == reasons

    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")))
    assert ("routed", "PUPR", "unit") == where(office)


def test_reopening_never_leads_to_a_unit_that_was_accused_meanwhile() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("resolve", message="sudah dibicarakan")), classified(about_units=["DISKOMINFO"]))
    office.hear(followed_up(item("reopen")))
    assert ("routed", "INSPEKTORAT", "triage") == where(office)


def test_silence_closes_it_but_not_the_silence_after_an_earlier_answer() -> None:
    office = in_status("resolved")
    old = office.case.seq
    office.hear(followed_up(item("reopen")), ("PUPR", reply("resolve", message="sudah ditambal lagi")))
    assert [] == office.hear(sla("lapsed", stage="closing", based_on_seq=old))
    answered = office.case.seq
    office.hear(followed_up(item("reopen"), item("rating", rating=2), item("rights_request")))
    assert answered < office.case.seq
    assert ["closed"] == kinds(office.hear(sla("lapsed", stage="closing", based_on_seq=answered)))


def test_a_wish_repeated_in_a_longer_list_is_fulfilled_once() -> None:
    office = in_status("routed")
    first, second = item("addition", 1, text="depan masjid"), item("addition", 2, text="dekat pasar")
    office.hear(followed_up(first))
    told = office.hear(followed_up(first, second))
    assert (["noted"], [first, second]) == (kinds(told), office.case.follow_ups)


def test_the_citizens_answer_reaches_the_unit_that_asked() -> None:
    office = in_status("waiting_for_reporter")
    told = office.hear(followed_up(item("addition", text="RT 3")))
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert ("PUPR", "followed-up", "pelapor menjawab", "RT 3") == (
        record.unit,
        record.why,
        record.reason,
        record.complaint.follow_ups[0].text,  # type: ignore[union-attr]
    )


def test_a_snapshot_holds_all_the_unit_needs() -> None:
    office = Office()
    sent = received(rahasia=True, occurred="sejak lebaran", suggested_category="air_bersih")
    office.hear(sent, classified(), followed_up(item("addition", text="depan masjid")))
    told = office.hear(sla("started"))
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    shown = record.complaint
    assert shown is not UNSET
    assert (T, 3, "routed", "PUPR", "unit", "jalan rusak di Cabenge", AT, False, True) == (
        shown.ticket,
        shown.seq,
        shown.status,
        shown.unit,
        shown.lane,
        shown.text,
        shown.received_at,
        shown.anonim,
        shown.rahasia,
    )
    assert ("Lilirilau", "sejak lebaran", "air_bersih") == (
        shown.place_stated,
        shown.occurred,
        shown.suggested_category,
    )
    assert ("jalan_jembatan", "pengaduan", "sedang", ["jalan"], "depan masjid", DEADLINE) == (
        shown.category,
        shown.type,
        shown.urgency,
        shown.candidates[0].evidence,
        shown.follow_ups[0].text,
        shown.deadline_at,
    )
    assert "hari kerja" == shown.derivation[0].reason


@pytest.mark.parametrize(
    "given", [STRANGER, "SPG-S000-00008", "", "halo", "SPG\x00", "x" * 5000, "💥", "'; DROP TABLE cases; --"]
)
def test_reply_to_an_unknown_complaint_is_refused_under_its_own_event_id(given: str) -> None:
    office = in_status("routed")
    told = office.hear(("PUPR", reply("acknowledge", given)))
    (emit,) = office.told[-1:]
    assert isinstance(emit.data, UnitRouted)
    assert (f"laporan {given[:40]} bukan milik PUPR saat ini", UNSET) == (refusal(told), emit.data.complaint)
    assert (topics.unit_routed("PUPR"), f"e{office.count}") == (emit.topic, emit.subject)


@pytest.mark.parametrize("action", ["acknowledge", "resolve", "unmerge", "menari"])
def test_a_reply_about_another_units_complaint_is_refused_the_same_way(action: str) -> None:
    office = in_status("routed")
    told = office.hear(("PDAM", reply(action, message="m")))
    assert [f"laporan {T} bukan milik PDAM saat ini"] == [refusal(told)]
    assert UNSET == told[0].complaint
    assert "routed" == office.case.status


def test_reply_of_a_former_unit_is_refused() -> None:
    office = in_status("routed")
    office.hear(("PUPR", reply("return", reason="bukan kami")))
    assert f"laporan {T} bukan milik PUPR saat ini" == refusal(office.hear(("PUPR", reply("progress"))))


def test_an_unknown_action_is_refused_with_those_that_exist() -> None:
    office = in_status("routed")
    told = office.hear(("PUPR", reply("menari")))
    assert "tindakan 'menari' tidak dikenal; yang ada: acknowledge, progress, ask, ask-help" in str(refusal(told))


def test_a_ticket_may_be_written_as_people_write() -> None:
    office = in_status("routed")
    assert refusal(office.hear(("PUPR", reply("acknowledge", " spg s000 oooo7 ")))) is None


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        (topics.unit_replied("PUPR"), received()),
        (topics.unit_replied("PUPR"), classified()),
        (topics.RECEIVED, reply("acknowledge")),
        (topics.CLASSIFIED, received()),
        (topics.UPDATED, sla("started")),
    ],
)
def test_an_event_on_a_topic_it_does_not_belong_on_is_invalid_and_no_bug_of_ours(topic: str, data: object) -> None:
    with pytest.raises(codec.InvalidEvent, match="does not belong on"):
        handlers.keys(message(data, topic=topic))  # type: ignore[arg-type]


def test_a_merge_touches_both_tickets_and_every_other_event_its_own() -> None:
    merging = message(reply("merge", " spg s000 00007", into=OTHER), topic=topics.unit_replied("DISKOMINFO"))
    assert [T, OTHER] == handlers.keys(merging)
    assert [T] == handlers.keys(message(received(), topic=topics.RECEIVED))
    assert [] == handlers.keys(message(reply("merge", "\x00", into="x"), topic=topics.unit_replied("PUPR")))


def test_the_story_goes_to_its_topic_and_a_units_record_to_the_units_own() -> None:
    office = in_status("routed")
    assert [(topics.UPDATED, f"c-{T}")] * 2 + [(topics.unit_routed("PUPR"), f"c-{T}")] == [
        (emit.topic, emit.subject) for emit in office.told
    ]


def test_the_router_reads_eight_topics_and_each_units_replies() -> None:
    office = Office()
    assert 8 + len(office.rules.units) == len(set(handlers.sources(office.rules)))


def test_the_same_events_make_the_same_bytes() -> None:
    def once() -> list[Emit]:
        office = Office()
        events = [message(received(), topic=topics.RECEIVED), message(classified(), topic=topics.CLASSIFIED)]
        return play(lambda c, m, now: handlers.decide(office.rules, c, m, now), events)[1]

    assert once() == once()


def test_every_sentence_a_citizen_hears_is_whole() -> None:
    texts, said = texts_of(REGION), []
    for status in ("closed", "handed_over", "cancelled", "waiting_for_reporter", "merged", "rejected"):
        office = in_status(status, "triage" if status in ("merged", "rejected") else "unit")
        office.hear(followed_up(item("addition", 9), item("reopen", 9), item("cancel", 9), item("rights_request", 9)))
        said += [texts.change(step) for step in office.story()]
    assert all(T in sentence and "{" not in sentence and "  " not in sentence for sentence in said)
    assert not [sentence for sentence in said if sentence.rstrip().endswith((":", "ke", "oleh", ","))]


def test_a_step_carries_what_the_intakes_need() -> None:
    step = in_status("routed").story()[-1]
    assert isinstance(step, ComplaintUpdated)
    assert (T, "sms", "intake-sms", AT, "PUPR", "unit", "jalan_jembatan", "pengaduan", "sedang") == (
        step.ticket,
        step.channel,
        step.origin,
        step.received_at,
        step.unit,
        step.lane,
        step.category,
        step.type,
        step.urgency,
    )


def test_complaint_that_turns_out_to_accuse_its_unit_goes_to_triage() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM"])))
    told = office.hear(classified(about_units=["PUPR"]))
    assert ("routed", "DISKOMINFO", "triage") == where(office)
    assert [("DISKOMINFO", "routed"), ("PDAM", "withdrawn"), ("PUPR", "withdrawn")] == to_units(told)


@pytest.mark.parametrize(("urgency", "told_of_it"), [("darurat", True), ("sedang", False)])
def test_unit_is_told_when_its_complaint_turns_out_to_be_urgent(urgency: str, told_of_it: bool) -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")))
    told = office.hear(classified(urgency=urgency))
    assert ([("PUPR", "updated")] if told_of_it else []) == to_units(told)


def test_conduct_category_reaches_the_inspectorate_only_once_confirmed() -> None:
    office = Office()
    office.hear(received(), classified(category="aparatur_korupsi", abstained=True))
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR")), ("PUPR", reply("return", reason="bukan kami")))
    assert ("routed", "DISKOMINFO", "triage") == where(office)
    office.hear(("DISKOMINFO", reply("correct", category="aparatur_korupsi")))
    assert ("routed", "INSPEKTORAT", "triage") == where(office)


def test_helper_that_turns_out_to_be_accused_is_withdrawn() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("dispose", unit="PUPR", support=["PDAM", "DISHUB"])))
    told = office.hear(classified(about_units=["PDAM"]))
    assert (("routed", "PUPR", "unit"), [("PDAM", "withdrawn")]) == (where(office), to_units(told))
    assert ["DISHUB"] == [each.unit for each in office.case.support]


def test_addition_to_a_resolved_complaint_bypasses_a_unit_accused_meanwhile() -> None:
    office = Office()
    office.hear(received())
    office.ring()
    office.hear(("DISKOMINFO", reply("resolve", message="sudah dibicarakan")), classified(about_units=["DISKOMINFO"]))
    told = office.hear(followed_up(item("addition", text="belum")))
    assert ("resolved", [("INSPEKTORAT", "followed-up")]) == (office.case.status, to_units(told))


def corrected(*, by: str = "DISKOMINFO", **facts: Any) -> tuple[Office, list[Data]]:
    office = Office()
    office.hear(received(), classified(abstained=True, **facts))
    return office, office.hear((by, reply("correct", category="aparatur_korupsi")))


def test_correction_to_the_conduct_category_moves_it_to_the_inspectorate() -> None:
    office, told = corrected()
    assert (["corrected", "routed"], ("routed", "INSPEKTORAT", "triage")) == (kinds(told), where(office))
    assert [("INSPEKTORAT", "routed"), ("DISKOMINFO", "replied")] == to_units(told)
    assert ("routed", "SETDA", "triage") == where(corrected(about_units=["INSPEKTORAT"], by="SETDA")[0])
    again = office.hear(("INSPEKTORAT", reply("correct", category="aparatur_korupsi")))
    assert (["corrected"], ("routed", "INSPEKTORAT", "triage")) == (kinds(again), where(office))


def test_conduct_that_is_given_back_goes_to_the_last_resort_and_not_round_the_desk() -> None:
    office, _ = corrected()
    office.hear(("INSPEKTORAT", reply("return", reason="bukan perilaku aparatur")))
    office.hear(("SETDA", reply("correct", category="aparatur_korupsi")))
    assert ("routed", "SETDA", "triage") == where(office)
    office.hear(("SETDA", reply("dispose", unit="PUPR")), ("PUPR", reply("return", reason="soal pegawai kami")))
    assert ("routed", "INSPEKTORAT", "triage") == where(office)


@pytest.mark.parametrize("unit", ["DISKOMINFO", "INSPEKTORAT", "SETDA"])
def test_desk_chosen_by_a_person_gets_the_complaint_in_the_triage_lane(unit: str) -> None:
    office = in_status("routed", "triage")
    office.hear(("DISKOMINFO", reply("dispose", unit=unit.lower())))
    assert ("routed", unit, "triage") == where(office)
    assert None is refusal(office.hear((unit, reply("dispose", unit="PUPR"))))
    assert ("routed", "PUPR", "unit") == where(office)


def test_danger_found_at_intake_gives_the_reason_without_a_classification() -> None:
    office = Office()
    office.hear(received(danger=["fire"]))
    (routed,) = [each for each in office.ring() if isinstance(each, ComplaintUpdated)]
    assert ("mendesak (darurat)", "darurat") == (routed.reason, routed.urgency)


def test_faint_sign_of_danger_sets_no_urgency() -> None:
    office = Office()
    told = [*office.hear(received(danger=["fire"], faint=True)), *office.ring()]
    registered, routed = [each for each in told if isinstance(each, ComplaintUpdated)]
    assert ("belum dikenali dalam batas waktu", None, None) == (routed.reason, registered.urgency, routed.urgency)


def test_urgent_complaint_goes_to_its_unit_and_the_triage_desk_is_told() -> None:
    office = Office()
    office.hear(received())
    told = office.hear(classified(urgency="tinggi"))
    assert [("PUPR", "routed"), ("DISKOMINFO", "urgent")] == to_units(told)
    assert ("routed", "PUPR", "unit") == where(office)
