"""The story of a complaint as an intake knows it, and what its citizen is told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from chassis.batch import BatchHandler
from chassis.database import Pool
from chassis.wire import Message
from contracts.dates import due_in_words
from contracts.events import DerivationDay, Evidence, FollowUp
from contracts.sentences import SENTENCE_CODES
from contracts.vocabulary import CLOCK_KINDS, UpdateKind
from intake.additions import follow_up
from intake.complaint_view import ComplaintView, SentWith, find_view, load_views
from intake.effects import Decided, load_decided
from intake.projection import build_decide, story_handler
from intake.submissions import Submission, accept
from testing.events import NOW, an_updated
from testing.fakes import message, play
from testing.fixtures import texts_of

REGION = Path(__file__).parents[2] / "region" / "soppeng"
TEXTS = texts_of(REGION)
FIRE = SentWith(danger=["fire"])
T, PARENT = "SPG-S000-00007", "SPG-W000-00004"
WITA = TEXTS.zone
#: Monday is day 0, and three days count.
DAYS = [DerivationDay(date=date(2026, 3, day), counted=day > 2, reason="") for day in range(2, 6)]
LATER = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)
#: Midnight in WITA at the end of Thursday, 5 March.
DEADLINE = datetime(2026, 3, 5, 16, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Step:
    """A step of the story; without a ``seq`` it is numbered by its position."""

    kind: str
    facts: dict[str, Any]
    seq: int | None = None


def step(kind: str, seq: int | None = None, **facts: Any) -> Step:
    return Step(kind, facts, seq)


def clock(kind: str, stage: str = "completion", **facts: Any) -> Step:
    return Step(kind, {"stage": stage, "round": 1, "deadline_at": DEADLINE, "derivation": DAYS, **facts})


REGISTERED, ROUTED, SET = step("registered"), step("routed"), clock("deadline_set")
QUESTION = step("waiting_for_reporter", message="Di mana?")
ANSWERED = step("in_progress")


def update(seq: int, kind: str = "routed", **facts: Any) -> Message:
    time = NOW + timedelta(minutes=seq)
    return message(an_updated(seq, kind, **facts), event_id=f"u{seq}-{kind}", time=time, offset=seq)


def numbered(steps: Sequence[Step], **facts: Any) -> list[Message]:
    """Make the events of a story of ``steps``; the clock's steps change no status."""
    status, n, events = "received", itertools.count(), list[Message]()
    for each in steps:
        status = str(each.facts.get("status", status if each.kind in CLOCK_KINDS else each.kind))
        seq = next(n) if each.seq is None else each.seq
        events.append(update(seq, each.kind, **{**each.facts, "status": status, **facts}))
    return events


def shown(messages: Sequence[Message], service: str = "intake-sms", *, notify: bool = True) -> Decided:
    stories, emits = play(build_decide(service, TEXTS, notify=notify, wait_s=10), messages)
    assert [] == emits
    return stories.get(T, Decided(ComplaintView(ticket=T)))


def told(*steps: Step, service: str = "intake-sms", notify: bool = True) -> Decided:
    return shown(numbered(steps), service, notify=notify)


def notices(it: Decided) -> list[tuple[str, str]]:
    return [(str(each.kind), each.key) for each in it.effects.notices if not each.untold]


def texts(it: Decided) -> list[str]:
    return [each.text for each in it.effects.notices if not each.untold]


def revised(it: Decided) -> list[tuple[str, str, str]]:
    return [(str(each.kind), each.key, each.text) for each in it.effects.revisions]


def page(it: Decided) -> list[str]:
    """Return the clock's steps on the page."""
    return [each.kind for each in it.view.steps if each.kind in CLOCK_KINDS]


def change(seq: int, kind: str, **facts: Any) -> str:
    return TEXTS.change(update(seq, kind, **facts).data)  # type: ignore[arg-type]


def test_steps_are_kept_in_order_with_what_the_citizen_is_told() -> None:
    it = told(REGISTERED, ROUTED, step("in_progress", message="Tim di lokasi"))
    assert [(0, "registered"), (1, "routed"), (2, "in_progress")] == [(each.seq, each.kind) for each in it.view.steps]
    assert f"{T} sedang ditangani Dinas PUPR. Tim di lokasi" == it.view.steps[-1].text
    assert (2, "in_progress", "PUPR", True) == (it.view.seq, it.view.status, it.view.unit, it.view.registered)


def test_the_citizen_hears_each_change_but_the_registration_which_the_receipt_told() -> None:
    assert [("step", "1"), ("step", "2")] == notices(told(REGISTERED, ROUTED, step("acknowledged")))


def test_a_notice_goes_on_with_the_trace_of_the_step_that_brought_it_about() -> None:
    traced = [
        replace(event, trace=f"of {n}") for n, event in enumerate(numbered([REGISTERED, ROUTED, step("resolved")]))
    ]

    assert [("1", "of 1"), ("2", "of 2")] == [(each.key, each.trace) for each in shown(traced).effects.notices]


@pytest.mark.parametrize(
    ("step_", "unbounded"),
    [
        (QUESTION, True),
        (step("resolved", message="Sudah diperbaiki."), True),
        (step("closed"), True),
        (step("rejected", reason="tidak jelas"), True),
        (step("acknowledged"), False),
        (step("in_progress", message="Tim di lokasi"), False),
    ],
)
def test_question_and_end_of_a_complaint_are_told_beyond_the_daily_bound(step_: Step, unbounded: bool) -> None:
    assert unbounded == told(REGISTERED, ROUTED, step_).effects.notices[-1].ends


def at(event: Message, time: datetime) -> Message:
    return replace(event, event=msgspec.structs.replace(event.event, time=time))


#: In WITA the day ends at 16:00 UTC.
@pytest.mark.parametrize(
    ("steps", "keys"),
    [
        ([("in_progress", 1), ("in_progress", 9), ("in_progress", 15)], ["0"]),
        ([("in_progress", 15), ("in_progress", 17)], ["0", "1"]),
        ([("in_progress", 1), ("acknowledged", 2), ("in_progress", 3)], ["0", "1", "2"]),
        ([("in_progress", 1), ("escalated", 2), ("in_progress", 3)], ["0"]),
        ([("acknowledged", 1), ("acknowledged", 2)], ["0", "1"]),
        # The reporter's answer is not work in progress yet.
        ([("waiting_for_reporter", 1), ("in_progress", 2), ("in_progress", 3), ("in_progress", 4)], ["0", "1", "2"]),
    ],
)
def test_work_in_progress_is_told_once_a_day_while_nothing_else_happens(
    steps: list[tuple[str, int]], keys: list[str]
) -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC)
    events = numbered([clock(kind) if kind in CLOCK_KINDS else step(kind) for kind, _ in steps])
    it = shown([at(each, day + timedelta(hours=h)) for each, (_, h) in zip(events, steps, strict=True)])
    assert keys == [key for _, key in notices(it)]
    assert len(steps) == len(it.view.steps)


