"""Questions to the reporter: how they pause the clocks, for how long, and what resumes them."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from contracts.vocabulary import MOVES, ClockKind, UpdateKind
from kabupaten.sla import Pause, Policy, Stage, Term
from sla_monitor.deadlines import ASKED_ENOUGH, WAITING, used_up
from sla_monitor.rules import Rules
from sla_monitor.stage_clock import StageClock, paused, resumed
from sla_monitor.state import WHY_STOPPED, ComplaintClock, Decision, SlaEvent, Update, triggers

WHY_RESUMED = WHY_STOPPED | {UpdateKind.IN_PROGRESS: "pelapor menjawab"}


def resume(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    """Resume paused clocks at the step after a question, unless it is an aside or asks again."""
    if update.kind not in MOVES:
        return clock, []
    events: list[SlaEvent] = []
    running: list[StageClock] = []
    for each in clock.running:
        stage = policy.stages.get(each.stage)
        if each.paused_until is not None and not _asks(stage, update):
            each = resumed(each, now, stage, rules.calendar)
            reason = WHY_RESUMED.get(update.kind, "penanganan dilanjutkan")
            events.append(SlaEvent(kind=ClockKind.RESUMED, at=now, clock=clock, running=each, reason=reason))
        running.append(each)
    return replace(clock, running=tuple(running)), events


def pause(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    """Pause the clocks at a question to the reporter."""
    events: list[SlaEvent] = []
    running: list[StageClock] = []
    for each in clock.running:
        asked = _asks(policy.stages.get(each.stage), update)
        if asked and each.paused_until is None:
            each, more = _stop(clock, each, asked.bound, now, rules)
            events += more
        running.append(each)
    return replace(clock, running=tuple(running)), events


def _asks(stage: Stage | None, update: Update) -> Pause | None:
    pause = stage.pause if stage else None
    return pause if pause and pause.during & triggers(update) else None


def _stop(
    clock: ComplaintClock, running: StageClock, bound: Term, now: datetime, rules: Rules
) -> tuple[StageClock, list[SlaEvent]]:
    """Pause one clock. All questions of a round share one bound, so that a unit gains nothing by asking repeatedly."""
    earlier = (*clock.earlier_pauses.get(running.stage, ()), *running.pauses)
    since = max(now, earlier[-1][1]) if earlier else now  # no moment is paused twice
    until = used_up(bound, earlier, since, rules.calendar)
    if until <= since:  # nothing is left: tell the router, or the complaint would wait forever
        running = replace(running, revision=running.revision + 1)
        return running, [SlaEvent(kind=ClockKind.RESUMED, at=now, clock=clock, running=running, reason=ASKED_ENOUGH)]
    events: list[SlaEvent] = []
    if (level := running.untrue_from(now)) is not None:  # the question was in time, and came to light late
        events.append(SlaEvent(kind=ClockKind.RETRACTED, at=now, clock=clock, running=replace(running, level=level)))
        running = running.before(level)
    running = paused(running, until, since, rules.calendar)
    return running, [*events, SlaEvent(kind=ClockKind.PAUSED, at=now, clock=clock, running=running, reason=WAITING)]
