"""One stage's clock by itself: the order of its announcements, and its pauses. All times are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from kabupaten.calendar import Calendar
from kabupaten.sla import Rung, Stage, Term
from sla_monitor.stage_clock import StageClock, paused, rederived, resumed, set_clock

START = datetime(2026, 3, 2, tzinfo=UTC)
CALENDAR = Calendar(timezone=ZoneInfo("Asia/Makassar"))


def seconds(amount: int) -> Term:
    return Term(amount=amount, unit="seconds")


STAGE = Stage(
    name="completion",
    starts=frozenset({"registered"}),
    amount=100,
    unit="seconds",
    warn_ratio=0.7,
    escalation=(Rung(after=seconds(10), to=("head",)), Rung(after=seconds(30), to=("SETDA",))),
)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


@dataclass(frozen=True)
class Complaint:
    urgency: str | None = None
    type: None = None
    category: None = None


def clock(stage: Stage = STAGE, urgency: str | None = None) -> StageClock:
    return set_clock(stage, Complaint(urgency), START, CALENDAR, round_=1, n=1)


def second_of(moment: datetime | None) -> int | None:
    return None if moment is None else round((moment - START).total_seconds())


def rung(running: StageClock, times: int = 9, stage: Stage | None = STAGE) -> tuple[list[tuple[str, int]], StageClock]:
    """Its announcements, one for each ring and at most ``times``, and the clock after that."""
    said: list[tuple[str, int]] = []
    while (due := running.next_due_at) and len(said) < times:
        kind, then = running.ring(stage, CALENDAR)
        said.append((str(kind), second_of(due) or 0))
        if then is None:
            break
        running = then
    return said, running


LADDER = [("warned", 70), ("breached", 100), ("escalated", 110), ("escalated", 130)]


def test_it_warns_breaches_and_climbs_the_ladder_measured_from_the_breach() -> None:
    said, running = rung(clock())

    assert LADDER == said
    assert (True, 2, [100, 110, 130]) == (running.breached, running.level, [second_of(each) for each in running.rang])


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        (replace(STAGE, warn_ratio=1), [("breached", 100), ("escalated", 110), ("escalated", 130)]),
        (replace(STAGE, escalation=()), [("warned", 70), ("breached", 100)]),
        (replace(STAGE, at_deadline="lapsed"), [("warned", 70), ("lapsed", 100)]),
    ],
)
def test_it_says_what_its_stage_has(stage: Stage, said: list[tuple[str, int]]) -> None:
    assert said == rung(clock(stage), stage=stage)[0]


def test_without_its_stage_it_still_keeps_its_deadline() -> None:
    assert [("warned", 70), ("breached", 100)] == rung(clock(), stage=None)[0]


@pytest.mark.parametrize(("moment", "level"), [(99, 0), (100, 0), (101, 1), (110, 1), (130, 2), (131, None)])
def test_a_step_in_time_for_one_rung_is_in_time_for_those_above(moment: int, level: int | None) -> None:
    _, running = rung(clock())

    assert level == running.untrue_from(at(moment))


@pytest.mark.parametrize("level", [0, 1, 2])
def test_taken_back_to_a_rung_it_climbs_from_there_as_before(level: int) -> None:
    _, running = rung(clock())

    assert LADDER[1 + level :] == rung(running.before(level))[0]


def test_paused_clock_rings_only_at_its_limit_and_then_runs_the_remaining_time() -> None:
    still = paused(clock(), at(60), at(40), CALENDAR)

    assert (60, 120, 1) == (second_of(still.next_due_at), second_of(still.deadline_at), still.revision)
    assert [("resumed", 60), ("warned", 90), ("breached", 120)] == rung(still, times=3)[0]


def test_an_answer_before_the_bound_gives_back_what_nobody_waited() -> None:
    running = resumed(paused(clock(), at(60), at(40), CALENDAR), at(45), STAGE, CALENDAR)

    assert (None, ((at(40), at(45)),)) == (running.paused_until, running.pauses)
    assert [("warned", 75), ("breached", 105)] == rung(running, times=2)[0]


def test_an_answer_that_happened_before_its_question_takes_no_time_away() -> None:
    running = resumed(paused(clock(), at(60), at(40), CALENDAR), at(30), STAGE, CALENDAR)

    assert (100, ((at(40), at(40)),)) == (second_of(running.deadline_at), running.pauses)


def test_a_breach_stays_and_only_the_ladder_waits() -> None:
    _, breached = rung(clock(), times=2)

    running = resumed(paused(breached, at(150), at(105), CALENDAR), at(145), STAGE, CALENDAR)

    assert (100, True) == (second_of(running.deadline_at), running.breached)
    assert [("escalated", 150), ("escalated", 170)] == rung(running)[0]


def test_event_due_before_a_pause_is_announced_when_the_clock_resumes() -> None:
    _, breached = rung(clock(), times=2)

    unwarned = resumed(paused(clock(), at(95), at(75), CALENDAR), at(90), STAGE, CALENDAR)
    climbs = resumed(paused(breached, at(150), at(115), CALENDAR), at(130), STAGE, CALENDAR)

    assert [("warned", 90), ("breached", 115)] == rung(unwarned, times=2)[0]
    assert ("escalated", 130) == rung(climbs)[0][0]


def test_worked_out_again_it_keeps_start_and_term_and_counts_that_it_was() -> None:
    running = clock()
    again = rederived(running, CALENDAR)

    assert replace(running, revision=1) == again