@pytest.mark.parametrize("again", [[0], [1], [2], [4], [4, 3, 2, 1, 0]])
def test_repeated_event_changes_nothing(again: list[int]) -> None:
    events = numbered([REGISTERED, ROUTED, clock("breached"), step("acknowledged"), clock("retracted")])
    once, twice = shown(events), shown([*events, *(events[n] for n in again)])
    assert once == twice


def test_a_step_that_was_a_dead_letter_is_told_and_takes_its_place() -> None:
    events = numbered([REGISTERED, step("acknowledged"), step("resolved")])
    it = shown([events[0], events[2], events[1]])
    assert [0, 1, 2] == [each.seq for each in it.view.steps]
    assert [("step", "2"), ("step", "1")] == notices(it)
    assert (2, "resolved") == (it.view.seq, it.view.status)


PUT_BACK = {
    "merged": [REGISTERED, SET, step("merged", parent=PARENT, deadline_at=LATER), clock("breached")],
    "unmerged": [REGISTERED, SET, step("merged", parent=PARENT), step("unmerged"), step("routed")],
    "deadline": [REGISTERED, SET, QUESTION, clock("paused"), clock("resumed", deadline_at=LATER), ANSWERED],
    "breach": [REGISTERED, SET, clock("breached"), clock("retracted"), step("resolved")],
    "round": [SET, step("resolved"), step("reopened"), clock("deadline_set", round=2, deadline_at=LATER), ROUTED],
    "closing": [SET, step("resolved"), clock("deadline_set", "closing"), step("reopened"), ROUTED],
    "proof": [step("resolved"), step("reopened"), ROUTED, step("resolved"), step("closed")],
}


@pytest.mark.parametrize("lost", range(5))
@pytest.mark.parametrize("story", PUT_BACK.values(), ids=PUT_BACK)
def test_whichever_step_is_put_back_the_view_is_as_if_it_had_come_in_its_turn(story: list[Step], lost: int) -> None:
    events = numbered(story)
    late = [*(each for n, each in enumerate(events) if n != lost), *events[lost : lost + 1]]
    for service in ("intake-sms", "intake-web"):
        in_turn, put_back = shown(events, service), shown(late, service)
        assert public(in_turn.view) == public(put_back.view)


def public(view: ComplaintView) -> ComplaintView:
    """Strip the view of everything told to its reporter."""
    set_by = {
        group: seq for group, seq in view.set_by.items() if group != "breach"
    }  # a breach retracted before it was read sets no field
    return msgspec.structs.replace(
        view, set_by=set_by, pending=None, deadline_untold=False, apologies={}, rahasia=False,
        steps=[msgspec.structs.replace(each, text="") for each in view.steps],
    )  # fmt: skip


def test_others_complaints_have_a_status_here_and_no_steps_and_no_notices() -> None:
    view, effects = told(REGISTERED, step("routed", message="rahasia"), SET, service="intake-social")
    assert ("routed", "PUPR", [], [], True) == (view.status, view.unit, view.steps, effects.notices, view.registered)
    assert (DEADLINE, []) == (view.deadline_at, effects.revisions)


def test_website_shows_complaints_of_other_intakes_without_their_answers() -> None:
    question = step("waiting_for_reporter", message="Di mana?")
    noted = step("noted", status="waiting_for_reporter", note="rights_requested", code="rights_passed_on")
    it = told(REGISTERED, step("routed"), question, noted, service="intake-web")

    assert ["registered", "routed", "waiting_for_reporter"] == [each.kind for each in it.view.steps]
    assert ("Di mana?", []) == (it.view.steps[-1].message, it.effects.notices)
    assert it.view.steps[-1].text.endswith("bertanya: Di mana?")  # nobody can answer it on that page


def test_handed_over_complaint_names_its_recipient_and_contact() -> None:
    it = told(REGISTERED, step("handed_over", target="PLN", contact="telepon 123", reason="listrik"))

    assert ("PLN", "telepon 123") == (it.view.target, it.view.contact)


def test_confidentiality_is_known_to_every_intake_and_survives_old_steps() -> None:
    for service in ("intake-sms", "intake-social", "intake-web"):
        assert told(step("registered", rahasia=True), ROUTED, service=service).view.rahasia
    assert not told(REGISTERED, ROUTED).view.rahasia


def test_an_intake_that_does_not_notify_keeps_the_steps_all_the_same() -> None:
    it = told(REGISTERED, SET, ROUTED, clock("breached"), notify=False)
    assert (3, [], []) == (len(it.view.steps), it.effects.notices, it.effects.revisions)


def test_a_breach_shows_until_it_is_retracted_or_another_deadline_holds() -> None:
    missed = [REGISTERED, SET, clock("breached")]
    assert told(*missed).view.breached
    assert not told(*missed, clock("retracted")).view.breached
    for kind in ("deadline_set", "rescheduled", "resumed"):
        assert not told(*missed, clock(kind, round=2, deadline_at=LATER)).view.breached
    for kind in ("warned", "met", "resumed", "paused", "escalated"):
        assert told(*missed, clock(kind)).view.breached
    assert told(*missed, clock("retracted", level=1)).view.breached


def test_a_question_after_the_deadline_neither_stops_nor_extends_it() -> None:
    asked = [REGISTERED, SET, clock("breached"), QUESTION, clock("paused")]
    waiting, answered = told(*asked), told(*asked, ANSWERED, clock("resumed"))
    assert (True, True) == (waiting.view.breached, answered.view.breached)
    assert [] == [text for text in texts(answered) if "Tenggat sekarang" in text]
    assert not told(REGISTERED, SET, QUESTION, clock("paused"), clock("breached")).view.paused


def test_the_closing_clock_is_no_promise_to_the_citizen_but_the_time_to_object() -> None:
    it = told(step("resolved"), clock("deadline_set", "closing"), clock("breached", "closing"))
    assert (DEADLINE, None, False) == (it.view.reopen_until, it.view.deadline_at, it.view.breached)
    assert [("step", "0")] == notices(it)


def test_the_due_date_goes_into_the_receipt_and_only_that_of_the_first_round() -> None:
    due = f"Terima kasih, laporan Anda kami terima: {T}. Dijawab paling lambat Kamis 5 Mar. Cek: STATUS"
    assert [("receipt", "", due)] == revised(told(SET))
    assert [("receipt", "", due)] == revised(told(SET, clock("deadline_set", round=2, deadline_at=LATER)))
    assert [] == revised(told(SET, notify=False))
    thanks = f"Terima kasih, laporan Anda kami terima dengan nomor {T}. Dijawab paling lambat Kamis 5 Mar."
    social = shown(numbered([SET], origin="intake-social"), "intake-social")
    assert [("receipt", "", thanks)] == revised(social)


