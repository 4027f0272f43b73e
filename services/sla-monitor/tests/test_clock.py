"""The clocks' announcements: one test for each rule, then any story in any rhythm of ticks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import SECONDS, SOPPENG

from kabupaten.calendar import Calendar
from kabupaten.sla import Policy
from sla_monitor.clock import decide
from sla_monitor.clock import due as due_by
from sla_monitor.handlers import to_emit
from sla_monitor.rules import Rules
from sla_monitor.state import ComplaintClock, SlaEvent

#: completion 25 s, warned at 12.5 s; closing 30 s
RULES = SECONDS
T0 = datetime(2026, 3, 17, 2, 0, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


@dataclass(frozen=True)
class Step:
    seq: int
    kind: str
    time: datetime
    complaint_id: str = "c1"
    ticket: str = "SPG-W000-0000K"
    received_at: datetime = T0
    unit: str | None = "PUPR"
    lane: str | None = "unit"
    type: str | None = None
    urgency: str | None = None
    category: str | None = None
    note: str | None = None


def due(clock: ComplaintClock, now: datetime, rules: Rules = RULES) -> tuple[ComplaintClock, list[SlaEvent]]:
    return due_by(clock, now, rules)


def story(*steps: tuple[str, float], rules: Rules = RULES) -> tuple[ComplaintClock, list[SlaEvent]]:
    clock: ComplaintClock | None = None
    events: list[SlaEvent] = []
    for seq, (kind, seconds) in enumerate(steps):
        clock, new = decide(clock, Step(seq, kind, at(seconds)), at(seconds), rules)
        events += new
    assert clock is not None
    return clock, events


def told(events: list[SlaEvent]) -> list[tuple[str, str, int, float]]:
    return [(e.kind, e.running.stage, e.running.round, (e.at - T0).total_seconds()) for e in events]


STARTED = ("started", "completion", 1, 0)


def test_a_registered_complaint_starts_its_completion_from_the_receipt() -> None:
    clock, events = story(("registered", 3))
    assert told(events) == [STARTED]
    event = events[0]
    assert (at(25), at(12.5)) == (event.running.deadline_at, event.running.warn_at)
    assert (event.clock.policy, event.clock.seq, event.clock.unit, event.clock.lane) == (
        "peragaan-detik",
        0,
        "PUPR",
        "unit",
    )
    assert at(12.5) == clock.next_due_at


def test_resolved_at_the_very_deadline_is_met_and_closing_starts() -> None:
    clock, events = story(("registered", 0), ("routed", 1), ("resolved", 25))
    assert told(events) == [
        STARTED,
        ("warned", "completion", 1, 12.5),
        ("met", "completion", 1, 25),
        ("started", "closing", 1, 25),
    ]
    assert at(55) == clock.next_due_at


def test_resolved_a_moment_late_is_breached_first_then_stopped() -> None:
    _, events = story(("registered", 0), ("resolved", 25.000001))
    assert told(events) == [
        STARTED,
        ("warned", "completion", 1, 12.5),
        ("breached", "completion", 1, 25),
        ("stopped", "completion", 1, 25.000001),
        ("started", "closing", 1, 25.000001),
    ]


def test_a_breach_announced_by_the_timer_is_not_announced_again() -> None:
    clock, _ = story(("registered", 0))
    clock, first = due(clock, at(30))
    clock, again = due(clock, at(31))
    clock, late = decide(clock, Step(1, "resolved", at(34)), at(34), RULES)
    assert [(kind, when) for kind, _, _, when in told(first)] == [("warned", 12.5), ("breached", 25)]
    assert again == []
    assert told(late) == [("stopped", "completion", 1, 34), ("started", "closing", 1, 34)]


def test_nothing_is_warned_or_breached_a_moment_too_early() -> None:
    clock, _ = story(("registered", 0))
    assert due(clock, at(12.499999))[1] == []
    assert [e.kind for e in due(clock, at(24.999999))[1]] == ["warned"]
    assert [e.kind for e in due(clock, at(25))[1]] == ["warned", "breached"]


def test_a_breach_that_lasts_climbs_the_ladder_and_then_waits_for_an_update_only() -> None:
    clock, _ = story(("registered", 0))
    clock, events = due(clock, at(1000))
    climbed = [(e.running.level, e.escalate_to, when[3]) for e, when in zip(events, told(events), strict=True)]
    assert climbed[2:] == [(1, ("head",), 35), (2, ("SETDA",), 50), (3, ("BUPATI",), 65)]
    assert clock.next_due_at is None


def test_an_answer_ends_the_ladder() -> None:
    clock, events = story(("registered", 0), ("resolved", 40))
    assert [e.kind for e in events] == ["started", "warned", "breached", "escalated", "stopped", "started"]
    assert at(70) == clock.next_due_at


def test_an_answer_made_in_time_but_seen_late_retracts_the_breach() -> None:
    clock, _ = story(("registered", 0))
    clock, _ = due(clock, at(26))
    clock, events = decide(clock, Step(1, "resolved", at(20)), at(20), RULES)
    assert [e.kind for e in events] == ["retracted", "met", "started", "upheld"]


def test_a_step_that_was_a_dead_letter_counts_from_when_it_happened() -> None:
    clock, _ = story(("registered", 0))
    clock, _ = decide(clock, Step(2, "noted", at(12)), at(12), RULES)
    clock, _ = due(clock, at(26))
    clock, events = decide(clock, Step(1, "resolved", at(10)), at(10), RULES)
    again = decide(clock, Step(1, "resolved", at(10)), at(10), RULES)

    assert ["retracted", "met", "started", "upheld"] == [e.kind for e in events]
    assert (2, None, (clock, [])) == (clock.seq, clock.past, again)


def test_silence_lets_closing_lapse_without_a_warning() -> None:
    clock, _ = story(("registered", 0), ("resolved", 10))
    clock, events = due(clock, at(40))
    assert told(events) == [("lapsed", "closing", 1, 40)]
    assert events[0].clock.seq == 1
    assert (clock.running, clock.next_due_at) == ((), None)


def test_reopened_stops_closing_and_begins_a_second_round() -> None:
    clock, events = story(("registered", 0), ("resolved", 10), ("reopened", 20), ("routed", 20))
    assert told(events[-2:]) == [("stopped", "closing", 1, 20), ("started", "completion", 2, 20)]
    assert at(45) == events[-1].running.deadline_at
    assert clock.round == 2


def test_the_second_round_closes_under_its_own_number() -> None:
    _, events = story(("registered", 0), ("resolved", 1), ("reopened", 2), ("resolved", 3))
    assert told(events[-2:]) == [("met", "completion", 2, 3), ("started", "closing", 2, 3)]


def test_closed_stops_closing() -> None:
    clock, events = story(("registered", 0), ("resolved", 10), ("closed", 12))
    assert told(events[-1:]) == [("stopped", "closing", 1, 12)]
    assert clock.running == ()


@pytest.mark.parametrize("kind", ["handed_over", "rejected", "cancelled", "merged"])
def test_handover_rejection_cancellation_or_merging_stops_the_clock(kind: str) -> None:
    clock, events = story(("registered", 0), (kind, 5))
    assert told(events) == [STARTED, ("stopped", "completion", 1, 5)]
    assert (clock.next_due_at, due(clock, at(1000))[1]) == (None, [])


def test_a_merged_complaint_has_no_clock_while_its_story_repeats_the_parents() -> None:
    clock, events = story(("registered", 0), ("merged", 5), ("resolved", 8), ("reopened", 9), ("closed", 10))
    assert [e.kind for e in events] == ["started", "stopped"]
    assert clock.seq == 4


def test_unmerged_begins_a_new_round_from_then() -> None:
    _, events = story(("registered", 0), ("merged", 5), ("unmerged", 8))
    assert told(events[-1:]) == [("started", "completion", 2, 8)]


@pytest.mark.parametrize("kind", ["routed", "acknowledged", "in_progress", "returned", "corrected", "noted"])
def test_steps_on_the_way_change_no_clock_but_who_has_it(kind: str) -> None:
    clock, _ = story(("registered", 0))
    clock, events = decide(clock, Step(1, kind, at(2), unit="DLH", lane="triage"), at(2), RULES)
    assert events == []
    _, rung = due(clock, at(13))
    assert [(e.clock.unit, e.clock.lane, e.clock.seq) for e in rung] == [("DLH", "triage", 1)]


def test_a_step_already_passed_changes_nothing() -> None:
    clock, _ = story(("registered", 0), ("resolved", 10))
    assert (clock, []) == decide(clock, Step(0, "registered", at(0)), at(0), RULES)
    assert (clock, []) == decide(clock, Step(1, "resolved", at(99)), at(99), RULES)


def test_a_story_seen_from_the_middle_still_counts_from_the_receipt() -> None:
    _, events = decide(None, Step(4, "acknowledged", at(20)), at(20), RULES)
    assert told(events) == [STARTED, ("warned", "completion", 1, 12.5)]


def test_a_running_deadline_outlives_a_change_of_policy() -> None:
    clock, _ = story(("registered", 0))
    soppeng = SOPPENG
    clock, events = decide(clock, Step(1, "resolved", at(10)), at(10), soppeng)
    assert [("met", at(25)), ("started", clock.running[0].deadline_at)] == [
        (e.kind, e.running.deadline_at) for e in events
    ]
    assert clock.policy == "standar-3-hari"


def test_a_stage_taken_out_of_the_policy_is_stopped_visibly() -> None:
    clock, _ = story(("registered", 0))
    rules = replace(RULES, policies={name: Policy(name=name, stages={}) for name in RULES.default})
    assert [e.kind for e in decide(clock, Step(1, "noted", at(1)), at(1), rules)[1]] == ["stopped"]


def test_working_days_carry_their_derivation_to_every_event() -> None:
    rules = SOPPENG
    clock, started = story(("registered", 0), rules=rules)
    rung = [e for e in due(clock, T0 + timedelta(days=12), rules)[1] if e.running.stage == "completion"]
    assert [e.kind for e in rung] == ["warned", "breached"]
    assert [datetime(2026, 3, 28, tzinfo=ZoneInfo("Asia/Makassar"))] * 2 == [e.running.deadline_at for e in rung]
    assert [started[0].running.derivation] * 2 == [e.running.derivation for e in rung]


KINDS = [
    "routed", "acknowledged", "resolved", "reopened", "closed", "returned", "merged", "unmerged", "handed_over", "noted"
]  # fmt: skip
STORIES = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 40)), max_size=12)


def identity(event: SlaEvent) -> tuple[object, ...]:
    return event.clock.complaint_id, to_emit(event).event_id


@given(steps=STORIES, repeats=st.lists(st.integers(0, 12)), ticks=st.lists(st.integers(0, 600), max_size=20))
def test_duplicates_and_ticks_in_any_rhythm_never_change_what_is_announced(
    steps: list[tuple[str, int]], repeats: list[int], ticks: list[int]
) -> None:
    updates = [Step(0, "registered", T0)]
    for kind, gap in steps:
        updates.append(Step(len(updates), kind, updates[-1].time + timedelta(seconds=gap)))
    end = updates[-1].time + timedelta(seconds=100)

    def play(ticked: bool) -> list[SlaEvent]:
        clock: ComplaintClock | None = None
        events: list[SlaEvent] = []
        for n, update in enumerate(updates):
            if ticked and clock is not None:
                for tick in ticks:  # unsorted: a late tick before an early one too
                    if at(tick) < update.time:
                        clock, rung = due(clock, at(tick))
                        assert all(e.at <= at(tick) for e in rung)
                        events += rung
            for _ in range(1 + (repeats.count(n) if ticked else 0)):
                clock, new = decide(clock, update, update.time, RULES)
                events += new
        assert clock is not None
        for _ in range(1 + ticked):
            clock, rung = due(clock, end)
            events += rung
        return sorted(events, key=lambda e: e.at)

    quiet, ticked = play(False), play(True)
    assert [(e.at, to_emit(e)) for e in quiet] == [(e.at, to_emit(e)) for e in ticked]
    assert len(quiet) == len({identity(e) for e in quiet})
    assert all(e.at >= e.running.deadline_at for e in quiet if e.kind in {"breached", "lapsed"})


@given(start=st.integers(0, 15 * 366 * 24 * 3600).map(at))
def test_every_deadline_has_its_days_and_its_warning_before_it(start: datetime) -> None:
    calendar = Calendar(timezone=ZoneInfo("Asia/Makassar"))
    rules = replace(SOPPENG, calendar=calendar)
    _, (event,) = decide(None, Step(0, "registered", start, received_at=start), start, rules)
    running = event.running
    days = [day for day in running.derivation if day.counted]
    assert len(days) == 3
    assert all(day.date.weekday() < 5 for day in days)
    assert start < running.warn_at < running.deadline_at
    assert days[-1] == running.derivation[-1]
