"""The clock's words, read from either of its topics: the promise that each is about, and the words it takes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from router_office import DEADLINE, breached, sla

from router.clock_event import ClockEvent, promise


def word(kind: str, **facts: Any) -> ClockEvent:
    usual = {"stage": "completion", "round": 1, "number": 0, "deadline_at": DEADLINE, "based_on_seq": 0}
    return ClockEvent(kind=kind, **{**usual, **facts})


@pytest.mark.parametrize(("level", "kind"), [(0, "breached"), (1, "escalated"), (2, "escalated")])
def test_level_tells_a_breach_from_an_escalation(level: int, kind: str) -> None:
    found = ClockEvent.of(breached(level=level, escalate_to=["PUPR"]))

    assert (kind, level, ["PUPR"]) == (found.kind, found.level, found.escalate_to)


def test_sla_update_carries_its_own_kind() -> None:
    found = ClockEvent.of(sla("warned", number=3, based_on_seq=2))

    assert ("warned", "completion", 3, 2, DEADLINE) == (
        found.kind, found.stage, found.number, found.based_on_seq, found.deadline_at,
    )  # fmt: skip
    assert (None, None, 0, []) == (found.promise, found.paused_until, found.level, found.escalate_to)


def test_two_deadlines_of_one_stage_are_two_promises() -> None:
    later = DEADLINE + timedelta(milliseconds=1)

    assert word("breached").about == promise("completion", DEADLINE) != promise("completion", later)


def test_each_request_for_a_right_has_a_clock_and_else_each_stage() -> None:
    later = DEADLINE + timedelta(days=1)
    stages = {word("started").clock, word("started", deadline_at=later).clock}
    rights = {word("started", stage="rights").clock, word("started", stage="rights", deadline_at=later).clock}

    assert (1, 2) == (len(stages), len(rights))


@pytest.mark.parametrize(
    ("other", "untrue"),
    [
        (word("breached", level=0), False),  # below the step that was taken back: it stands
        (word("escalated", level=1), True),
        (word("escalated", level=2), True),
        (word("warned", level=2), False),
        (word("escalated", level=1, deadline_at=DEADLINE + timedelta(days=1)), False),
        (word("escalated", level=1, stage="first_response"), False),
    ],
)
def test_a_retraction_takes_back_its_step_of_the_ladder_and_those_above(other: ClockEvent, untrue: bool) -> None:
    assert untrue is word("retracted", level=1).takes_back(other)