@pytest.mark.parametrize("promise", ["3 hari kerja", "10 jam kerja", "14 hari"])
def test_how_long_was_promised_is_told_as_the_clock_says_it_whatever_days_it_counted(promise: str) -> None:
    it = told(clock("deadline_set", promise=promise))
    assert f"Kamis 5 Mar, {promise}" == TEXTS.due(it.view)
    assert f"Dijawab paling lambat Kamis 5 Mar, {promise}. " in it.effects.revisions[0].text
    assert "Kamis 5 Mar" == TEXTS.due(told(SET).view)


LATE = [REGISTERED, ROUTED, clock("breached")]


def test_a_breach_is_apologized_for_once_with_the_next_step() -> None:
    it = told(*LATE, clock("escalated", level=1, escalate_to=["head", "SETDA"]))
    next_step = "Kantornya kami ingatkan, bila tetap diam, atasannya diberi tahu. Jawabannya kami kirim."
    apology = f"{T}: maaf, belum dijawab sampai Kamis 5 Mar. {next_step}"
    assert [("step", "1"), ("apology", "2")] == notices(it)
    assert [change(1, "routed"), apology] == texts(it)
    missed = (
        "Mohon maaf, belum dijawab sampai Kamis 5 Mar. {} sudah kami ingatkan; bila tetap diam, atasannya diberi tahu."
    )
    higher = "Keterlambatan ini diteruskan ke atasan: pimpinan {}, Sekretariat Daerah."
    assert [each.format(TEXTS.unit("PUPR")) for each in (missed, higher)] == [each.text for each in it.view.steps[2:]]


def test_a_receipt_that_still_waits_at_the_breach_promises_no_date_any_more() -> None:
    *_, before, after = revised(told(REGISTERED, ROUTED, SET, clock("breached")))

    assert ("receipt", "receipt") == (before[0], after[0])
    assert "Dijawab paling lambat Kamis 5 Mar." in before[2]
    assert "Dijawab" not in after[2]


def test_a_date_that_is_past_when_the_clock_says_it_is_promised_to_nobody() -> None:
    past = clock("deadline_set", deadline_at=NOW)
    answered = clock("resumed", deadline_at=NOW)

    assert not any("Dijawab" in text for *_, text in revised(told(REGISTERED, ROUTED, past)))
    assert not any("Dijawab" in text for text in texts(told(*ASKED, ANSWERED, answered, step("acknowledged"))))


@pytest.mark.connected
async def test_missed_due_date_is_not_repeated_after_the_apology(pool: Pool, make_settings: Any) -> None:
    ticket = await complaint(pool, make_settings)
    await pool.execute("UPDATE notices SET state = 'sent', revisable = false")
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))
    story = [REGISTERED, ROUTED, SET, clock("breached"), step("acknowledged")]
    await handle([each.record for each in numbered(story[:4], ticket=ticket)])
    await handle([numbered(story, ticket=ticket)[4].record])

    told_it = await pool.fetch("SELECT kind, text FROM notices WHERE text LIKE '%Dijawab paling lambat%'")
    assert [] == told_it


@pytest.mark.parametrize("kind", ["resolved", "handed_over", "cancelled"])
def test_answered_or_ended_complaint_gets_no_apology(kind: str) -> None:
    assert [] == [key for what, key in notices(told(REGISTERED, step(kind), clock("breached"))) if what == "apology"]


def test_retracted_breach_is_corrected_and_a_new_breach_is_told() -> None:
    it = told(*LATE, clock("retracted"), clock("breached"))
    assert ["apology", "correction", "apology"] == [kind for kind, _ in notices(it)][1:]
    assert "2" == it.effects.notices[2].corrects
    assert f"{T}: ralat, batas waktu Kamis 5 Mar ternyata tidak terlewat." == texts(it)[2]
    assert ["breached", "retracted", "breached"] == page(it)


def test_a_step_of_the_ladder_that_was_none_is_corrected_on_the_page_alone() -> None:
    it = told(*LATE, clock("escalated", level=1), clock("retracted", level=1))
    assert [("step", "1"), ("apology", "2")] == notices(it)
    assert "Ralat: keterlambatan untuk Kamis 5 Mar belum diteruskan ke atasan." == it.view.steps[-1].text
    assert it.view.breached


ASKED_FOR_RIGHTS = [REGISTERED, step("closed"), step("noted", status="closed", note="rights_requested")]


def test_late_rights_request_is_apologised_for_even_on_an_ended_complaint() -> None:
    it = told(*ASKED_FOR_RIGHTS, clock("breached", "rights"), clock("escalated", "rights", level=1))
    says = "Mohon maaf, permintaan data pribadi Anda belum dijawab sampai Kamis 5 Mar."
    assert 1 == len([text for text in texts(it) if f"{T}: {says} Petugas sudah diingatkan" in text])
    assert ["breached"] == page(it)
    assert [True] == [step.own for step in it.view.steps if step.kind == "breached"]
    assert (False, None) == (it.view.breached, it.view.deadline_at)
    assert len(texts(it)[-1]) <= 160


def test_a_right_that_was_granted_in_time_after_all_takes_the_apology_back() -> None:
    it = told(*ASKED_FOR_RIGHTS, clock("breached", "rights"), clock("retracted", "rights"), clock("met", "rights"))
    assert [("apology", "3"), ("correction", "4")] == notices(it)[-2:]
    assert ["breached", "retracted"] == page(it)


def test_each_right_has_its_own_apology_and_others_complaints_show_none() -> None:
    both = told(*ASKED_FOR_RIGHTS, clock("breached", "rights"), clock("breached", "rights", deadline_at=LATER))
    assert [("apology", "3"), ("apology", "4")] == notices(both)[-2:]
    assert [] == told(*ASKED_FOR_RIGHTS, clock("breached", "rights"), service="intake-social").view.steps
    assert "breached" not in [
        each.kind for each in told(*ASKED_FOR_RIGHTS, clock("breached", "rights"), service="intake-web").view.steps
    ]


ASKED = [REGISTERED, SET, QUESTION, clock("paused", paused_until=LATER)]


def test_a_pause_and_the_new_due_date_are_on_the_page_and_told_with_the_next_change() -> None:
    waiting = told(*ASKED)
    assert waiting.view.paused
    own = TEXTS.status_line(waiting.view, T, to_reporter=True)
    assert own.endswith(" menunggu jawaban Anda (Dinas PUPR). Batas waktunya berhenti sampai Anda menjawab.")
    assert TEXTS.status_line(waiting.view, T).endswith(
        " menunggu jawaban pelapor (Dinas PUPR). Batas waktunya berhenti sementara, menunggu jawaban pelapor."
    )
    passed = told(*ASKED, clock("resumed", deadline_at=LATER), ANSWERED)  # time is up, and the router resumes
    assert (False, LATER, False) == (passed.view.paused, passed.view.deadline_at, passed.view.deadline_untold)
    assert texts(passed)[-1].endswith("Dijawab paling lambat Jumat 6 Mar.")
    assert ["paused", "resumed"] == page(passed)


