"""The story of a complaint as an intake knows it, and what its citizen is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from chassis.batch import Steps
from chassis.database import Pool
from chassis.wire import Message
from contracts import topics
from contracts.dates import due_in_words
from contracts.events import ComplaintUpdated, DerivationDay, Evidence, FollowUp, SlaBreached, SlaUpdated, UpdateKind
from intake.complaint_view import Story, count_reporters, find_story, load_stories
from intake.projection import story_handler, tell
from intake.submissions import Submission, accept, follow_up
from intake.texts import Texts
from testing.fakes import NOW, message, play

REGION = Path(__file__).parents[2] / "region" / "soppeng"
TEXTS = Texts(REGION)
T = "SPG-S000-00007"
WITA = TEXTS.zone
#: Monday is day 0, and three days count.
DAYS = [DerivationDay(date=date(2026, 3, day), counted=day > 2, reason="") for day in range(2, 6)]
LATER = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
#: The midnight in WITA that ends Thursday, 5 March.
DEADLINE = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)


def update(seq: int, kind: str = "routed", **facts: Any) -> Message:
    usual = {
        "complaint_id": "c1", "ticket": T, "status": kind, "channel": "sms", "origin": "intake-sms",
        "received_at": NOW, "unit": "PUPR", "lane": "unit", "category": None, "type": None, "urgency": None,
    }  # fmt: skip
    data = ComplaintUpdated(seq=seq, kind=kind, **{**usual, **facts})  # type: ignore[arg-type]
    time = NOW + timedelta(minutes=seq)
    return message(data, topic=topics.UPDATED, event_id=f"u{seq}-{kind}", time=time, offset=seq)


def sla(kind: str, stage: str = "completion", **facts: Any) -> Message:
    usual = {
        "complaint_id": "c1", "ticket": T, "policy": "p", "round": 1, "deadline_at": DEADLINE, "warn_at": NOW,
        "based_on_seq": 0, "derivation": DAYS,
    }  # fmt: skip
    data = SlaUpdated(kind=kind, stage=stage, **{**usual, **facts})  # type: ignore[arg-type]
    return message(data, topic=topics.SLA_UPDATED, event_id=f"s-{kind}-{stage}-{sorted(facts)}")


def breach(stage: str = "completion", **facts: Any) -> Message:
    usual = {
        "complaint_id": "c1", "ticket": T, "policy": "p", "round": 1, "deadline_at": DEADLINE, "based_on_seq": 0,
        "derivation": DAYS, "unit": "PUPR",
    }  # fmt: skip
    data = SlaBreached(stage=stage, **{**usual, **facts})  # type: ignore[arg-type]
    return message(data, topic=topics.SLA_BREACHED, event_id=f"b-{stage}-{sorted(facts)}")


def told(*messages: Message, service: str = "intake-sms", notify: bool = True) -> Story:
    stories: Mapping[str, Story]
    stories, emits = play(tell(service, TEXTS, notify=notify), messages)
    assert [] == emits
    return stories.get(T, Story(ticket=T))


def test_steps_are_kept_in_order_with_what_the_citizen_is_told() -> None:
    story = told(update(0, "registered"), update(1), update(2, "in_progress", message="Tim di lokasi"))
    assert [(0, "registered"), (1, "routed"), (2, "in_progress")] == [(step.seq, step.kind) for step in story.steps]
    assert f"{T} sedang ditangani Dinas Pekerjaan Umum dan Penataan Ruang. Tim di lokasi" == story.steps[-1].text
    assert (2, "in_progress", "PUPR", True) == (story.seq, story.status, story.unit, story.registered)


def test_the_citizen_hears_each_change_but_the_registration_which_the_receipt_told() -> None:
    story = told(update(0, "registered"), update(1), update(2, "acknowledged"))
    assert ["seq-1", "seq-2"] == [reason for reason, _ in story.notices]


def at(message: Message, time: datetime) -> Message:
    return replace(message, event=msgspec.structs.replace(message.event, time=time))


#: In WITA the day ends at 16 hours UTC.
@pytest.mark.parametrize(
    ("steps", "reasons"),
    [
        ([("in_progress", 1), ("in_progress", 9), ("in_progress", 15)], ["seq-1"]),
        ([("in_progress", 15), ("in_progress", 17)], ["seq-1", "seq-2"]),
        ([("in_progress", 1), ("acknowledged", 2), ("in_progress", 3)], ["seq-1", "seq-2", "seq-3"]),
        ([("acknowledged", 1), ("acknowledged", 2)], ["seq-1", "seq-2"]),
    ],
)
def test_work_in_progress_is_told_once_a_day_while_nothing_else_happens(
    steps: list[tuple[str, int]], reasons: list[str]
) -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC)
    messages = [at(update(n, kind), day + timedelta(hours=h)) for n, (kind, h) in enumerate(steps, 1)]
    story = told(*messages)

    assert reasons == [reason for reason, _ in story.notices]
    assert len(steps) == len(story.steps)


def test_a_moved_deadline_is_not_lost_with_work_in_progress_that_is_not_told() -> None:
    moved = sla("resumed", deadline_at=LATER)
    story = told(update(1, "in_progress"), sla("started"), moved, update(2, "in_progress"), update(3, "resolved"))

    assert ["seq-1", "seq-3"] == [reason for reason, _ in story.notices]
    assert told(update(1, "in_progress"), sla("started"), moved, update(2, "in_progress")).moved


@pytest.mark.parametrize("again", [[0], [1], [2], [2, 1, 0]])
def test_what_comes_again_or_is_old_changes_nothing(again: list[int]) -> None:
    steps = [update(0, "registered"), update(1), update(2, "acknowledged")]
    assert told(*steps) == told(*steps, *(steps[n] for n in again))


def test_a_step_that_was_a_dead_letter_is_told_and_takes_its_place() -> None:
    story = told(update(0, "registered"), update(2, "resolved"), update(1, "acknowledged"))
    assert [0, 1, 2] == [step.seq for step in story.steps]
    assert ["seq-2", "seq-1"] == [reason for reason, _ in story.notices]
    assert (2, "resolved") == (story.seq, story.status)


def test_others_complaints_have_a_status_here_and_no_steps_and_no_notices() -> None:
    story = told(update(0, "registered"), update(1, message="rahasia"), service="intake-web")
    assert ("routed", "PUPR", [], [], True) == (story.status, story.unit, story.steps, story.notices, story.registered)


def test_every_intake_knows_of_a_confidential_complaint_and_a_step_told_by_an_old_router_makes_it_no_less() -> None:
    for service in ("intake-sms", "intake-social", "intake-web"):
        assert told(update(0, "registered", rahasia=True), update(1), service=service).rahasia
    assert not told(update(0, "registered"), update(1)).rahasia


def test_an_intake_that_does_not_notify_keeps_the_steps_all_the_same() -> None:
    story = told(update(0, "registered"), update(1), notify=False)
    assert (2, []) == (len(story.steps), story.notices)


def test_a_deadline_that_comes_before_the_story_is_kept() -> None:
    early = told(sla("started"))
    assert (DEADLINE, "received", False) == (early.deadline_at, early.status, early.registered)
    assert told(update(0, "registered"), sla("started")) == told(sla("started"), update(0, "registered"))


def test_a_breach_shows_until_it_is_retracted_or_another_deadline_holds() -> None:
    assert told(update(0, "registered"), breach()).breached
    assert not told(breach(), sla("retracted")).breached
    for kind in ("started", "rescheduled"):
        assert not told(breach(), sla(kind, round=2, deadline_at=LATER)).breached
    assert told(breach(round=2, deadline_at=LATER), sla("started", round=2, deadline_at=LATER)).breached
    for kind in ("warned", "met", "stopped", "started", "resumed"):
        assert told(breach(), sla(kind)).breached


def test_a_question_after_the_deadline_neither_stops_nor_extends_it() -> None:
    asked = [sla("started"), breach(), update(1, "waiting_for_reporter"), sla("paused")]
    waiting, answered = told(*asked), told(*asked, update(2, "in_progress"), sla("resumed"))
    assert (True, False, True) == (waiting.breached, waiting.paused, answered.breached)
    assert ["breached"] == [line.kind for line in answered.lines]
    assert not told(sla("started"), sla("paused"), breach()).paused


def test_the_closing_clock_is_no_promise_to_the_citizen_but_the_time_to_object() -> None:
    told_of = told(sla("started", "closing"), breach("closing"), sla("lapsed", "closing"))
    assert Story(ticket=T, reopen_until=DEADLINE) == told_of


def test_the_due_date_goes_into_the_receipt_and_only_that_of_the_first_round() -> None:
    story = told(sla("started"))
    due = f"{T} diterima. Tenggat Kamis 5 Mar. Cek: balas SOPPENG STATUS {T}"
    assert [("receipt", due)] == story.revised
    assert [("receipt", due)] == told(sla("started"), sla("started", round=2, deadline_at=LATER)).revised
    assert [] == told(sla("started"), notify=False).revised
    thanks = f"Terima kasih, laporan Anda kami terima dengan nomor {T}. Tenggat Kamis 5 Mar."
    assert [("receipt", thanks)] == told(sla("started"), service="intake-social").revised


@pytest.mark.parametrize("promise", ["3 hari kerja", "10 jam kerja", "14 hari"])
def test_how_long_was_promised_is_told_as_the_clock_says_it_whatever_days_it_counted(promise: str) -> None:
    story = told(sla("started", promise=promise))
    assert f"Kamis 5 Mar, {promise}" == TEXTS.due(story)
    assert f"Tenggat Kamis 5 Mar, {promise}. " in story.revised[0][1]
    assert "Kamis 5 Mar" == TEXTS.due(told(sla("started")))


def test_a_breach_is_apologized_for_once_with_the_next_step() -> None:
    story = told(update(0, "registered"), update(1), breach(), breach(level=1, escalate_to=["head", "SETDA"]))
    next_step = "Unitnya sudah diingatkan, bila tetap diam atasannya diberi tahu. Jawabannya kami kirim."
    apology = f"{T}: maaf, tenggat Kamis 5 Mar terlewati. {next_step}"
    assert [("seq-1", update_text(1)), (story.apology, apology)] == story.notices
    lines = [
        (
            "breached",
            "Mohon maaf, tenggat Kamis 5 Mar terlewati. "
            "{} sudah kami ingatkan; bila tetap diam, atasannya diberi tahu.",
        ),
        ("escalated", "Keterlambatan ini diteruskan ke atasan: pimpinan {}, Sekretariat Daerah."),
    ]
    assert [(kind, text.format(TEXTS.unit("PUPR"))) for kind, text in lines] == [(x.kind, x.text) for x in story.lines]


def update_text(seq: int) -> str:
    return TEXTS.change(update(seq).data)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "before",
    [
        sla("met"),
        sla("retracted", based_on_seq=2),
        update(2, "resolved"),
        update(2, "handed_over"),
        update(2, "cancelled"),
    ],
)
def test_no_apology_for_a_promise_that_was_kept_or_is_over_whichever_is_heard_first(before: Message) -> None:
    usual = [update(0, "registered"), update(1)]
    late, early = told(*usual, before, breach()), told(*usual, breach(), before)
    assert "" == late.apology == early.apology
    assert not [reason for reason, _ in late.notices if reason.startswith("breach-")]
    (reason,) = [reason for reason, _ in early.notices if reason.startswith("breach-")]
    assert [(reason, None)] == early.revised


def test_a_breach_after_its_retraction_is_told_again_and_the_one_before_it_is_not() -> None:
    before = [update(0, "registered"), update(1), breach(based_on_seq=1)]
    taken_back = [*before, sla("retracted", based_on_seq=2), sla("paused", based_on_seq=2), breach(based_on_seq=1)]
    assert not told(*taken_back).breached
    again = told(*taken_back, sla("resumed", based_on_seq=3), breach(based_on_seq=3))
    assert again.breached
    assert 2 == len({reason for reason, _ in again.notices if reason.startswith("breach-")})


ASKED_FOR_RIGHTS = [
    update(0, "registered"),
    update(1, "closed"),
    update(2, "noted", status="closed", note="rights_requested"),
]


def test_a_right_that_is_granted_late_is_apologized_for_with_the_next_step_also_when_the_complaint_is_over() -> None:
    story = told(*ASKED_FOR_RIGHTS, breach("rights"), breach("rights", level=1, escalate_to=["SETDA"]))
    says = "Mohon maaf, permintaan data pribadi Anda belum dijawab sampai Kamis 5 Mar."
    assert 1 == len([text for _, text in story.notices if f"{T}: {says} Petugas sudah diingatkan" in text])
    assert ["breached"] == [line.kind for line in story.lines]
    assert (False, None) == (story.breached, story.deadline_at)
    assert len(story.notices[-1][1]) <= 160


def test_a_right_that_was_granted_in_time_after_all_takes_the_apology_back() -> None:
    late = told(*ASKED_FOR_RIGHTS, breach("rights"), sla("met", "rights"))
    (reason,) = [reason for reason, _ in late.notices if reason.startswith("breach-")]
    assert [(reason, None)] == late.revised
    assert [] == [
        r for r, _ in told(*ASKED_FOR_RIGHTS, sla("met", "rights"), breach("rights")).notices if "breach" in r
    ]
    back = told(*ASKED_FOR_RIGHTS, breach("rights"), sla("retracted", "rights"), sla("met", "rights"))
    assert [reason] == [wrong for wrong, _ in back.corrections]
    assert ["breached", "retracted"] == [line.kind for line in back.lines]


def test_no_apology_follows_the_answer_to_a_right() -> None:
    late = told(*ASKED_FOR_RIGHTS, breach("rights"), sla("stopped", "rights"))
    (reason,) = [reason for reason, _ in late.notices if reason.startswith("breach-")]
    assert [(reason, None)] == late.revised
    answered = told(*ASKED_FOR_RIGHTS, sla("stopped", "rights"), breach("rights"))
    assert [] == [reason for reason, _ in answered.notices if "breach" in reason]


def test_after_a_breach_an_answer_is_told_no_due_date_that_is_past() -> None:
    late = [update(0, "registered"), sla("started"), breach(), update(1, "waiting_for_reporter", message="Di mana?")]
    answered = told(*late, sla("paused", based_on_seq=1), update(2, "in_progress"), sla("resumed", based_on_seq=2))
    assert "seq-2" == answered.notices[-1][0]
    assert [] == [text for _, text in [*answered.notices, *answered.revised] if text and "Tenggat sekarang" in text]


def test_each_right_has_its_own_apology_and_others_complaints_show_none() -> None:
    both = told(*ASKED_FOR_RIGHTS, breach("rights"), breach("rights", deadline_at=LATER))
    assert 2 == len({reason for reason, _ in both.notices if reason.startswith("breach-")})
    assert [] == told(*ASKED_FOR_RIGHTS, breach("rights"), service="intake-web").lines


def test_each_broken_promise_has_its_own_apology() -> None:
    again = sla("started", round=2, deadline_at=LATER), breach(round=2, deadline_at=LATER)
    story = told(update(0, "registered"), breach(), *again)
    assert 2 == len({reason for reason, _ in story.notices})
    assert story == told(update(0, "registered"), breach(), *again, breach())


def test_a_breach_of_an_earlier_round_changes_nothing() -> None:
    story = told(sla("started", round=2, deadline_at=LATER), breach())
    assert (LATER, False, []) == (story.deadline_at, story.breached, story.notices)


def test_a_pause_and_the_new_due_date_are_on_the_page_and_told_with_the_next_change() -> None:
    asked = [update(0, "registered"), sla("started"), update(1, "waiting_for_reporter", message="Di mana?")]
    waiting = told(*asked, sla("paused", based_on_seq=1))
    assert waiting.paused
    assert TEXTS.status_line(waiting, T).endswith(". Tenggat berhenti sementara")
    resumed = told(*asked, sla("paused", based_on_seq=1), sla("resumed", deadline_at=LATER), update(2, "in_progress"))
    assert (False, LATER, False) == (resumed.paused, resumed.deadline_at, resumed.moved)
    assert resumed.notices[-1][1].endswith("Tenggat sekarang Jumat 6 Mar.")
    assert ["paused", "resumed"] == [line.kind for line in resumed.lines]
    assert ["receipt", "ask-1"] == [reason for reason, _ in resumed.revised]


ASKED = [
    update(0, "registered"),
    sla("started"),
    update(1, "waiting_for_reporter", message="Di mana?"),
    sla("paused", based_on_seq=1),
]


ASKS = [update(0, "registered"), sla("started"), update(1, "waiting_for_reporter", message="Di mana?")]
STANDS = sla("paused", based_on_seq=1, paused_until=LATER)


def test_the_question_waits_for_the_clock_to_say_until_when_to_answer_whichever_is_heard_first() -> None:
    text = TEXTS.change(ASKS[-1].data)  # type: ignore[arg-type]
    says = f"{text} Jawab paling lambat Jumat 6 Mar, sampai itu tenggat berhenti."
    assert [("ask-1", text)] == told(*ASKS).notices
    late, early = told(*ASKS, STANDS), told(*ASKS[:-1], STANDS, ASKS[-1])
    assert ([("ask-1", text)], ("ask-1", says)) == (late.notices, late.revised[-1])
    assert [("seq-1", says)] == early.notices
    assert len(says) <= 320
    line = "Tenggat dihentikan sementara, menunggu jawaban Anda. Jawab paling lambat Jumat 6 Mar,"
    assert [True] == [each.text.startswith(line) for each in late.lines]
    assert late.lines == early.lines


def test_a_question_for_which_no_clock_stands_is_asked_without_a_date() -> None:
    enough = sla("resumed", based_on_seq=1, reason="waktu bertanya sudah habis")
    story = told(*ASKS, enough, update(2, "in_progress", message="Petugas melanjutkan."))
    assert ["ask-1", "due-2"] == [reason for reason, _ in story.notices]
    assert not any("paling lambat" in text for _, text in story.notices)
    assert ["receipt"] == [reason for reason, _ in story.revised]


def test_the_bound_of_an_earlier_question_is_none_of_the_next() -> None:
    again = told(
        *ASKS, STANDS, update(2, "in_progress"), sla("resumed", based_on_seq=2), update(3, "waiting_for_reporter")
    )
    assert "paling lambat" not in again.notices[-1][1]
    assert "paling lambat Sabtu 7 Mar" in str(
        told(
            *ASKS,
            STANDS,
            update(2, "in_progress"),
            sla("resumed", based_on_seq=2),
            update(3, "waiting_for_reporter"),
            sla("paused", based_on_seq=3, paused_until=LATER + timedelta(days=1)),
        ).revised[-1][1]
    )


def test_the_notice_of_an_answered_question_waits_for_the_new_due_date_and_carries_it() -> None:
    answered = told(*ASKED, update(2, "in_progress"))
    (reason, text) = answered.notices[-1]
    assert "due-2" == reason
    after = told(*ASKED, update(2, "in_progress"), sla("resumed", deadline_at=LATER))
    assert (reason, f"{text} Tenggat sekarang Jumat 6 Mar.") == after.revised[-1]
    assert not after.moved
    unmoved = told(*ASKED, update(2, "in_progress"), sla("resumed"))
    assert (reason, f"{text} Tenggat sekarang Kamis 5 Mar.") == unmoved.revised[-1]
    assert ["ask-1", "seq-2"] == [reason for reason, _ in told(*ASKED, update(2, "cancelled")).notices]


@pytest.mark.parametrize("kind", ["reopened", "unmerged"])
def test_a_new_round_tells_its_due_date_whichever_is_heard_first(kind: str) -> None:
    before = [update(0, "registered"), sla("started"), update(1, "resolved"), sla("met")]
    change, start = update(2, kind), sla("started", round=2, deadline_at=LATER)
    says = f"{TEXTS.change(change.data)} Tenggat sekarang Jumat 6 Mar."  # type: ignore[arg-type]
    late, early = told(*before, change, start), told(*before, start, change)
    assert (("due-2", says), ("seq-2", says)) == (late.revised[-1], early.notices[-1])
    assert (False, False) == (late.moved, early.moved)


def test_a_due_date_that_was_worked_out_again_is_told_at_once_and_once() -> None:
    again = sla("rescheduled", deadline_at=LATER)
    story = told(update(0, "registered"), sla("started"), again, again, update(1))
    says = f"{T}: Tenggat dihitung ulang menjadi Jumat 6 Mar, karena hari kerja atau aturannya berubah."
    assert [says, update_text(1)] == [text for _, text in story.notices]
    assert not story.moved
    back = told(update(0, "registered"), sla("started"), again, sla("rescheduled"))
    assert 2 == len({reason for reason, _ in back.notices})


@pytest.mark.parametrize("before", [[sla("started")], [sla("started"), update(1, "resolved")]])
def test_a_due_date_that_stays_or_no_longer_counts_is_not_told_again(before: list[Message]) -> None:
    later = DEADLINE if len(before) == 1 else LATER
    again = told(update(0, "registered"), *before, sla("rescheduled", deadline_at=later))
    assert [] == [text for _, text in again.notices if "dihitung ulang" in text]
    assert [] == told(update(0, "registered"), *before, sla("rescheduled", deadline_at=LATER), notify=False).notices


def test_the_notice_that_waits_for_its_due_date_tells_that_it_was_worked_out_again() -> None:
    story = told(*ASKED, update(2, "in_progress"), sla("rescheduled", deadline_at=LATER))
    assert ("due-2", True) == (story.revised[-1][0], "Tenggat sekarang Jumat 6 Mar." in (story.revised[-1][1] or ""))
    assert [] == [text for _, text in story.notices if "dihitung ulang" in text]


def test_an_answer_ends_what_there_was_to_tell_of_the_deadline() -> None:
    moved = [update(0, "registered"), sla("started"), sla("resumed", deadline_at=LATER)]
    assert told(*moved).moved
    done = told(*moved, update(1, "resolved", message="Sudah."), update(2, "closed"))
    assert (False, False) == (done.moved, any("Tenggat" in text for _, text in done.notices))


def test_the_page_knows_supports_proof_and_whose_complaint_it_was_merged_into() -> None:
    proof = Evidence(url="https://contoh.id/1.jpg", media_type="image/jpeg", sha256="0", bytes=1)
    done = [update(1, support=["DLH"]), update(2, "resolved", evidence=[proof])]
    assert ["DLH"] == told(*done[:1]).support
    assert [proof] == told(*done).evidence
    assert [] == told(*done, update(3, "reopened")).evidence
    assert [] == told(*done, service="intake-web").evidence
    merged = update(3, "merged", parent="SPG-W000-00004")
    assert "SPG-W000-00004" == told(merged, update(4, "closed"), service="intake-web").parent
    assert told(merged, update(4, "unmerged")).parent is None


@pytest.mark.parametrize("late", [[], [sla("started")], [sla("paused")], [breach()], [breach(level=1)]])
def test_who_was_merged_has_the_deadline_of_the_parent_and_none_of_its_own(late: list[Message]) -> None:
    merged = [update(0, "registered"), sla("started"), breach(), update(1, "merged", parent="SPG-W000-00004")]
    story = told(*merged, *late)
    assert (None, [], False, False) == (story.deadline_at, story.derivation, story.breached, story.paused)
    assert ["breached"] == [line.kind for line in story.lines]
    assert TEXTS.status_line(story, T).endswith(". Tenggatnya di SPG-W000-00004")
    parted = told(*merged, *late, update(2, "unmerged"), sla("started", round=2, deadline_at=LATER))
    assert (LATER, None) == (parted.deadline_at, parted.parent)


def test_who_was_merged_hears_until_when_the_parent_is_due_in_one_sms() -> None:
    for says in ("Tenggatnya Kamis 3 Des.", "Maaf, tenggatnya Kamis 3 Des sudah terlewati."):
        told_of = TEXTS.change(update(1, "merged", parent="SPG-W000-00004", message=says).data)  # type: ignore[arg-type]
        assert (True, True) == (f"SPG-W000-00004. {says} Perkembangannya" in told_of, len(told_of) <= 160)
    missed = "Maaf, tenggat SPG-W000-00004, Kamis 3 Des, terlewati. Unitnya sudah diingatkan, bila tetap diam atasannya"
    told_of = TEXTS.change(update(1, "noted", note="deadline", message=missed).data)  # type: ignore[arg-type]
    assert f"{T}: {missed}" == told_of


def test_helpers_and_notes_are_told_in_words() -> None:
    helped = update(1, support=["DLH", "DISHUB"]).data
    says = "Dibantu Dinas Lingkungan Hidup, Dinas Perhubungan."
    assert f"{T} diteruskan ke {TEXTS.unit('PUPR')}. {says}" == TEXTS.change(helped)  # type: ignore[arg-type]
    handed = update(1, "handed_over", target="PLN", reason="jaringan listrik.", message="Hubungi 123.").data
    assert f"{T} dilimpahkan ke PLN: jaringan listrik. Hubungi 123." == TEXTS.change(handed)  # type: ignore[arg-type]
    for note, says in [("refused", "belum dapat dipenuhi"), ("rights_requested", "3 x 24 jam"), ("else", "Baik.")]:
        assert says in TEXTS.change(update(1, "noted", note=note, message="Baik.").data)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", get_args(UpdateKind))
@pytest.mark.parametrize("unit", ["PUPR", None])
def test_every_change_has_its_sentence(kind: str, unit: str | None) -> None:
    facts = {"message": "isi {unit}", "reason": "alasan", "target": "PLN", "parent": "SPG-W000-00004"}
    text = TEXTS.change(update(1, kind, unit=unit, **facts).data)  # type: ignore[arg-type]
    assert text.startswith(T)
    assert not [brace for brace in "{}" if brace in text.replace("isi {unit}", "")]
    assert text.isascii()
    assert "None" not in text


@pytest.mark.parametrize("kind", get_args(UpdateKind))
def test_every_status_has_its_word(kind: str) -> None:
    if kind not in ("unmerged", "corrected", "noted"):
        assert kind in TEXTS.statuses


def test_a_status_in_one_line() -> None:
    lines = [
        TEXTS.status_line(None, T),
        TEXTS.status_line(Story(ticket=T), T),
        TEXTS.status_line(Story(ticket=T, status="in_progress", unit="PUPR", deadline_at=DEADLINE), T),
        TEXTS.status_line(Story(ticket=T, status="closed", unit="PUPR", deadline_at=DEADLINE), T),
    ]
    pupr = "Dinas Pekerjaan Umum dan Penataan Ruang"
    assert [
        f"Nomor {T} tidak kami temukan. Periksa lagi nomornya.",
        f"{T}: diterima",
        f"{T}: sedang ditangani ({pupr}). Tenggat Kamis 5 Mar",
        f"{T}: ditutup ({pupr})",
    ] == lines
    assert all(len(line) <= 160 for line in lines)


@pytest.mark.parametrize(
    ("deadline_at", "words"),
    [
        (DEADLINE, "Kamis 5 Mar"),
        (datetime(2026, 12, 31, 16, tzinfo=UTC), "Kamis 31 Des"),
        (datetime(2026, 2, 28, 16, tzinfo=UTC), "Sabtu 28 Feb"),
        (DEADLINE + timedelta(seconds=1), "Jumat 6 Mar pukul 00.00"),
        (DEADLINE - timedelta(seconds=1), "Kamis 5 Mar pukul 23.59"),
    ],
)
def test_midnight_belongs_to_the_day_it_ends(deadline_at: datetime, words: str) -> None:
    assert words == due_in_words(deadline_at, WITA)


@pytest.mark.connected
async def test_a_story_is_stored_with_its_notices_and_marks_its_complaint_registered(pool: Pool) -> None:
    await pool.execute("INSERT INTO reporters (reporter_ref, channel, address) VALUES ('r', 'sms', '+62811')")
    await pool.execute(
        """INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text, fingerprint,
                                   received_event, received_at)
           VALUES ('c1', $1, 'sms', 'k', 'm', 'r', 't', '', '{}', now())""",
        T,
    )
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True))
    await steps([sla("started").record])
    assert await pool.fetchval("SELECT registered_at FROM complaints") is None
    for batch in ([update(0, "registered"), update(1)], [update(1), update(2, "acknowledged")]):
        await steps([each.record for each in batch])
    story = (await load_stories(pool, [T]))[T]
    assert (2, [0, 1, 2], [], DEADLINE) == (story.seq, [s.seq for s in story.steps], story.notices, story.deadline_at)
    assert ["seq-1", "seq-2"] == [row["reason"] for row in await pool.fetch("SELECT reason FROM notices ORDER BY id")]
    assert await pool.fetchval("SELECT registered_at FROM complaints") is not None


@pytest.mark.connected
async def test_a_citizen_is_told_also_what_a_unit_wrote_with_control_characters(pool: Pool, make_settings: Any) -> None:
    number = await complaint(pool, make_settings)
    step = Steps(pool, story_handler("intake-sms", TEXTS, notify=True))

    await step([update(1, "resolved", ticket=number, message="Sudah\x00 ditambal\x1b").record])

    assert "Sudah ditambal" in await pool.fetchval("SELECT text FROM notices WHERE reason = 'seq-1'")


@pytest.mark.connected
async def test_a_complaint_has_a_status_before_its_story_comes_and_after_it_is_swept(pool: Pool) -> None:
    await pool.execute("INSERT INTO reporters (reporter_ref, channel) VALUES ('r', 'sms')")
    for ticket, seen in (("NEW", None), ("OLD", NOW)):
        await pool.execute(
            """INSERT INTO complaints (complaint_id, ticket, channel, gateway, external_id, reporter_ref, text,
                                       fingerprint, received_event, received_at, registered_at)
               VALUES ($1, $1, 'sms', 'k', $1, 'r', 't', '', '{}', now(), $2)""",
            ticket,
            seen,
        )
    found = {ticket: await find_story(pool, ticket) for ticket in ("NEW", "OLD", "UNKNOWN")}
    assert {"NEW": "received", "OLD": "archived", "UNKNOWN": None} == {
        ticket: story and story.status for ticket, story in found.items()
    }


@pytest.mark.connected
async def test_reporters_of_the_same_are_counted_until_they_are_parted(pool: Pool) -> None:
    steps = Steps(pool, story_handler("intake-web", TEXTS, notify=False))
    await steps([update(0, "merged", parent="SPG-W000-00004").record])
    assert (2, 1) == (await count_reporters(pool, "SPG-W000-00004"), await count_reporters(pool, T))
    await steps([update(1, "unmerged").record])
    assert 1 == await count_reporters(pool, "SPG-W000-00004")


@pytest.mark.connected
async def test_how_a_complaint_was_sent_is_known_before_its_story_comes_and_of_an_old_story_too(
    pool: Pool, make_settings: Any
) -> None:
    sent = {"rahasia": (True, False), "anonim": (False, True), "both": (True, True), "neither": (False, False)}
    tickets = {}
    for name, (rahasia, anonim) in sent.items():
        given = Submission(channel="web", gateway="form", external_id=name, text="x", rahasia=rahasia, anonim=anonim)
        tickets[name] = (await accept(pool, make_settings(), "intake-web", given)).ticket

    async def known() -> dict[str, tuple[bool, bool]]:
        stories = await load_stories(pool, list(tickets.values()))
        return {name: (stories[ticket].rahasia, stories[ticket].anonim) for name, ticket in tickets.items()}

    assert sent == await known()
    await pool.executemany(
        "INSERT INTO stories VALUES ($1, $2)", [(t, f'{{"ticket":"{t}"}}') for t in tickets.values()]
    )
    assert sent == await known()


@pytest.mark.connected
async def test_others_are_shown_the_outline_once_the_reporter_wants_the_use_restricted(
    pool: Pool, make_settings: Any
) -> None:
    ticket = await complaint(pool, make_settings)
    hidden = []
    for asked in (
        FollowUp(id="1", kind="rights_request", at=NOW, right="erasure"),
        FollowUp(id="2", kind="rights_request", at=NOW, right="restriction"),
    ):
        assert await follow_up(pool, make_settings(), "intake-sms", ticket, asked)
        hidden.append((await load_stories(pool, [ticket]))[ticket].rahasia)
    assert hidden == [False, True]


async def complaint(pool: Pool, make_settings: Any) -> str:
    """A complaint by SMS whose receipt waits a minute."""
    submission = Submission(channel="sms", gateway="kannel", external_id="mo", text="Jalan rusak", address="+62811")
    settings = make_settings(receipt_wait_s=60)
    made = await accept(pool, settings, "intake-sms", submission, lambda number: f"{number} diterima.")
    return made.ticket


async def waiting(pool: Pool) -> list[tuple[str, str, bool]]:
    """(reason, state, whether it is due) of every notice."""
    rows = await pool.fetch("SELECT reason, state, next_try_at <= now() AS due FROM notices ORDER BY id")
    return [tuple(row) for row in rows]


@pytest.mark.connected
async def test_the_clocks_start_completes_the_receipt_and_sends_it(pool: Pool, make_settings: Any) -> None:
    ticket = await complaint(pool, make_settings)
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True))
    await steps([update(0, "registered", ticket=ticket).record, update(1, ticket=ticket).record])
    assert [("receipt", "pending", False), ("seq-1", "pending", True)] == await waiting(pool)
    for _ in range(2):
        await steps([sla("started", ticket=ticket).record])
    assert [("receipt", "pending", True), ("seq-1", "pending", True)] == await waiting(pool)
    due = f"{ticket} diterima. Tenggat Kamis 5 Mar. Cek: balas SOPPENG STATUS {ticket}"
    assert due == await pool.fetchval("SELECT text FROM notices WHERE reason = 'receipt'")


@pytest.mark.connected
@pytest.mark.parametrize("together", [True, False])
async def test_an_answer_drops_the_apology_that_was_not_sent_yet(
    pool: Pool, make_settings: Any, together: bool
) -> None:
    ticket = await complaint(pool, make_settings)
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True, apology_after_s=60))
    await steps([update(0, "registered", ticket=ticket).record, sla("started", ticket=ticket).record])
    batch = [breach(ticket=ticket).record, update(1, "resolved", ticket=ticket, message="Sudah.").record]
    for records in [batch] if together else [[record] for record in batch]:
        await steps(records)
    (receipt, apology, answer) = await waiting(pool)
    assert ("dropped", ("seq-1", "pending", True)) == (apology[1], answer)
    assert ("receipt", True) == (receipt[0], apology[0].startswith("breach-1-"))


@pytest.mark.connected
async def test_an_apology_waits_its_grace_and_an_escalation_adds_no_other(pool: Pool, make_settings: Any) -> None:
    ticket = await complaint(pool, make_settings)
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True, apology_after_s=60))
    await steps([update(0, "registered", ticket=ticket).record, breach(ticket=ticket).record])
    await steps([breach(ticket=ticket, level=1, escalate_to=["SETDA"]).record])
    assert [("pending", False)] * 2 == [(state, due) for _, state, due in await waiting(pool)]


@pytest.mark.connected
@pytest.mark.parametrize("wait_s", [60, 0])
async def test_a_due_date_goes_with_its_notice_or_with_the_next_change(
    pool: Pool, make_settings: Any, wait_s: float
) -> None:
    ticket = await complaint(pool, make_settings)
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True, receipt_wait_s=wait_s))
    asked = [update(0, "registered"), sla("started"), update(1, "waiting_for_reporter"), sla("paused")]
    answered = [update(2, "in_progress"), sla("resumed", deadline_at=LATER), update(3, "acknowledged")]
    for each in [*asked, *answered]:
        await steps([message(msgspec.structs.replace(each.data, ticket=ticket), topic=each.record.topic,
                             event_id=each.event.id, time=each.event.time).record])  # fmt: skip
    rows = await pool.fetch("SELECT reason, text FROM notices ORDER BY id")
    told_it = [row["reason"] for row in rows if row["text"].endswith("Tenggat sekarang Jumat 6 Mar.")]
    assert (["due-2"] if wait_s else ["seq-3"]) == told_it


@pytest.mark.connected
async def test_a_receipt_that_left_without_its_due_date_is_made_up_for_with_the_next_change(
    pool: Pool, make_settings: Any
) -> None:
    ticket = await complaint(pool, make_settings)
    await pool.execute("UPDATE notices SET state = 'sent', revisable = false")
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True))
    for each in (update(0, "registered", ticket=ticket), sla("started", ticket=ticket), update(1, ticket=ticket)):
        await steps([each.record])
    text = await pool.fetchval("SELECT text FROM notices WHERE reason = 'seq-1'")
    assert text.endswith("Tenggat sekarang Kamis 5 Mar.")
    assert not (await load_stories(pool, [ticket]))[ticket].moved


@pytest.mark.connected
@pytest.mark.parametrize("state", ["sent", "pending", None])
async def test_who_had_the_apology_hears_once_that_the_deadline_was_kept(
    pool: Pool, make_settings: Any, state: str | None
) -> None:
    ticket = await complaint(pool, make_settings)
    steps = Steps(pool, story_handler("intake-sms", TEXTS, notify=True, apology_after_s=60))
    await steps([update(0, "registered", ticket=ticket).record, sla("started", ticket=ticket).record])
    if state:
        await steps([breach(ticket=ticket, based_on_seq=0).record])
        await pool.execute("UPDATE notices SET state = $1, revisable = $1 = 'pending' WHERE reason <> 'receipt'", state)
    done = update(1, "resolved", ticket=ticket, message="Sudah.")
    facts = {"ticket": ticket, "based_on_seq": 1}
    for each in (done, sla("retracted", **facts), sla("retracted", round=1, **facts), sla("met", **facts)):
        await steps([each.record])
    rows = await pool.fetch("SELECT text FROM notices WHERE text LIKE '%ralat%'")
    said = f"{ticket}: ralat, tenggat Kamis 5 Mar ternyata tidak terlewati."
    assert ([said] if state == "sent" else []) == [row["text"] for row in rows]
