"""Undone acts: the clocks go on as if they had never been done."""

from __future__ import annotations

from dataclasses import replace

from told import MONDAY, SOPPENG, Step, told, wita

from sla_monitor.clock import decide, due
from sla_monitor.state import ComplaintClock, SlaEvent

LATER, LAST = wita("2026-02-03T09:00"), wita("2026-02-20T00:00")


def story(*steps: tuple[str, str], **about: str) -> tuple[ComplaintClock, list[SlaEvent]]:
    """Play steps ``kind/lane`` or ``kind/lane/note``, each with its day and time in February 2026."""
    clock: ComplaintClock | None = None
    events: list[SlaEvent] = []
    for seq, (name, moment) in enumerate(steps):
        kind, lane, note = [*name.split("/"), "", ""][:3]
        step = Step(seq, kind, MONDAY, lane or None, note or None, **about)
        clock, new = decide(clock, step, wita(f"2026-02-{moment}"), SOPPENG)
        events += new
    assert clock is not None
    return clock, events


BEGUN = (("registered", "02T09:00"), ("routed/unit", "02T09:00"), ("acknowledged/unit", "02T10:00"))


def test_undone_resolution_restores_its_deadline_and_stops_closing() -> None:
    before, _ = story(*BEGUN)

    clock, events = story(*BEGUN, ("resolved/unit", "03T09:00"), ("acknowledged/unit/undone", "03T09:05"))

    assert [each.which for each in before.running] == [each.which for each in clock.running]
    assert [("started", "02-03 09:00"), ("stopped", "02-03 09:05")] == told(events, "closing")
    assert [("met", "02-03 09:00"), ("resumed", "02-03 09:05")] == told(events, "completion")[-2:]
    assert ["tindakan terakhir dibatalkan"] * 2 == [event.reason for event in events[-2:]]
    assert [("breached", "02-06 00:00")] == told(due(clock, wita("2026-02-06T12:00"), SOPPENG)[1], "completion")[1:]


def test_a_promise_that_was_missed_meanwhile_was_missed() -> None:
    clock, _ = story(*BEGUN, ("resolved/unit", "03T09:00"), ("acknowledged/unit/undone", "09T09:00"))

    said = told(due(clock, wita("2026-02-09T09:01"), SOPPENG)[1], "completion")

    assert [("warned", "02-05 02:24"), ("breached", "02-06 00:00"), ("escalated", "02-07 00:00")] == said


def test_undone_late_resolution_escalates_on_without_a_second_breach() -> None:
    clock, events = story(*BEGUN, ("resolved/unit", "06T09:00"), ("acknowledged/unit/undone", "06T09:05"))

    said = told([*events, *due(clock, LAST, SOPPENG)[1]], "completion")

    assert 1 == len([kind for kind, _ in said if kind == "breached"])
    assert 3 == len([kind for kind, _ in said if kind == "escalated"])


def test_a_return_that_is_taken_back_ends_what_began_with_it() -> None:
    clock, _ = story(
        *BEGUN, ("returned/unit", "03T09:00"), ("routed/triage", "03T09:00"), ("acknowledged/unit/undone", "03T09:05")
    )

    assert {"completion", "follow-up"} == {each.stage for each in clock.running}
    assert None is clock.waiting_since


def test_undone_return_restores_an_owed_acknowledgement() -> None:
    clock, _ = story(
        *BEGUN[:2], ("returned/unit", "03T09:00"), ("routed/triage", "03T09:00"), ("routed/unit/undone", "03T09:05")
    )

    assert MONDAY == clock.waiting_since
    assert {"completion", "acknowledgement", "follow-up"} == {each.stage for each in clock.running}


def test_a_request_for_a_right_since_keeps_its_clock() -> None:
    asked = ("noted/unit/rights_requested", "03T10:00")
    clock, _ = story(*BEGUN, ("rejected/unit", "03T09:00"), asked, ("acknowledged/unit/undone", "03T11:00"))

    assert {"completion", "follow-up", "rights"} == {each.stage for each in clock.running}


def test_urgency_noted_after_resolution_sets_the_deadline_after_an_undo() -> None:
    clock, _ = story(*BEGUN, ("resolved/unit", "02T11:00"))
    step = Step(4, "noted", MONDAY, "unit", urgency="darurat")
    clock, _ = decide(clock, step, wita("2026-02-02T11:01"), SOPPENG)

    step = replace(step, seq=5, kind="acknowledged", note="undone")
    clock, _ = decide(clock, step, wita("2026-02-02T11:05"), SOPPENG)

    (completion,) = [each for each in clock.running if each.stage == "completion"]
    assert wita("2026-02-02T21:00") == completion.deadline_at


def test_only_the_last_act_is_taken_back() -> None:
    clock, _ = story(*BEGUN, ("resolved/unit", "03T09:00"), ("reopened/unit", "03T10:00"), ("routed/unit", "03T10:00"))

    assert None is clock.before


def test_a_date_that_a_person_makes_earlier_counts_from_then_if_it_would_be_over() -> None:
    clock, _ = story(*BEGUN)
    raised = Step(3, "corrected", MONDAY, "unit", "urgency_changed", urgency="tinggi")
    understood = replace(raised, note=None)

    at = wita("2026-02-04T09:00")
    by_person, events = decide(clock, raised, at, SOPPENG)
    by_itself, _ = decide(clock, understood, at, SOPPENG)

    assert [("rescheduled", "02-04 09:00")] == told(events, "completion")[-1:]
    assert ["2026-02-05 09:00", "2026-02-06 00:00"] == [
        f"{each.running[0].deadline_at.astimezone(SOPPENG.calendar.timezone):%Y-%m-%d %H:%M}"
        for each in (by_person, by_itself)
    ]


def test_a_date_that_a_person_makes_later_follows_the_term() -> None:
    clock, _ = story(*BEGUN, urgency="darurat")
    lowered = Step(3, "corrected", MONDAY, "unit", "urgency_changed", urgency="sedang")

    clock, _ = decide(clock, lowered, wita("2026-02-02T12:00"), SOPPENG)

    assert wita("2026-02-06T00:00") == clock.running[0].deadline_at