def test_the_question_waits_for_the_clock_to_say_until_when_to_answer() -> None:
    text = change(2, "waiting_for_reporter", message="Di mana?")
    says = f"{text} Jawablah paling lambat Jumat 6 Mar."
    it = told(*ASKED)
    assert [(text, 10)] == [(each.text, each.after_s) for each in it.effects.notices]
    assert ("step", "2", says) == revised(it)[-1]
    assert len(says) <= 320
    line = "Batas waktunya berhenti selama menunggu jawaban pelapor. Jawablah paling lambat Jumat 6 Mar."
    assert it.view.steps[-1].text.startswith(line)


def test_a_question_for_which_no_clock_stands_is_asked_at_once_and_without_a_date() -> None:
    goes_on = step("in_progress", code="question_time_over")
    it = told(*ASKED[:3], clock("resumed"), goes_on)
    assert ["2", "4"] == [key for _, key in notices(it)]
    assert ("step", "2", texts(it)[0]) == revised(it)[-1]
    assert not any("Jawablah paling lambat" in text for text in texts(it))
    assert (
        "karena waktu bertanya sudah habis. Jawaban Anda tetap diteruskan. Dijawab paling lambat Kamis" in texts(it)[-1]
    )


def test_time_limit_of_an_earlier_question_is_not_used_for_the_next() -> None:
    again = [*ASKED, ANSWERED, clock("resumed"), QUESTION]
    assert "paling lambat" not in texts(told(*again))[-1]
    bound = clock("paused", paused_until=LATER + timedelta(days=1))
    assert "paling lambat Sabtu 7 Mar" in told(*again, bound).effects.revisions[-1].text


def test_answered_question_notice_waits_for_the_new_due_date_and_includes_it() -> None:
    (text,) = [each.text for each in told(*ASKED, ANSWERED).effects.notices if each.key == "4" and each.after_s]
    for deadline_at, day in ((LATER, "Jumat 6"), (DEADLINE, "Kamis 5")):  # also when it has not changed
        after = told(*ASKED, ANSWERED, clock("resumed", deadline_at=deadline_at))
        assert ("step", "4", f"{text} Dijawab paling lambat {day} Mar.") == revised(after)[-1]
        assert not after.view.deadline_untold
    assert [0] == [each.after_s for each in told(*ASKED, step("cancelled")).effects.notices if each.key == "4"]


@pytest.mark.parametrize("kind", ["reopened", "unmerged"])
def test_a_new_round_tells_its_due_date_also_when_all_is_read_late(kind: str) -> None:
    begun = step(kind), ROUTED, clock("deadline_set", round=2, deadline_at=LATER)
    it = told(REGISTERED, SET, step("resolved"), clock("met"), *begun)
    assert ("step", "4", f"{change(4, kind)} Dijawab paling lambat Jumat 6 Mar.") == revised(it)[-1]
    assert not it.view.deadline_untold


def test_a_moved_deadline_is_not_lost_with_work_in_progress_that_is_not_told() -> None:
    moved = [step("in_progress"), SET, clock("resumed", deadline_at=LATER), step("in_progress")]
    assert ["0", "4"] == [key for _, key in notices(told(*moved, step("acknowledged")))]
    assert told(*moved).view.deadline_untold
    assert "Dijawab paling lambat Jumat" in texts(told(*moved, step("acknowledged")))[-1]


def test_a_due_date_that_was_worked_out_again_is_told_at_once_and_once() -> None:
    again = clock("rescheduled", deadline_at=LATER)
    it = told(REGISTERED, SET, again, again, ROUTED)
    says = f"{T}: Dijawab paling lambat Jumat 6 Mar, dihitung ulang karena hari kerja atau aturannya berubah."
    assert [says, change(4, "routed")] == texts(it)
    assert not it.view.deadline_untold
    assert 2 == len(told(REGISTERED, SET, again, clock("rescheduled")).effects.notices)


@pytest.mark.parametrize("before", [[SET], [SET, step("resolved")]])
def test_a_due_date_that_stays_or_no_longer_counts_is_not_told_again(before: list[Step]) -> None:
    later = DEADLINE if len(before) == 1 else LATER
    again = told(REGISTERED, *before, clock("rescheduled", deadline_at=later))
    assert [] == [text for text in texts(again) if "dihitung ulang" in text]
    assert [] == told(REGISTERED, *before, clock("rescheduled", deadline_at=LATER), notify=False).effects.notices


def test_while_a_question_is_open_no_date_is_told_that_assumes_the_whole_pause() -> None:
    it = told(*ASKED, clock("rescheduled", deadline_at=LATER + timedelta(days=5)))
    assert (True, ["2"]) == (it.view.paused, [key for _, key in notices(it)])
    assert not any("dihitung ulang" in text for text in texts(it))
    answered = told(*ASKED, clock("rescheduled", deadline_at=LATER), ANSWERED, clock("resumed", deadline_at=LATER))
    assert answered.effects.revisions[-1].text.endswith("Dijawab paling lambat Jumat 6 Mar.")


def test_an_answer_ends_what_there_was_to_tell_of_the_deadline() -> None:
    moved = [REGISTERED, SET, clock("resumed", deadline_at=LATER)]
    assert told(*moved).view.deadline_untold
    done = told(*moved, step("resolved", message="Sudah."), step("closed"))
    assert (False, False) == (done.view.deadline_untold, any("Dijawab paling lambat" in text for text in texts(done)))


def test_the_page_knows_supports_proof_and_whose_complaint_it_was_merged_into() -> None:
    proof = Evidence(url="https://contoh.id/1.jpg", media_type="image/jpeg", sha256="0", bytes=1)
    done = [step("routed", support=["DLH"]), step("resolved", evidence=[proof])]
    assert ["DLH"] == told(*done[:1]).view.support
    assert [proof] == told(*done).view.evidence
    assert [] == told(*done, step("reopened")).view.evidence
    merged = [*done, step("merged", parent=PARENT)]
    assert PARENT == told(*merged, step("closed"), service="intake-web").view.parent
    assert told(*merged, step("unmerged")).view.parent is None


