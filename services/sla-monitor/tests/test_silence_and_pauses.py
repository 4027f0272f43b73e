"""Clocks beside the promise to citizens: silent units, questions, and the recipients of a breach."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from told import MONDAY, SECONDS, SOPPENG, Step, story, told, walk, wita

from contracts.events import SlaBreached, SlaUpdated
from sla_monitor.clock import decide, due
from sla_monitor.handlers import to_emit
from sla_monitor.state import FirstResponse


def test_silent_unit_is_reported_after_a_working_day_and_then_escalated() -> None:
    events = story(SOPPENG, ("registered", MONDAY), ("routed/unit", MONDAY), until=wita("2026-02-06T00:00"))
    assert told(events, "acknowledgement") == [
        ("breached", "02-04 00:00"),
        ("escalated", "02-05 00:00"),
        ("escalated", "02-06 00:00"),
    ]
    assert [e.escalate_to for e in events if e.running.stage == "acknowledgement"] == [(), ("head",), ("SETDA",)]


@pytest.mark.parametrize("kind", ["acknowledged", "in_progress", "waiting_for_reporter", "resolved", "handed_over"])
def test_a_word_in_time_is_enough_and_needs_no_announcement(kind: str) -> None:
    steps = [("registered", MONDAY), ("routed/unit", MONDAY), (kind, wita("2026-02-03T16:00"))]
    assert told(story(SOPPENG, *steps, until=wita("2026-02-20T00:00")), "acknowledgement") == []


def test_a_unit_that_got_it_later_has_its_own_day() -> None:
    steps = [("registered", MONDAY), ("routed/triage", MONDAY), ("routed/unit", wita("2026-02-03T15:00"))]
    events = story(SOPPENG, *steps, until=wita("2026-02-05T00:00"))
    assert told(events, "acknowledgement") == [("breached", "02-05 00:00")]


def test_unassigned_complaint_is_reported_and_escalated() -> None:
    events = story(SOPPENG, ("registered", MONDAY), until=wita("2026-02-07T00:00"))
    assert told(events, "disposition") == [("breached", "02-06 00:00"), ("escalated", "02-07 00:00")]
    assert events[-1].escalate_to == ("SETDA",)


def test_triage_that_leaves_it_lying_is_reported_though_it_said_a_word() -> None:
    steps = [("registered", MONDAY), ("routed/triage", MONDAY), ("acknowledged", MONDAY)]
    events = story(SOPPENG, *steps, until=wita("2026-02-06T00:00"))
    assert told(events, "disposition") == [("breached", "02-06 00:00")]
    assert told(events, "acknowledgement") == []


def test_a_returned_complaint_must_be_given_away_again() -> None:
    steps = [
        ("registered", MONDAY), ("routed/unit", MONDAY), ("returned", wita("2026-02-04T10:00")),
        ("routed/triage", wita("2026-02-04T10:00")),
    ]  # fmt: skip
    events = story(SOPPENG, *steps, until=wita("2026-02-10T00:00"))
    assert told(events, "disposition") == [("breached", "02-10 00:00")]
    ids = [to_emit(event).event_id for event in events]
    assert len(set(ids)) == len(ids)


def test_a_question_stops_the_clock_and_the_answer_gives_a_new_deadline() -> None:
    steps = [
        ("registered", MONDAY), ("routed/unit", MONDAY), ("waiting_for_reporter", wita("2026-02-03T10:00")),
        ("in_progress", wita("2026-02-05T09:00")),
    ]  # fmt: skip
    events = [e for e in story(SOPPENG, *steps) if e.running.stage == "completion"]
    assert [(e.kind, e.reason) for e in events[1:]] == [
        ("paused", "menunggu jawaban pelapor"),
        ("resumed", "pelapor menjawab"),
    ]
    # Asked on the 3rd, at most five working days: to the end of the 10th. The three days would be the 11th to the 13th.
    assert events[1].running.paused_until == wita("2026-02-11T00:00")
    assert [e.running.deadline_at for e in events] == [
        wita("2026-02-06T00:00"), wita("2026-02-14T00:00"), wita("2026-02-10T00:00")
    ]  # fmt: skip


def test_pause_for_an_unanswered_question_ends_after_its_limit_of_working_days() -> None:
    start = wita("2026-03-16T10:00")
    steps = [("registered", start), ("routed/unit", start), ("waiting_for_reporter", wita("2026-03-17T10:00"))]
    events = story(SOPPENG, *steps, until=wita("2026-04-08T00:00"))
    # The bound: 25, 26, 27, 30, 31 March. Then 1, 2, 6 April: Friday the 3rd is Wafat Yesus Kristus.
    assert told(events, "completion")[1:5] == [
        ("paused", "03-17 10:00"),
        ("resumed", "04-01 00:00"),
        ("warned", "04-06 02:24"),
        ("breached", "04-07 00:00"),
    ]
    assert "batas waktu menjawab lewat" in [e.reason for e in events]


def test_nothing_rings_while_the_clock_stands_still() -> None:
    steps = [("registered", MONDAY), ("routed/unit", MONDAY), ("waiting_for_reporter", wita("2026-02-03T10:00"))]
    clock, _ = walk(SOPPENG, *steps)
    assert [e for e in due(clock, wita("2026-02-10T23:59"), SOPPENG)[1] if e.running.stage == "completion"] == []


def test_an_answer_by_the_unit_ends_the_pause_and_is_in_time() -> None:
    steps = [("registered", MONDAY), ("waiting_for_reporter", MONDAY), ("resolved", wita("2026-02-06T10:00"))]
    events = story(SOPPENG, *steps)
    assert [kind for kind, _ in told(events, "completion")] == ["started", "paused", "met"]


def test_a_question_after_the_breach_pauses_the_ladder_and_ends_too() -> None:
    t0 = wita("2026-02-02T09:00:00")
    asked = t0 + timedelta(seconds=30)
    events = story(SECONDS, ("registered", t0), ("waiting_for_reporter", asked), until=t0 + timedelta(seconds=70))
    seconds = [(e.kind, (e.at - t0).total_seconds()) for e in events]
    assert seconds[2:] == [
        ("breached", 25), ("paused", 30), ("resumed", 50), ("escalated", 55), ("escalated", 70)
    ]  # fmt: skip


def test_the_ladder_is_climbed_in_order_and_not_at_once_after_a_question() -> None:
    steps = [
        ("registered", MONDAY), ("routed/unit", MONDAY), ("acknowledged", MONDAY),
        ("waiting_for_reporter", wita("2026-02-09T10:00")), ("in_progress", wita("2026-02-13T12:00")),
    ]  # fmt: skip
    events = story(SOPPENG, *steps, until=wita("2026-03-01T00:00"))
    # The 9th to the 12th stood still and Imlek is on the 16th and 17th, so the third day is the 18th.
    assert told(events, "completion")[2:] == [
        ("breached", "02-06 00:00"), ("escalated", "02-07 00:00"), ("paused", "02-09 10:00"),
        ("resumed", "02-13 12:00"), ("escalated", "02-19 00:00"), ("escalated", "02-21 00:00"),
    ]  # fmt: skip
    levels = [e.running.level for e in events if e.kind == "escalated" and e.running.stage == "completion"]
    assert levels == [1, 2, 3]


def test_two_pauses_of_one_deadline_are_two_announcements() -> None:
    t0 = wita("2026-02-02T09:00")
    moments = [t0 + timedelta(hours=n) for n in range(5)]
    kinds = ["registered", "waiting_for_reporter", "in_progress", "waiting_for_reporter", "in_progress"]
    events = story(SOPPENG, *zip(kinds, moments, strict=True))
    assert [kind for kind, _ in told(events, "completion")] == ["started", "paused", "resumed", "paused", "resumed"]
    assert len({to_emit(event).event_id for event in events}) == len(events)


def test_all_questions_of_a_round_share_one_bound() -> None:
    days = ["02-02", "02-03", "02-04", "02-05", "02-06", "02-09", "02-10", "02-11", "02-12", "02-13"]
    steps = [("registered", MONDAY), ("routed/unit", MONDAY)]
    for asked, answered in itertools.pairwise(days):  # a question each day at 10, answered the next day at 9
        steps += [
            ("waiting_for_reporter", wita(f"2026-{asked}T10:00")),
            ("in_progress", wita(f"2026-{answered}T09:00")),
        ]
    events = story(SOPPENG, *steps, until=wita("2026-02-13T00:00"))
    said = told(events, "completion")
    # The first question's day and five more, to the end of the 9th, then three days: the 10th to the 12th.
    assert [at for kind, at in said if kind == "paused"][-1] == "02-09 10:00"
    assert ("resumed", "02-10 00:00") in said
    assert said[-1] == ("breached", "02-13 00:00")


def test_later_question_gets_only_the_pause_time_left_by_earlier_ones() -> None:
    t0 = wita("2026-02-02T09:00")
    moments = [t0 + timedelta(seconds=n) for n in (0, 5, 17, 20)]
    kinds = ["registered", "waiting_for_reporter", "in_progress", "waiting_for_reporter"]
    events = story(SECONDS, *zip(kinds, moments, strict=True), until=t0 + timedelta(seconds=29))
    assert [(e.kind, (e.at - t0).total_seconds()) for e in events][-2:] == [("paused", 20), ("resumed", 28)]


def test_another_unit_finds_the_bound_used_and_another_round_has_a_new_one() -> None:
    asked, late = wita("2026-02-02T10:00"), wita("2026-02-10T10:00")
    steps = [
        ("registered", MONDAY), ("routed/unit", MONDAY), ("waiting_for_reporter", asked), ("in_progress", late),
        ("routed/unit", late), ("waiting_for_reporter", late + timedelta(hours=1)),
    ]  # fmt: skip
    clock, _ = walk(SOPPENG, *steps)
    assert [each.stage for each in clock.running if each.paused_until] == []
    again = [("resolved", late + timedelta(hours=2)), ("reopened", late + timedelta(hours=3))]
    again += [("routed/unit", late + timedelta(hours=3)), ("waiting_for_reporter", late + timedelta(hours=4))]
    clock, _ = walk(SOPPENG, *steps, *again)
    assert [each.stage for each in clock.running if each.paused_until] == ["completion", "follow-up"]


def test_a_question_that_came_to_light_late_takes_the_breach_back() -> None:
    clock, _ = walk(SECONDS, ("registered", MONDAY))
    clock, _ = due(clock, MONDAY + timedelta(seconds=27), SECONDS)
    asked = MONDAY + timedelta(seconds=20)
    clock, events = decide(clock, Step(1, "waiting_for_reporter", MONDAY), asked, SECONDS)
    assert [e.kind for e in events] == ["retracted", "paused", "upheld"]


def test_a_breach_after_one_that_was_taken_back_is_another_announcement() -> None:
    clock, _ = walk(SECONDS, ("registered", MONDAY))
    clock, events = due(clock, MONDAY + timedelta(seconds=40), SECONDS)
    asked = MONDAY + timedelta(seconds=20)
    for seq, kind in enumerate(["waiting_for_reporter", "in_progress"], 1):  # at once: the deadline stays
        clock, new = decide(clock, Step(seq, kind, MONDAY), asked, SECONDS)
        events += new
    _, new = due(clock, MONDAY + timedelta(seconds=40), SECONDS)
    events += new
    again = ["breached", "escalated"]
    assert [e.kind for e in events] == ["warned", *again, "retracted", "paused", "upheld", "resumed", "upheld", *again]
    assert len({e.running.deadline_at for e in events if e.kind == "breached"}) == 1
    assert len({to_emit(e).event_id for e in events}) == len(events)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("in_progress", "pelapor menjawab"), ("acknowledged", "penanganan dilanjutkan"),
        ("routed/unit", "diteruskan ke unit lain"), ("returned", "dikembalikan unit"),
    ],
)  # fmt: skip
def test_only_an_answer_is_called_one(kind: str, reason: str) -> None:
    asked = MONDAY + timedelta(hours=1)
    steps = [("registered", MONDAY), ("waiting_for_reporter", asked), (kind, asked + timedelta(hours=1))]
    events = story(SOPPENG, *steps)
    assert [e.reason for e in events if e.kind == "resumed"] == [reason]


@pytest.mark.parametrize(("seconds", "goes_on"), [(9, []), (15, ["resumed", "warned"])])
def test_an_answer_that_was_put_back_ends_the_pause_it_came_after(seconds: int, goes_on: list[str]) -> None:
    """The step put back is step 1, before the question, or step 3, after it."""
    t0 = MONDAY
    late = 3 if goes_on else 1
    story_ = [
        Step(0, "registered", t0), Step(1, "acknowledged", t0), Step(2, "waiting_for_reporter", t0),
        Step(3, "in_progress" if goes_on else "noted", t0), Step(4, "noted", t0),
    ]  # fmt: skip
    clock = None
    for step in [*(step for step in story_ if step.seq != late), story_[late]]:
        at = t0 + timedelta(seconds=seconds if step.seq == late else 5 * step.seq)
        clock, events = decide(clock, step, at, SECONDS)
    assert clock is not None
    assert [e.kind for e in events] == goes_on
    assert [r.paused_until is None for r in clock.running] == [bool(goes_on)]
    assert clock.running[0].deadline_at == t0 + timedelta(seconds=30 if goes_on else 45)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [("handed_over", "dilimpahkan"), ("merged", "digabung dengan laporan lain"), ("cancelled", "dibatalkan pelapor")],
)
def test_stopped_clock_gives_its_reason(kind: str, reason: str) -> None:
    events = story(SOPPENG, ("registered", MONDAY), (kind, MONDAY + timedelta(hours=1)))
    assert [("stopped", reason)] == [(e.kind, e.reason) for e in events if e.kind != "started"]
    data = to_emit(events[-1]).data
    assert isinstance(data, SlaUpdated)
    assert data.reason == reason


def test_a_breach_names_who_hears_of_it() -> None:
    events = story(SECONDS, ("registered", MONDAY), until=MONDAY + timedelta(seconds=70))
    breaches = [data for event in events if isinstance(data := to_emit(event).data, SlaBreached)]
    assert [(b.level, b.escalate_to) for b in breaches] == [(0, []), (1, ["head"]), (2, ["SETDA"]), (3, ["BUPATI"])]
    assert len({to_emit(event).event_id for event in events}) == len(events)


@pytest.mark.parametrize(
    ("steps", "since"),
    [
        (["registered"], 0), (["registered", "routed/unit"], 1), (["registered", "routed/unit", "acknowledged"], None),
        (["registered", "routed/unit", "noted/addition"], 1), (["registered", "routed/unit", "corrected"], 1),
        (["registered", "routed/unit", "resolved"], None), (["registered", "merged"], None),
        (["registered", "routed/unit", "returned", "routed/triage"], 3),
    ],
)  # fmt: skip
def test_holder_owes_a_reply_from_the_moment_it_gets_the_complaint(steps: list[str], since: int | None) -> None:
    moments = [MONDAY + timedelta(minutes=n) for n in itertools.islice(itertools.count(), len(steps))]
    clock, _ = walk(SOPPENG, *zip(steps, moments, strict=True))
    assert clock.waiting_since == (None if since is None else moments[since])


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("acknowledged", True), ("in_progress", True), ("waiting_for_reporter", True), ("resolved", True),
        ("returned", True), ("cancelled", False), ("handed_over", False), ("merged", False), ("noted/addition", False),
    ],
)  # fmt: skip
def test_only_what_a_unit_says_is_its_word(kind: str, word: bool) -> None:
    said_at = MONDAY + timedelta(hours=7)
    clock, _ = walk(SOPPENG, ("registered", MONDAY), ("routed/unit", MONDAY), (kind, said_at))
    assert clock.word == (FirstResponse(unit="PUPR", at=said_at, after_s=7 * 3600) if word else None)


def test_a_word_is_timed_in_working_time_and_the_next_unit_has_its_own() -> None:
    friday, monday = wita("2026-02-06T20:00"), wita("2026-02-09T02:00")
    steps = [("registered", friday), ("routed/unit", friday), ("acknowledged", monday), ("in_progress", monday)]
    clock, _ = walk(SOPPENG, *steps)
    assert clock.word == FirstResponse(unit="PUPR", at=monday, after_s=6 * 3600)


@pytest.mark.parametrize(
    ("at", "risk"), [("02-04T10:00", None), ("02-05T10:00", "at_risk"), ("02-06T10:00", "overdue")]
)
def test_a_promise_is_at_risk_from_the_warning_to_the_deadline(at: str, risk: str | None) -> None:
    clock, _ = walk(SOPPENG, ("registered", MONDAY), ("routed/unit", MONDAY), ("acknowledged", MONDAY))
    clock, _ = due(clock, wita(f"2026-{at}"), SOPPENG)
    assert clock.risk == risk
    asked = wita("2026-02-05T11:00")
    if risk == "at_risk":
        assert decide(clock, Step(3, "waiting_for_reporter", MONDAY), asked, SOPPENG)[0].risk is None
    assert decide(clock, Step(3, "resolved", MONDAY), wita("2026-02-07T00:00"), SOPPENG)[0].risk is None
