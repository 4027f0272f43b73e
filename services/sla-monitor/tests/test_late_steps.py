"""Late steps, such as dead letters that are put back, count as if they had come in their turn."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import pytest
from told import MONDAY, SECONDS, SOPPENG, Step

from sla_monitor.clock import decide, due
from sla_monitor.handlers import to_emit
from sla_monitor.state import MAX_STEPS, ComplaintClock, SlaEvent

At = tuple[str, int]
END = MONDAY + timedelta(seconds=300)


def step(seq: int, name: str, at: datetime) -> tuple[Step, datetime]:
    kind, _, rest = name.partition("/")
    lane, note = (None, rest) if kind == "noted" else (rest or None, None)
    return Step(seq, kind, MONDAY, lane, note), at


def play(story: list[At], late: int | None, *, rung_at: int | None = None) -> tuple[ComplaintClock, list[SlaEvent]]:
    """Play all steps in order except ``late``, which comes at the end, after the timers rang."""
    steps = [step(seq, name, MONDAY + timedelta(seconds=at)) for seq, (name, at) in enumerate(story)]
    order = [each for each in steps if each[0].seq != late]
    clock: ComplaintClock | None = None
    said: list[SlaEvent] = []
    for update, at in order:
        clock, events = decide(clock, update, at, SECONDS)
        said += events
    if rung_at is not None and clock is not None:
        clock, events = due(clock, MONDAY + timedelta(seconds=rung_at), SECONDS)
        said += events
    if late is not None:
        clock, events = decide(clock, *steps[late], SECONDS)
        said += events
    assert clock is not None
    clock, events = due(clock, END, SECONDS)
    return clock, said + events


def breaches(said: list[SlaEvent]) -> set[object]:
    """The deadlines that count as missed when all is told."""
    net = [e.said.promise for e in said if e.kind == "breached"]
    for event in said:
        if event.kind == "retracted":
            net.remove(event.said.promise)
    assert len(net) == len(set(net))
    return set(net)


def calm(clock: ComplaintClock) -> ComplaintClock:
    return msgspec.structs.replace(clock, past=None, announced=0, last_rang=None)


STORIES: list[tuple[str, list[At], int]] = [
    ("resolved, put back after reopened", [("registered", 0), ("resolved", 5), ("reopened", 8), ("routed/unit", 8)], 1),
    (
        "reopened, put back after it was resolved again",
        [("registered", 0), ("resolved", 5), ("reopened", 30), ("resolved", 40), ("noted/rating", 41)], 2,
    ),
    (
        "handed over, put back after a note",
        [("registered", 0), ("routed/unit", 1), ("handed_over", 2), ("noted/x", 3)], 2,
    ),
    ("resolved in time, put back when all was closed", [("registered", 0), ("resolved", 20), ("closed", 60)], 1),
    ("registered, put back when it was routed", [("registered", 0), ("routed/unit", 1), ("acknowledged", 2)], 0),
    (
        "an answer, put back when the time to answer was over",
        [("registered", 0), ("waiting_for_reporter", 5), ("in_progress", 9), ("noted/addition", 50)], 2,
    ),
    (
        "an answer, written when the time to answer was over",
        [("registered", 0), ("waiting_for_reporter", 5), ("in_progress", 9)], 2,
    ),
    (
        "unmerged, put back after it was resolved",
        [("registered", 0), ("merged", 5), ("unmerged", 9), ("resolved", 20)], 2,
    ),
]  # fmt: skip


@pytest.mark.parametrize("rung_at", [None, 45, 100])
@pytest.mark.parametrize(("story", "late"), [each[1:] for each in STORIES], ids=[each[0] for each in STORIES])
def test_a_step_that_comes_later_leaves_no_trace(story: list[At], late: int, rung_at: int | None) -> None:
    clock, said = play(story, late, rung_at=rung_at)
    in_turn, expected = play(story, None)
    assert calm(in_turn) == calm(clock)
    assert {e.said.promise for e in expected if e.kind == "breached"} == breaches(said)
    assert {(*e.said.promise, e.kind) for e in expected} <= {(*e.said.promise, e.kind) for e in said}


def test_two_steps_may_be_put_back_in_any_order() -> None:
    story = [("registered", 0), ("routed/unit", 1), ("waiting_for_reporter", 5), ("in_progress", 9), ("noted/x", 50)]
    steps = [step(seq, name, MONDAY + timedelta(seconds=at)) for seq, (name, at) in enumerate(story)]
    clock: ComplaintClock | None = None
    for seq in (0, 4, 3, 1, 2):
        clock, _ = decide(clock, *steps[seq], SECONDS)
    assert clock is not None
    assert calm(play(story, None)[0]) == calm(due(clock, END, SECONDS)[0])
    assert clock.past is None


def test_a_step_that_stays_away_is_given_up_after_fifty_others() -> None:
    clock: ComplaintClock | None = None
    for seq in (0, *range(2, MAX_STEPS + 2)):
        clock, _ = decide(clock, *step(seq, "noted/x", MONDAY), SECONDS)
    assert clock is not None
    assert clock.past is not None
    clock, _ = decide(clock, *step(MAX_STEPS + 2, "noted/x", MONDAY), SECONDS)
    assert clock.past is None
    assert (clock, []) == decide(clock, *step(1, "resolved", MONDAY), SECONDS)


def test_a_number_far_ahead_costs_no_memory() -> None:
    clock, _ = decide(None, *step(0, "registered", MONDAY), SECONDS)
    clock, _ = decide(clock, *step(10**9, "noted/x", MONDAY), SECONDS)
    assert len(msgspec.json.encode(clock)) < 5000


def test_timer_announcements_are_forgotten_at_the_next_step() -> None:
    clock, _ = decide(None, *step(0, "registered", MONDAY), SECONDS)
    clock, _ = due(clock, MONDAY + timedelta(seconds=13), SECONDS)
    assert clock.past is not None
    clock, _ = decide(clock, *step(1, "routed/unit", MONDAY + timedelta(seconds=14)), SECONDS)
    assert clock.past is None


def test_time_that_runs_backwards_stands_still_only_once() -> None:
    """The second question was asked before the first was answered: 10 to 15 and 12 to 16 are 6 seconds."""
    story = [("registered", 0), ("waiting_for_reporter", 10), ("in_progress", 15), ("waiting_for_reporter", 12)]
    clock, _ = play([*story, ("in_progress", 16)], None)
    (running,) = [each for each in clock.running if each.stage == "completion"]
    assert running.deadline_at == MONDAY + timedelta(seconds=31)


FRIDAY, SATURDAY = MONDAY + timedelta(days=4, hours=3), MONDAY + timedelta(days=5)


def late_on_the_ladder(*names: str) -> tuple[ComplaintClock, list[SlaEvent], list[SlaEvent]]:
    """The announcements until Saturday, with a breach and level 1, and those after late steps of Friday noon."""
    clock, _ = decide(None, *step(0, "registered", MONDAY), SOPPENG)
    clock, before = due(clock, SATURDAY, SOPPENG)
    after: list[SlaEvent] = []
    for seq, name in enumerate(names, 1):
        clock, events = decide(clock, *step(seq, name, FRIDAY), SOPPENG)
        after += events
    return clock, of_completion(before), of_completion(after)


def of_completion(said: list[SlaEvent]) -> list[SlaEvent]:
    return [event for event in said if event.running.stage == "completion"]


def test_late_question_retracts_an_escalation_and_repeats_it_at_its_new_time() -> None:
    clock, before, after = late_on_the_ladder("waiting_for_reporter")
    assert ["warned", "breached", "escalated"] == [event.kind for event in before]
    assert [("retracted", 1), ("paused", 0)] == [(e.kind, e.running.level) for e in after if e.kind != "upheld"]
    clock, _ = decide(clock, *step(2, "in_progress", MONDAY + timedelta(days=7)), SOPPENG)
    _, later = due(clock, MONDAY + timedelta(days=9), SOPPENG)
    (escalated,) = [event for event in of_completion(later) if event.kind == "escalated"]
    assert before[-1].at < escalated.at
    assert before[-1].said.ladder_step == escalated.said.ladder_step
    assert to_emit(before[-1]).event_id != to_emit(escalated).event_id


def test_breach_unaffected_by_a_late_step_is_upheld() -> None:
    clock, _, after = late_on_the_ladder("noted/addition", "noted/rating")
    assert [("upheld", 1)] * 2 == [(event.kind, event.running.level) for event in after]
    assert [1, 2] == [event.clock.seq for event in after]
    assert [] == of_completion(decide(clock, *step(3, "noted/addition", SATURDAY + timedelta(hours=1)), SOPPENG)[1])


def test_breach_is_upheld_even_after_its_clock_has_ended() -> None:
    clock, _, _ = late_on_the_ladder()
    clock, _ = decide(clock, *step(1, "resolved", SATURDAY + timedelta(days=2)), SOPPENG)
    _, after = decide(clock, *step(2, "noted/addition", FRIDAY), SOPPENG)
    assert [("upheld", 2)] == [(event.kind, event.clock.seq) for event in after]


def test_breach_announced_on_a_late_step_is_upheld_up_to_the_last_step() -> None:
    clock, _ = decide(None, *step(0, "registered", MONDAY), SOPPENG)
    clock, _ = decide(clock, *step(1, "routed/unit", MONDAY), SOPPENG)
    clock, _ = decide(clock, *step(3, "cancelled", MONDAY + timedelta(days=1)), SOPPENG)
    _, after = decide(clock, *step(2, "acknowledged", FRIDAY), SOPPENG)  # the reporter's word was read after it
    said = [(event.kind, event.clock.seq) for event in after if event.kind in ("breached", "upheld")]
    assert [("breached", 1), ("upheld", 3)] == said


def test_still_earlier_late_step_retracts_a_breach_upheld_before() -> None:
    clock, before, _ = late_on_the_ladder("noted/addition")
    _, after = decide(clock, *step(2, "resolved", MONDAY + timedelta(days=1)), SOPPENG)
    taken_back = [event for event in of_completion(after) if event.kind == "retracted"]
    assert [(before[1].running.deadline_at, 0)] == [(e.running.deadline_at, e.running.level) for e in taken_back]


def test_clocks_own_events_in_the_story_are_ignored() -> None:
    clock, _ = decide(None, *step(0, "registered", MONDAY), SOPPENG)
    clock, said = due(clock, SATURDAY, SOPPENG)
    for seq, event in enumerate(of_completion(said), 1):
        after, more = decide(clock, *step(seq, event.kind, SATURDAY), SOPPENG)
        assert [] == more
        assert msgspec.structs.replace(clock, seq=seq, past=None) == msgspec.structs.replace(after, past=None)
        clock = after
    _, after_all = decide(clock, *step(4, "resolved", MONDAY + timedelta(days=1)), SOPPENG)
    assert ["retracted", "met", "upheld"] == [event.kind for event in of_completion(after_all)]