def test_merged_complaint_takes_over_the_deadline_of_its_parent_and_its_news() -> None:
    merged = [REGISTERED, SET, clock("breached"), step("merged", parent=PARENT, deadline_at=LATER, code="parent_due")]
    it = told(*merged)
    assert (LATER, False, False) == (it.view.deadline_at, it.view.breached, it.view.paused)
    assert (
        f"{T} digabung dengan laporan yang sama, {PARENT}. Dijawab paling lambat Jumat 6 Mar. Perkembangannya"
        in texts(it)[-1]
    )
    assert len(texts(it)[-1]) <= 160
    much_later = LATER + timedelta(days=3)
    moved = told(*merged, clock("resumed", deadline_at=much_later))
    assert ("deadline", "4", f"{T}: Dijawab paling lambat Senin 9 Mar.") == (*notices(moved)[-1], texts(moved)[-1])
    late = told(*merged, clock("breached", deadline_at=LATER), clock("retracted", deadline_at=LATER))
    assert ["apology", "correction"] == [kind for kind, _ in notices(late)][-2:]
    parted = told(*merged, step("unmerged"), clock("deadline_set", round=2, deadline_at=much_later))
    assert (much_later, None) == (parted.view.deadline_at, parted.view.parent)
    assert parted.effects.revisions[-1].text.endswith("Dijawab paling lambat Senin 9 Mar.")


@pytest.mark.parametrize(
    ("code", "flags", "says"),
    [
        ("parent_late", (True, False), "Maaf, belum dijawab sampai Jumat 6 Mar."),
        ("parent_paused", (False, True), "Batas waktunya berhenti sementara, menunggu jawaban pelapor."),
    ],
)
def test_merged_reporter_hears_the_state_of_the_parents_deadline(
    code: str, flags: tuple[bool, bool], says: str
) -> None:
    it = told(REGISTERED, SET, step("merged", parent=PARENT, deadline_at=LATER, code=code))
    assert flags == (it.view.breached, it.view.paused)
    assert says in texts(it)[-1]


def test_reporter_merged_during_a_question_hears_the_due_date_afterwards() -> None:
    paused = step("merged", parent=PARENT, deadline_at=LATER, code="parent_paused")
    it = told(REGISTERED, SET, paused, clock("resumed", deadline_at=LATER, status="merged"))
    assert "Dijawab paling lambat Jumat 6 Mar." in texts(it)[-1]


@pytest.mark.parametrize(
    ("late", "later", "fact"), [("breached", "resumed", "breached"), ("paused", "rescheduled", "paused")]
)
def test_delayed_clock_event_sets_the_fact_a_later_event_left_unchanged(late: str, later: str, fact: str) -> None:
    story = numbered([REGISTERED, ROUTED, SET, clock(late), clock(later)])
    for messages in (story, [*story[:3], story[4], story[3]]):
        assert getattr(shown(messages).view, fact)


def test_nobody_apologizes_for_a_breach_that_is_put_back_after_its_retraction() -> None:
    breached, retracted = clock("breached"), clock("retracted")
    story = numbered([REGISTERED, ROUTED, SET, breached, retracted])
    it = shown([*story[:3], story[4], story[3]])
    assert not {"apology", "correction"} & {kind for kind, _ in notices(it)}


@pytest.mark.parametrize(
    "since", [clock("deadline_set", round=2, deadline_at=LATER), step("merged", deadline_at=LATER, parent=PARENT)]
)
def test_a_promise_that_was_kept_after_all_says_nothing_of_another(since: Step) -> None:
    late = clock("breached", round=2, deadline_at=LATER)
    assert told(REGISTERED, SET, clock("breached"), since, late, clock("retracted")).view.breached


def test_a_code_of_a_later_version_costs_no_more_than_its_sentence() -> None:
    assert change(1, "in_progress") == change(1, "in_progress", code="not_known_yet")


def test_helpers_and_notes_are_told_in_words() -> None:
    helped = update(1, support=["DLH", "DISHUB"]).data
    says = "Dibantu Dinas Lingkungan Hidup, Dinas Perhubungan."
    assert f"{T} diteruskan ke {TEXTS.unit('PUPR', short=True)}. {says}" == TEXTS.change(helped)  # type: ignore[arg-type]
    handed = update(1, "handed_over", target="PLN", reason="jaringan listrik.", message="Baik.", contact="123").data
    assert f"{T} dilimpahkan ke PLN: jaringan listrik. Baik. Kontak: 123." == TEXTS.change(handed)  # type: ignore[arg-type]
    for note, says in [("refused", "belum dapat dipenuhi"), ("rights_requested", "3 x 24 jam"), ("else", "Baik.")]:
        assert says in TEXTS.change(update(1, "noted", note=note, message="Baik.").data)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", sorted(frozenset(UpdateKind) - CLOCK_KINDS))
@pytest.mark.parametrize("unit", ["PUPR", None])
def test_every_change_has_its_sentence(kind: str, unit: str | None) -> None:
    facts = {"message": "isi {unit}", "reason": "alasan", "target": "PLN", "parent": "SPG-W000-00004"}
    text = TEXTS.change(update(1, kind, unit=unit, **facts).data)  # type: ignore[arg-type]
    assert text.startswith(T)
    assert not [brace for brace in "{}" if brace in text.replace("isi {unit}", "")]
    assert text.isascii()
    assert "None" not in text


@pytest.mark.parametrize("code", SENTENCE_CODES)
def test_every_code_has_its_sentence(code: str) -> None:
    told = update(1, "noted", status="closed", code=code, deadline_at=DEADLINE, parent="SPG-W000-00004").data
    text = TEXTS.change(told)  # type: ignore[arg-type]
    assert (True, True, []) == (text.isascii(), len(text) > len(T) + 10, [x for x in "{}" if x in text])
    assert len(text) <= 160


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        ("routed", "reopen_open", "masih ditangani"),
        ("handed_over", "ended", "sudah dilimpahkan. Bila masih ada masalah, kirim laporan baru."),
        ("resolved", "cancel_ended", "sudah selesai ditangani, jadi tidak dapat dibatalkan."),
        ("rejected", "ended", "tidak dapat diproses. Bila masih ada masalah"),
        ("merged", "cancel_merged", "digabung dengan SPG-W000-00004 dan mengikutinya"),
    ],
)
def test_a_refusal_says_how_the_complaint_stands(status: str, code: str, says: str) -> None:
    told = update(1, "noted", status=status, note="refused", code=code, parent="SPG-W000-00004").data
    assert says in TEXTS.change(told)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", sorted(frozenset(UpdateKind) - CLOCK_KINDS))
def test_every_status_has_its_word(kind: str) -> None:
    if kind not in ("unmerged", "corrected", "noted"):
        assert kind in TEXTS.statuses


