"""The citizen's additions, and who hears of them: ratings, legal requests, and the notes that answer each wish."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import UNSET
from router_office import OTHER, Office, T, classified, followed_up, in_status, item, kinds, received, refusal, reply
from router_office import to_units as units

from contracts.events import FollowUp, Question, UnitRouted
from router.snapshot import snapshot


def resolved_by(unit: str, category: str, **facts: Any) -> Office:
    office = Office()
    office.hear(received(), classified(category=category, **facts))
    office.hear((unit, reply("resolve", message="Sudah diperbaiki di tempat")))
    return office


@pytest.mark.parametrize(
    ("wish", "status", "note"),
    [
        (item("addition", 2, text="depan masjid"), "routed", "addition"),
        (item("addition", 2, text="depan masjid"), "resolved", "addition"),
        (item("addition", 2, text="depan masjid"), "closed", "refused"),
        (item("cancel", 2), "resolved", "refused"),
        (item("reopen", 2), "routed", "refused"),
        (item("reopen", 2), "closed", "refused"),
        (item("reopen", 2), "handed_over", "refused"),
        (item("rating", 2, rating=3), "resolved", "rating"),
        (item("rating", 2, rating=1), "closed", "rating"),
        (item("rating", 2, rating=5), "closed", "rating"),
        (item("rights_request", 2, right="erasure"), "closed", "rights_requested"),
    ],
)
def test_a_note_says_what_it_is_about(wish: Any, status: str, note: str) -> None:
    office = in_status(status)
    office.hear(followed_up(wish))
    assert ("noted", note) == (office.story()[-1].kind, office.story()[-1].note)


@pytest.mark.parametrize(
    ("status", "wish", "code"),
    [
        ("routed", "reopen", "reopen_open"),
        ("handed_over", "reopen", "ended"),
        ("cancelled", "cancel", "cancel_ended"),
        ("resolved", "cancel", "cancel_ended"),
        ("rejected", "addition", "ended"),
    ],
)
def test_a_wish_that_comes_too_late_or_too_early_is_refused_with_how_it_stands(
    status: str, wish: str, code: str
) -> None:
    office = in_status(status, "triage" if status == "rejected" else "unit")
    office.hear(followed_up(item(wish, 9)))
    assert ("refused", status) == (office.story()[-1].note, office.case.status)
    assert code == office.story()[-1].code


@pytest.mark.parametrize(("stars", "heard"), [(1, True), (2, True), (3, False), (4, False), (5, False)])
def test_the_supervisor_hears_of_a_bad_rating_and_of_no_other(stars: int, heard: bool) -> None:
    office = in_status("resolved")
    told = office.hear(followed_up(item("rating", rating=stars)))
    rated = [each for each in told if isinstance(each, UnitRouted) and each.why == "rated"]
    expected = [("SETDA", f"pelapor menilai {stars} dari 5 (PUPR)", T)] if heard else []
    assert expected == [(each.unit, each.reason, each.complaint.ticket) for each in rated]  # type: ignore[union-attr]
    assert ("closed" if stars >= 4 else "resolved") == office.case.status


def asked(*later: Any) -> Office:
    """PUPR has asked, and then the events ``later`` came."""
    office = in_status("routed")
    office.hear(("PUPR", reply("ask", message="Di sisi mana?")), *later)
    return office


@pytest.mark.parametrize(
    ("later", "answered"),
    [
        ([], False),
        ([followed_up(item("addition", 2, text="Sisi kiri"))], True),
        # A late photo of an earlier message answers nothing.
        ([followed_up(item("addition", 2, late=True))], False),
        ([followed_up(item("rights_request", 2, right="erasure"))], False),
        # The unit went on without waiting; an addition after that is the answer.
        ([("PUPR", reply("progress", message="Kami cari sendiri"))], False),
        ([("PUPR", reply("progress", message="Kami cari")), followed_up(item("addition", 2, text="Sisi kiri"))], True),
    ],
)
def test_a_unit_is_told_what_was_asked_last_and_whether_it_was_answered(later: list[Any], answered: bool) -> None:
    office = asked(*later)

    assert Question(unit="PUPR", text="Di sisi mana?", answered=answered) == snapshot(office.case, "PUPR").question


def test_new_question_is_shown_as_unanswered() -> None:
    office = asked(followed_up(item("addition", 2, text="Sisi kiri")), ("PUPR", reply("ask", message="Sejak kapan?")))

    assert Question(unit="PUPR", text="Sejak kapan?") == snapshot(office.case, "PUPR").question


def test_a_note_to_the_reporter_is_no_question() -> None:
    office = asked(
        followed_up(item("rights_request", 2, right="erasure")),
        ("DISKOMINFO", reply("rights-decline", message="Masih ditangani")),
    )

    assert "Di sisi mana?" == office.case.question.text  # type: ignore[union-attr]


def test_next_unit_sees_which_unit_asked_the_question() -> None:
    office = asked(("DISKOMINFO", reply("reassign", unit="PDAM", reason="urusan air")))

    assert Question(unit="PUPR", text="Di sisi mana?") == snapshot(office.case, "PDAM").question


def test_a_question_that_a_taken_back_act_brings_back_is_the_same() -> None:
    office = asked(("PUPR", reply("resolve", message="Sudah ditambal aspal di sisi kiri")), ("PUPR", reply("undo")))

    assert ("waiting_for_reporter", "Di sisi mana?") == (office.case.status, office.case.question.text)  # type: ignore[union-attr]


def test_a_unit_is_told_how_often_it_was_reopened() -> None:
    office = in_status("resolved")

    office.hear(followed_up(item("reopen", 2)))

    assert 1 == snapshot(office.case, "PUPR").reopened


def test_a_rating_without_stars_is_noted_and_closes_nothing() -> None:
    office = in_status("resolved")
    told = office.hear(followed_up(item("rating")))
    assert (["noted"], [], "resolved") == (kinds(told), units(told), office.case.status)


def test_an_accused_supervisor_does_not_hear_of_it() -> None:
    office = resolved_by("PUPR", "jalan_jembatan", about_units=["SETDA"])
    told = office.hear(followed_up(item("rating", rating=1)))
    assert ("INSPEKTORAT", "rated") in units(told)
    assert "SETDA" not in {unit for unit, _ in units(told)}


def test_rating_of_an_unassigned_complaint_is_told_to_no_unit() -> None:
    assert [] == units(in_status("registered").hear(followed_up(item("rating", rating=1))))


@pytest.mark.parametrize("status", ["registered", "routed", "resolved", "closed", "handed_over"])
def test_a_rights_request_reaches_the_triage_unit_whoever_has_the_complaint(status: str) -> None:
    office = in_status(status)
    told = office.hear(followed_up(item("rights_request", 9, right="restriction")))
    assert (["noted"], [("DISKOMINFO", "rights-requested")]) == (kinds(told), units(told))
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert "hak pelapor (UU PDP): pembatasan pemrosesan data pribadi" == record.reason


@pytest.mark.parametrize("status", ["routed", "resolved", "closed"])
@pytest.mark.parametrize(("action", "note"), [("rights-done", "rights_done"), ("rights-decline", "rights_declined")])
def test_the_triage_unit_answers_a_request_and_only_once(status: str, action: str, note: str) -> None:
    office, answer = in_status(status), ("DISKOMINFO", reply(action, message="Data Anda hanya kami simpan."))
    office.hear(followed_up(item("rights_request", 9, right="restriction")))
    told = office.hear(answer)
    assert (None, ["noted"], status) == (refusal(told), kinds(told), office.case.status)
    step = office.story()[-1]
    assert (note, "DISKOMINFO", "Data Anda hanya kami simpan.") == (step.note, step.by, step.message)
    assert office.case.restricted is (action == "rights-done")
    assert "bukan milik DISKOMINFO" in str(refusal(office.hear(answer)))


def test_each_request_for_a_right_is_answered_by_itself() -> None:
    office, done = in_status("routed"), ("DISKOMINFO", reply("rights-decline", message="Masih diperiksa"))
    office.hear(followed_up(item("rights_request", 8, right="erasure"), item("rights_request", 9, right="restriction")))
    assert [None, None] == [refusal(office.hear(done)) for _ in range(2)]
    assert refusal(office.hear(done)) is not None


def test_rights_are_granted_by_the_triage_unit_alone_and_in_words() -> None:
    office = in_status("routed")
    assert "tidak ada permintaan hak" in str(refusal(office.hear(("PUPR", reply("rights-done", message="sudah")))))
    office.hear(followed_up(item("rights_request", 9)))
    assert "permintaan hak dijawab oleh DISKOMINFO" == refusal(
        office.hear(("PUPR", reply("rights-done", message="sudah")))
    )
    assert "tindakan rights-done perlu message" == refusal(office.hear(("DISKOMINFO", reply("rights-done"))))
    assert ["erasure"] == office.case.rights


def test_rights_in_a_complaint_about_the_triage_unit_are_another_ones() -> None:
    office = resolved_by("PUPR", "jalan_jembatan", about_units=["DISKOMINFO"])
    told = office.hear(followed_up(item("rights_request")))
    assert [("INSPEKTORAT", "rights-requested")] == units(told)
    done = reply("rights-decline", message="Masih diperiksa")
    assert "bukan milik DISKOMINFO" in str(refusal(office.hear(("DISKOMINFO", done))))
    assert None is refusal(office.hear(("INSPEKTORAT", done)))


def merged() -> Office:
    """``T`` is merged into ``OTHER``, which PUPR works on."""
    office = Office()
    office.hear(received(), classified(abstained=True), received(OTHER), classified(OTHER))
    office.hear(("DISKOMINFO", reply("merge", into=OTHER)))
    return office


def test_addition_by_a_merged_reporter_reaches_the_parents_unit() -> None:
    office, added = merged(), item("addition", 7, text="depan masjid")
    told = office.hear(followed_up(added))
    assert (["noted"], [("PUPR", "followed-up")]) == (kinds(told), units(told))
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert (OTHER, [added], f"tambahan dari pelapor {T}, yang digabung") == (
        record.complaint.ticket,  # type: ignore[union-attr]
        record.complaint.follow_ups,  # type: ignore[union-attr]
        record.reason,
    )


def test_a_merged_ones_reporter_reopens_the_parent_for_all() -> None:
    office = merged()
    office.hear(("PUPR", reply("resolve", OTHER, message="Lubang sudah ditambal")))
    told = office.hear(followed_up(item("reopen", text="masih berlubang")))
    assert ["reopened", "routed", "reopened"] == kinds(told)
    assert ("routed", "merged") == (office.cases[OTHER].status, office.case.status)
    assert [("PUPR", "routed")] == units(told)


def test_a_merged_ones_reporter_cannot_reopen_what_is_not_resolved() -> None:
    office = merged()
    office.hear(followed_up(item("reopen")))
    assert ("noted", "refused", "routed") == (
        office.story()[-1].kind,
        office.story()[-1].note,
        office.cases[OTHER].status,
    )


def test_merged_reporters_rating_concerns_the_parents_unit_and_closes_nothing() -> None:
    office = merged()
    office.hear(("PUPR", reply("resolve", OTHER, message="Lubang sudah ditambal")))
    office.hear(followed_up(item("rating", 1, rating=5)))
    assert "resolved" == office.cases[OTHER].status
    told = office.hear(followed_up(item("rating", 1, rating=5), item("rating", 2, rating=1)))
    (record,) = [each for each in told if isinstance(each, UnitRouted)]
    assert ("SETDA", "rated", "pelapor menilai 1 dari 5 (PUPR)") == (record.unit, record.why, record.reason)
    assert UNSET == office.story()[-1].by


@pytest.mark.parametrize(
    "newer", [item("praise", 7, text="Bagus"), item("rights_request", 7, right="portability")], ids=["kind", "right"]
)
def test_unknown_follow_up_of_a_newer_intake_is_ignored(newer: FollowUp) -> None:
    office = in_status("routed")
    assert [] == office.hear(followed_up(newer))
    assert ["noted"] == kinds(office.hear(followed_up(newer, item("addition"))))
    assert ["addition-1"] == [each.id for each in office.case.follow_ups]


@pytest.mark.parametrize(("told", "code"), [(UNSET, "passed_on"), (True, "passed_on_told")])
def test_reporter_already_told_where_an_addition_went_is_not_told_again(told: Any, code: str) -> None:
    office = in_status("routed")
    office.hear(followed_up(item("addition", 2, text="depan masjid", told=told)))
    assert ("addition", code) == (office.story()[-1].note, office.story()[-1].code)


FIRE = item("addition", 1, text="sekarang apinya merambat ke rumah", danger=["fire"])


def dangers(told: list[Any]) -> list[tuple[str, str | None]]:
    return [(each.unit, each.complaint.urgency) for each in told if isinstance(each, UnitRouted) and each.complaint]


def test_danger_told_in_an_addition_makes_it_darurat_and_a_person_looks() -> None:
    office = Office()
    office.hear(received(), classified(category="jalan_jembatan"))
    told = office.hear(followed_up(FIRE))
    assert ["noted", "routed"] == kinds(told)
    assert ("DISKOMINFO", "triage", "mendesak (darurat)") == (
        office.case.unit, office.case.lane, office.story()[-1].reason,
    )  # fmt: skip
    assert "darurat" == office.story()[-1].urgency
    assert {("PUPR", "darurat"), ("DISKOMINFO", "darurat")} == set(dangers(told))
    assert [] == office.hear(followed_up(FIRE))


@pytest.mark.parametrize("status", ["acknowledged", "in_progress", "waiting_for_reporter", "resolved"])
def test_working_unit_keeps_a_dangerous_complaint_and_the_triage_desk_is_told(status: str) -> None:
    office = in_status(status)
    told = office.hear(followed_up(FIRE))
    assert ("PUPR", "darurat") == (office.case.unit, office.story()[-1].urgency)
    assert {("PUPR", "followed-up"), ("DISKOMINFO", "urgent")} == set(units(told))
    assert {"darurat"} == {urgency for _, urgency in dangers(told)}


@pytest.mark.parametrize("status", ["closed", "cancelled", "rejected", "handed_over"])
def test_in_danger_who_sorts_hears_of_it_also_when_it_is_over(status: str) -> None:
    office = in_status(status, "triage" if status == "rejected" else "unit")
    assert [("DISKOMINFO", "urgent")] == units(office.hear(followed_up(FIRE)))


def test_danger_added_before_it_is_understood_stays_danger() -> None:
    office = Office()
    office.hear(received(), followed_up(FIRE))
    assert "darurat" == office.story()[-1].urgency
    office.hear(classified(category="jalan_jembatan", urgency="sedang"))
    assert ("DISKOMINFO", "triage") == (office.case.unit, office.case.lane)


def test_danger_added_to_a_merged_complaint_is_its_parents() -> None:
    office = Office()
    for ticket in (T, OTHER):
        office.hear(received(ticket), classified(ticket, category="jalan_jembatan"))
    office.hear(("PUPR", reply("return", OTHER, reason="bukan jalan kami")))
    office.hear(("DISKOMINFO", reply("merge", OTHER, into=T)))
    told = office.hear(followed_up(FIRE, ticket=OTHER))
    assert "darurat" == office.story(T)[-1].urgency
    assert ("DISKOMINFO", "triage") == (office.cases[T].unit, office.cases[T].lane)
    assert ("DISKOMINFO", "routed") in units(told)