def test_a_status_in_one_line() -> None:
    lines = [
        TEXTS.status_line(None, T),
        TEXTS.status_line(ComplaintView(ticket=T), T),
        TEXTS.status_line(ComplaintView(ticket=T, status="in_progress", unit="PUPR", deadline_at=DEADLINE), T),
        TEXTS.status_line(ComplaintView(ticket=T, status="closed", unit="PUPR", deadline_at=DEADLINE), T),
        TEXTS.status_line(ComplaintView(ticket=T, status="routed", deadline_at=DEADLINE, missed=DEADLINE), T),
        TEXTS.status_line(ComplaintView(ticket=T, status="routed", deadline_at=DEADLINE, sent=FIRE), T),
    ]
    pupr = "Dinas PUPR"
    assert [
        f"Nomor {T} tidak kami temukan. Periksa lagi nomornya.",
        f"Laporan {T} diterima.",
        f"Laporan {T} sedang ditangani ({pupr}). Dijawab paling lambat Kamis 5 Mar.",
        f"Laporan {T} ditutup ({pupr}).",
        f"Laporan {T} diteruskan. Maaf, belum dijawab sampai Kamis 5 Mar.",
        f"Laporan {T} diteruskan.",
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
    steps = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))
    events = numbered([REGISTERED, ROUTED, SET, step("acknowledged")])
    for batch in (events[:2], events[1:3], events[2:]):
        await steps([each.record for each in batch])
    view, effects = (await load_decided(pool, [T]))[T]
    assert (3, [0, 1, 3], [], DEADLINE) == (view.seq, [s.seq for s in view.steps], effects.notices, view.deadline_at)
    rows = await pool.fetch("SELECT kind, key FROM notices ORDER BY id")
    assert [("step", "1"), ("step", "3")] == [(row["kind"], row["key"]) for row in rows]
    assert await pool.fetchval("SELECT registered_at FROM complaints") is not None


@pytest.mark.connected
async def test_a_citizen_is_told_also_what_a_unit_wrote_with_control_characters(pool: Pool, make_settings: Any) -> None:
    number = await complaint(pool, make_settings)
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))

    await handle([update(1, "resolved", ticket=number, message="Sudah\x00 ditambal\x1b").record])

    assert "Sudah ditambal" in await pool.fetchval("SELECT text FROM notices WHERE kind = 'step'")


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
    found = {ticket: await find_view(pool, ticket) for ticket in ("NEW", "OLD", "UNKNOWN")}
    assert {"NEW": "received", "OLD": "archived", "UNKNOWN": None} == {
        ticket: story and story.status for ticket, story in found.items()
    }


async def reporters(pool: Pool, number: str) -> int:
    count: int = await pool.fetchval("SELECT 1 + count(*) FROM stories WHERE parent = $1", number)
    return count


@pytest.mark.connected
async def test_reporters_of_the_same_are_counted_until_they_are_parted(pool: Pool) -> None:
    steps = BatchHandler(pool, story_handler("intake-web", TEXTS, notify=False))
    await steps([update(0, "merged", parent="SPG-W000-00004").record])
    assert (2, 1) == (await reporters(pool, "SPG-W000-00004"), await reporters(pool, T))
    await steps([update(1, "unmerged").record])
    assert 1 == await reporters(pool, "SPG-W000-00004")


@pytest.mark.connected
async def test_complaint_marks_are_known_before_its_story_and_for_old_stories(pool: Pool, make_settings: Any) -> None:
    sent = {"rahasia": (True, False), "anonim": (False, True), "both": (True, True), "neither": (False, False)}
    tickets = {}
    for name, (rahasia, anonim) in sent.items():
        given = Submission(channel="web", gateway="form", external_id=name, text="x", rahasia=rahasia, anonim=anonim)
        tickets[name] = (await accept(pool, make_settings(), "intake-web", given)).ticket

    async def known() -> dict[str, tuple[bool, bool]]:
        stories = await load_views(pool, list(tickets.values()))
        return {name: (stories[ticket].rahasia, stories[ticket].sent.anonim) for name, ticket in tickets.items()}

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
        hidden.append((await load_views(pool, [ticket]))[ticket].rahasia)
    assert hidden == [False, True]


@pytest.mark.connected
async def test_complaint_is_confidential_as_soon_as_its_reporter_asks(pool: Pool, make_settings: Any) -> None:
    ticket = await complaint(pool, make_settings)
    asked = FollowUp(id="1", kind="confidential", at=NOW)
    before = (await load_views(pool, [ticket]))[ticket].rahasia
    assert await follow_up(pool, make_settings(), "intake-sms", ticket, asked)
    assert [False, True] == [before, (await load_views(pool, [ticket]))[ticket].rahasia]


async def complaint(pool: Pool, make_settings: Any) -> str:
    """Take a complaint by SMS whose receipt waits a minute."""
    submission = Submission(channel="sms", gateway="kannel", external_id="mo", text="Jalan rusak", address="+62811")
    settings = make_settings(receipt_wait_s=60)
    made = await accept(pool, settings, "intake-sms", submission, lambda view: f"{view.ticket} diterima.")
    return made.ticket


async def waiting(pool: Pool) -> list[tuple[str, str, str, bool]]:
    """Return (kind, key, state, whether it is due) of every notice."""
    rows = await pool.fetch("SELECT kind, key, state, next_try_at <= now() AS due FROM notices ORDER BY id")
    return [tuple(row) for row in rows]


TAKEN = step("registered", unit=None, lane=None)
TOLD = "Terima kasih, laporan {} kami teruskan ke Dinas PUPR. Dijawab paling lambat Kamis 5 Mar. Cek: STATUS"


@pytest.mark.connected
@pytest.mark.parametrize("story", [[TAKEN, ROUTED, SET], [TAKEN, SET, ROUTED]])
async def test_one_message_confirms_it_and_says_who_has_it_and_until_when(
    pool: Pool, make_settings: Any, story: list[Step]
) -> None:
    ticket = await complaint(pool, make_settings)
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))
    events = numbered(story, ticket=ticket)
    await handle([each.record for each in events[:2]])
    assert [("receipt", "", "pending", False)] == await waiting(pool)
    for _ in range(2):
        await handle([events[2].record])
    assert [("receipt", "", "pending", True)] == await waiting(pool)
    assert TOLD.format(ticket) == await pool.fetchval("SELECT text FROM notices")


@pytest.mark.connected
async def test_unit_assignment_is_sent_separately_when_the_receipt_is_gone(pool: Pool, make_settings: Any) -> None:
    ticket = await complaint(pool, make_settings)
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))
    await pool.execute("UPDATE notices SET state = 'sent', revisable = false")
    for event in numbered([TAKEN, SET, ROUTED], ticket=ticket):
        await handle([event.record])
    assert ["receipt", "step"] == [kind for kind, *_ in await waiting(pool)]
    told = await pool.fetchval("SELECT text FROM notices WHERE kind = 'step'")
    assert f"{change(2, 'routed', ticket=ticket)} Dijawab paling lambat Kamis 5 Mar." == told


@pytest.mark.connected
async def test_complaint_handed_over_at_once_promises_no_due_date(pool: Pool, make_settings: Any) -> None:
    ticket = await complaint(pool, make_settings)
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))
    away = step("handed_over", target="PLN", reason="listrik diurus PLN", unit="DISKOMINFO")
    await handle([each.record for each in numbered([TAKEN, SET, away], ticket=ticket)])
    assert [("receipt", "", "pending", True)] == await waiting(pool)
    text = await pool.fetchval("SELECT text FROM notices")
    assert f"Terima kasih atas laporan Anda. {ticket} dilimpahkan ke PLN: listrik diurus PLN." == text


def test_in_danger_who_has_it_is_told_behind_whom_to_call() -> None:
    before = {T: Decided(ComplaintView(ticket=T, sent=FIRE))}
    (message_,) = numbered([ROUTED])
    after, _ = build_decide("intake-sms", TEXTS, notify=True, wait_s=10)(before, message_, NOW)
    assert ([], [False]) == (after[T].effects.revisions, [each.in_receipt for each in after[T].effects.notices])


@pytest.mark.connected
@pytest.mark.parametrize(("wait_s", "together"), [(60, True), (60, False), (0, False)])
async def test_a_due_date_goes_with_its_notice_or_with_the_next_change(
    pool: Pool, make_settings: Any, wait_s: float, together: bool
) -> None:
    ticket = await complaint(pool, make_settings)
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True, wait_s=wait_s))
    story = [*ASKED, ANSWERED, clock("resumed", deadline_at=LATER), step("acknowledged")]
    records = [each.record for each in numbered(story, ticket=ticket)]
    for batch in [records] if together else [[record] for record in records]:
        await handle(batch)
    rows = await pool.fetch("SELECT kind, key, text FROM notices ORDER BY id")
    told_it = [row["key"] for row in rows if row["text"].endswith("Dijawab paling lambat Jumat 6 Mar.")]
    assert (["4"] if wait_s else ["6"]) == told_it


@pytest.mark.connected
async def test_due_date_missing_from_a_sent_receipt_follows_with_the_next_change(
    pool: Pool, make_settings: Any
) -> None:
    ticket = await complaint(pool, make_settings)
    await pool.execute("UPDATE notices SET state = 'sent', revisable = false")
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))
    for each in numbered([REGISTERED, SET, ROUTED], ticket=ticket):
        await handle([each.record])
    text = await pool.fetchval("SELECT text FROM notices WHERE kind = 'step'")
    assert text.endswith("Dijawab paling lambat Kamis 5 Mar.")
    assert not (await load_views(pool, [ticket]))[ticket].deadline_untold


@pytest.mark.connected
@pytest.mark.parametrize("state", ["sent", "pending", "dropped"])
async def test_kept_deadline_is_corrected_once_for_recipients_of_the_apology(
    pool: Pool, make_settings: Any, state: str
) -> None:
    ticket = await complaint(pool, make_settings)
    handle = BatchHandler(pool, story_handler("intake-sms", TEXTS, notify=True))
    story = [REGISTERED, SET, clock("breached"), step("resolved", message="Sudah."), clock("retracted"), clock("met")]
    events = [each.record for each in numbered(story, ticket=ticket)]
    await handle(events[:3])
    await pool.execute("UPDATE notices SET state = $1 WHERE kind = 'apology'", state)
    for record in events[3:]:
        await handle([record])
        await handle([record])
    rows = await pool.fetch("SELECT text FROM notices WHERE kind = 'correction'")
    said = f"{ticket}: ralat, batas waktu Kamis 5 Mar ternyata tidak terlewat."
    assert ([] if state == "dropped" else [said]) == [row["text"] for row in rows]


def test_a_step_of_a_kind_that_came_later_is_passed_over_and_the_next_one_told() -> None:
    before, newer = [update(0, "registered"), update(1)], update(2, "praised")
    assert shown(before) == shown([*before, newer])
    it = shown([*before, newer, update(3, "resolved")])
    assert [0, 1, 3] == [step.seq for step in it.view.steps]
    assert "resolved" == it.view.status


def test_a_status_or_a_note_that_came_later_is_shown_as_it_is() -> None:
    it = shown([update(0, "registered"), update(1, "noted", status="praised", note="praised", message="Baik.")])
    assert "praised" == it.view.status
    assert f"{T} praised" in TEXTS.status_line(it.view, T)
    assert texts(it)[-1].endswith("Baik.")


@pytest.mark.parametrize(("after_s", "revisions"), [(5, 2), (3600, 1)])
def test_a_date_that_changes_within_moments_is_told_with_the_receipt(after_s: int, revisions: int) -> None:
    received = NOW + timedelta(minutes=1) - timedelta(seconds=after_s)
    it = shown(numbered([SET, clock("rescheduled", deadline_at=LATER)], received_at=received))
    assert (revisions, 2 - revisions) == (len(it.effects.revisions), len(it.effects.notices))


def test_an_answer_within_moments_is_told_with_its_date_and_not_as_a_receipt() -> None:
    steps = [SET, QUESTION, clock("paused", paused_until=LATER), ANSWERED, clock("resumed", deadline_at=LATER)]
    it = shown(numbered(steps, received_at=NOW + timedelta(minutes=4)))
    assert ["receipt", "step", "step"] == [kind for kind, _, _ in revised(it)]


def test_reporter_in_danger_is_told_no_due_date() -> None:
    before = {T: Decided(ComplaintView(ticket=T, sent=FIRE))}
    (message_,) = numbered([SET])
    after, _ = build_decide("intake-sms", TEXTS, notify=True, wait_s=10)(before, message_, NOW)
    assert DEADLINE == after[T].view.deadline_at
    assert ([], []) == (after[T].effects.revisions, after[T].effects.notices)


def test_a_date_is_told_again_once_a_person_has_looked_and_found_no_danger() -> None:
    looked = step("corrected", note="urgency_changed", urgency="sedang", reason="Apinya sudah padam")
    stories = {T: Decided(ComplaintView(ticket=T, sent=FIRE))}
    said = []
    steps = [ROUTED, SET, looked, clock("rescheduled", deadline_at=LATER)]
    for each in numbered(steps, received_at=NOW - timedelta(hours=1)):
        stories, _ = build_decide("intake-sms", TEXTS, notify=True, wait_s=10)(stories, each, NOW)
        view, effects = stories[T]
        stories = {T: Decided(msgspec.structs.replace(view, sent=FIRE), effects)}  # it is not stored
        said.append(stories[T].view.undated)
    assert [True, True, False, False] == said
    assert ("deadline", True) == (effects.notices[-1].kind, "paling lambat" in effects.notices[-1].text)
    assert "paling lambat" in TEXTS.status_line(view, T)


def test_complaint_that_became_an_emergency_is_told_no_due_date() -> None:
    urgent = step("acknowledged", urgency="darurat")
    it = told(ROUTED, SET, urgent, clock("rescheduled", deadline_at=LATER))
    calm = told(ROUTED, SET, step("acknowledged"), clock("rescheduled", deadline_at=LATER))
    assert it.view.undated
    assert ("paling lambat" in TEXTS.status_line(it.view, T), "paling lambat" in TEXTS.status_line(calm.view, T)) == (
        False,
        True,
    )
    assert ("deadline" in dict(notices(it)), "deadline" in dict(notices(calm))) == (False, True)


def test_receipt_for_despair_names_the_helpline_and_avoids_the_word_laporan() -> None:
    text = TEXTS.receipt("intake-sms", ComplaintView(ticket=T, sent=SentWith(danger=["despair"])))
    assert "laporan" not in text.lower()
    assert (T in text, "119" in text) == (True, True)


def test_resolved_notice_and_bad_rating_answer_state_the_reopening_deadline() -> None:
    done = step("resolved", message="Sudah.")
    rated = step("noted", status="resolved", note="rating", code="rated_resolved")
    it = told(ROUTED, done, clock("deadline_set", "closing", deadline_at=LATER), rated)
    assert ("step", "1", f"{change(1, 'resolved', message='Sudah.')} Paling lambat Jumat 6 Mar.") == revised(it)[-1]
    assert [0, 10, 0] == [each.after_s for each in it.effects.notices]
    assert texts(it)[-1].endswith(f"Balas BUKA {T}. Paling lambat Jumat 6 Mar.")
    assert "Paling lambat" not in texts(told(ROUTED, done))[-1]


def test_bad_rating_answer_explains_the_appeal_and_its_deadline_in_one_sms() -> None:
    rated = step("noted", status="resolved", note="rating", code="rated_bad")
    done = step("resolved", message="Sudah.")
    text = texts(told(ROUTED, done, clock("deadline_set", "closing", deadline_at=LATER), rated))[-1]
    assert ("KEBERATAN " + T in text, "BUKA " + T in text, text.endswith("Paling lambat Jumat 6 Mar.")) == (True,) * 3
    assert 160 >= len(text) + len("Minggu 12 Des.") - len("Jumat 6 Mar.")


APPEALED = step("appealed", status="appealed", unit="SETDA", lane="triage")


def test_appeal_names_its_decider_and_drops_the_earlier_due_date() -> None:
    late = clock("breached")
    it = told(ROUTED, SET, step("resolved", message="Sudah."), APPEALED, late)
    assert "keberatan Anda diperiksa Sekretariat Daerah, diputuskan paling lama 5 hari kerja." in texts(it)[-1]
    assert "paling lambat" not in TEXTS.status_line(it.view, T)
    assert [] == [kind for kind, _ in notices(it) if kind == "apology"]


@pytest.mark.parametrize(
    ("kind", "note", "says"),
    [
        ("noted", "appeal_acknowledged", "sudah dibaca Sekretariat Daerah"),
        ("reopened", "appeal_upheld", "keberatan Anda diterima, laporan dibuka kembali. Tambal semua."),
        ("closed", "appeal_dismissed", "keberatan Anda tidak diterima, laporan ditutup. Tambal semua."),
        ("in_progress", "undone", "ralat, kabar terakhir kami batalkan. Laporan masih ditangani Sekretariat Daerah"),
        ("corrected", "urgency_changed", "kami menilai ulang seberapa mendesak laporan ini: Dilewati anak sekolah."),
        ("noted", "instructed", "atasan meminta Sekretariat Daerah menyelesaikannya"),
        ("noted", "party_answered", "jawaban PLN: Tambal semua."),
    ],
)
def test_why_a_step_was_taken_is_told_in_the_words_for_that(kind: str, note: str, says: str) -> None:
    facts: dict[str, Any] = {"message": "Tambal semua."}
    if note == "party_answered":
        facts["target"] = "PLN"
    if kind == "corrected":
        facts = {"reason": "Dilewati anak sekolah"}
    it = told(ROUTED, APPEALED, step(kind, note=note, unit="SETDA", lane="unit", **facts))
    assert says in texts(it)[-1]


def test_a_step_that_takes_back_another_names_it() -> None:
    it = told(REGISTERED, ROUTED, step("resolved", message="Sudah."), step("in_progress", note="undone"))
    assert [("2", ""), ("3", "2")] == [(each.key, each.undoes) for each in it.effects.notices[-2:]]


def test_undo_takes_back_the_last_change_and_skips_notes() -> None:
    noted = step("noted", note="addition", code="passed_on", status="resolved")
    it = told(REGISTERED, ROUTED, step("resolved", message="Sudah."), noted, step("in_progress", note="undone"))
    assert ("4", "2") == (it.effects.notices[-1].key, it.effects.notices[-1].undoes)


def test_an_addition_that_was_confirmed_is_on_the_page_and_told_to_nobody_again() -> None:
    facts: dict[str, Any] = {"note": "addition", "status": "routed"}
    it = told(ROUTED, step("noted", code="passed_on_told", **facts), step("noted", code="passed_on", **facts))
    assert ["0", "2"] == [key for _, key in notices(it)]
    assert 3 == len(it.view.steps)


@pytest.mark.parametrize("service", ["intake-sms", "intake-social", "intake-web"])
def test_support_count_is_stored_without_notifying_anybody(service: str) -> None:
    supported = step("noted", status="routed", note="supported", supporters=3)

    it = told(REGISTERED, ROUTED, supported, service=service)

    without = told(REGISTERED, ROUTED, service=service)
    assert (3, 2, "routed") == (it.view.supporters, it.view.seq, it.view.status)
    assert (without.view.steps, without.effects.notices) == (it.view.steps, it.effects.notices)


@pytest.mark.parametrize("service", ["intake-sms", "intake-social", "intake-web"])
def test_helping_unit_is_stored_without_notifying_anybody(service: str) -> None:
    asked = step("noted", status="routed", unit="PUPR", support=["DLH"], note="help_asked", by="PUPR")

    it = told(REGISTERED, ROUTED, asked, service=service)

    without = told(REGISTERED, ROUTED, service=service)
    assert (["DLH"], 2, "routed") == (it.view.support, it.view.seq, it.view.status)
    assert (without.view.steps, without.view.pending) == (it.view.steps, it.view.pending)
    assert without.effects.notices == it.effects.notices


def test_a_later_step_of_fewer_supporters_takes_none_away() -> None:
    it = told(REGISTERED, step("routed", supporters=4), step("acknowledged", supporters=2))

    assert 4 == it.view.supporters


def test_result_to_be_confirmed_says_so_until_confirmed_or_reopened() -> None:
    done = step("resolved", message="Sudah.", note="to_confirm")
    waits = told(ROUTED, done)
    confirmed = told(ROUTED, done, step("noted", status="resolved", note="confirmed"))
    again = told(ROUTED, done, step("reopened", note="not_confirmed"), step("routed"))

    assert [True, False, False] == [it.view.to_confirm for it in (waits, confirmed, again)]
    assert "Petugas lain memeriksa hasilnya" in texts(waits)[-1]
    assert [True, False] == ["Petugas lain memeriksa" in TEXTS.how_it_stands(it.view) for it in (waits, confirmed)]
    assert "belum sesuai" in texts(again)[-2]
