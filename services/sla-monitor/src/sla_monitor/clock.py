"""The clocks of one complaint, as its story and the passing of time move them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from contracts.vocabulary import CLOCK_KINDS, MOVES, ClockKind, Note, UpdateKind, Urgency
from kabupaten.sla import Policy, Stage
from sla_monitor.deadlines import worked
from sla_monitor.late_steps import LADDER, reconcile
from sla_monitor.pauses import pause, resume
from sla_monitor.rules import Rules
from sla_monitor.stage_clock import StageClock, rederived, resumed, set_clock
from sla_monitor.state import (
    FIRST_RESPONSES,
    MAX_STEPS,
    WHY_STOPPED,
    ComplaintClock,
    Decision,
    FirstResponse,
    ReplayBase,
    SlaEvent,
    Step,
    Update,
    classification,
    triggers,
)
from sla_monitor.undone import remembered, taken_back, takes_back

#: The steps that tell of the complaint itself, not of its clocks.
_STORY = frozenset(UpdateKind) - CLOCK_KINDS
NEW_ROUND = frozenset({UpdateKind.REOPENED, UpdateKind.UNMERGED})
_JUST_BEFORE = timedelta(microseconds=1)


def decide(clock: ComplaintClock | None, update: Update, now: datetime, rules: Rules) -> Decision:
    """Take in the next step of a complaint's story, which happened at ``now``.

    A step that was taken in before changes nothing. Timers that were due before ``now`` ring first. If a step belongs
    before others already taken in, because it was a dead letter or was written late, all since then is replayed with
    it: so the outcome is the same whether ``due`` was called in time, late or never, and whenever a step comes.
    Breaches announced for that moment or a later one are retracted or upheld.
    """
    after, events = _decide(clock, update, now, rules)
    if after is clock:
        return after, []
    return _numbered(clock, after, events + _upheld(clock, after, events, now, update))


def _decide(clock: ComplaintClock | None, update: Update, now: datetime, rules: Rules) -> Decision:
    past = clock.past if clock else None
    if clock is not None and update.seq <= clock.seq and not (past and past.lacks(update.seq)):
        return clock, []
    if clock is not None and past and (update.seq < clock.seq or (past.last_rang_at and now <= past.last_rang_at)):
        return _anew(past, Step.of(update, now), rules)
    gap = update.seq > (clock.seq + 1 if clock else 0)
    if past and past.whole and not gap and update.kind in _STORY:
        past = None
    elif gap and not past:
        past = ReplayBase(clock=clock)
    clock, events = _next(clock, update, now, rules)
    if past:
        past = replace(past, steps=(*past.steps, Step.of(update, now))).heard(events)
        past = past if len(past.steps) <= MAX_STEPS else None
    return (clock if clock.past is past else replace(clock, past=past)), events


def due(clock: ComplaintClock, now: datetime, rules: Rules) -> Decision:
    """Let every timer ring that is set to ``now`` or earlier. Each rings once."""
    if clock.next_due_at is None or clock.next_due_at > now:
        return clock, []
    past = clock.past or ReplayBase(clock=clock)
    clock, events = _ring(clock, now, rules)
    aloud = _aloud(events)
    past = replace(past, last_rang_at=max(events[-1].at, past.last_rang_at or events[-1].at)).heard(aloud)
    return _numbered(clock, replace(clock, past=past), aloud)


def recalendared(clock: ComplaintClock, now: datetime, rules: Rules) -> Decision:
    """Recompute the running deadlines after the calendar changed. One that would be past already stays."""
    clock, events = _rederive(clock, now, rules, "kalender berubah", lambda running: replace(running, derivation=()))
    if past := clock.past:
        before = recalendared(past.clock, now, rules)[0] if past.clock else None
        clock = replace(clock, past=replace(past, clock=before).heard(events))
    return _numbered(clock, clock, events)


def _numbered(before: ComplaintClock | None, after: ComplaintClock, events: list[SlaEvent]) -> Decision:
    """Number ``events`` on from the last announcement, even if they were derived again in a replay."""
    first, last = (before.announced, before.last_rang) if before else (0, None)
    numbered = [dataclasses.replace(event, number=n) for n, event in enumerate(events, first)]
    for event in events:
        if event.kind in LADDER and (last is None or last.rang[-1] < event.at):
            last = replace(event.running, rang=(event.at,), derivation=(), pauses=())
    return replace(after, announced=first + len(events), last_rang=last), numbered


def _upheld(
    before: ComplaintClock | None, clock: ComplaintClock, events: list[SlaEvent], now: datetime, update: Update
) -> list[SlaEvent]:
    """Uphold the breaches that were announced without ``update``, which came before them, and are not retracted.

    Do so even if their clock has ended since, because the router, which waits, can't know that; and for breaches that
    are announced only now, because the step belongs before others that are known.
    """
    if update.kind not in _STORY:
        return []
    stands = [event.running for event in events if event.kind in LADDER] if update.seq < clock.seq else []
    if before and (last := before.last_rang) and now <= last.rang[-1]:
        stands = [last]
    return [SlaEvent(kind=ClockKind.UPHELD, at=now, clock=clock, running=running) for running in stands[-1:]]


def _next(clock: ComplaintClock | None, update: Update, now: datetime, rules: Rules) -> Decision:
    events: list[SlaEvent] = []
    if clock is None:
        clock, events = _first_seen(update, rules)
    if update.kind not in _STORY:  # the clocks' own words, and unknown kinds
        return replace(clock, seq=update.seq), _aloud(events)
    # A step at the very deadline is in time, so a deadline rings only for steps after it.
    clock, rung = _ring(clock, now - _JUST_BEFORE, rules)
    if takes_back(clock, update):
        clock = replace(clock, seq=update.seq, unit=update.unit, lane=update.lane)
        policy = rules.policy(clock.policy, clock.received_at)
        clock, changed = taken_back(clock, policy, now)
        clock, more = _reclassify(clock, policy, update, now, rules)
        return clock, _aloud(events + rung + changed + more)
    clock = _silence(remembered(clock, update, now), update, now, rules)
    clock = replace(clock, seq=update.seq, unit=update.unit, lane=update.lane)
    clock, changed = _apply(clock, update, now, rules)
    return clock, _aloud(events + rung + changed)


def _anew(past: ReplayBase, missed: Step, rules: Rules) -> Decision:
    first, *others = sorted((*past.steps, missed), key=lambda step: step.seq)
    clock, derived = decide(past.clock, first, first.at, rules)
    for step in others:
        clock, events = decide(clock, step, step.at, rules)
        derived += events
    if past.last_rang_at:
        clock, events = due(clock, past.last_rang_at, rules)
        derived += events
    return reconcile(clock, derived, past, missed.at)


def _ring(clock: ComplaintClock, now: datetime, rules: Rules) -> Decision:
    events: list[SlaEvent] = []
    left: list[StageClock] = []
    policy = rules.policy(clock.policy, clock.received_at)
    for running in clock.running:
        current: StageClock | None = running
        stage = policy.stages.get(running.stage)
        while current and (at := current.next_due_at) is not None and at <= now:
            kind, after = current.ring(stage, rules.calendar)
            events.append(_rung(clock, kind, at, current, after, stage))
            current = after
        left += [current] if current else []
    return replace(clock, running=tuple(left)), sorted(events, key=lambda event: event.at)


def _rung(
    clock: ComplaintClock, kind: str, at: datetime, before: StageClock, after: StageClock | None, stage: Stage | None
) -> SlaEvent:
    event = SlaEvent(kind=kind, at=at, clock=clock, running=before, by_time=True)
    if kind == ClockKind.RESUMED:
        return dataclasses.replace(event, running=after or before, reason="batas waktu menjawab lewat")
    if kind == ClockKind.ESCALATED:
        ladder = stage.ladder_of(before.term) if stage else ()
        to = ladder[before.level].to if before.level < len(ladder) else ()
        return dataclasses.replace(event, running=after or before, escalate_to=to)
    return event


def _aloud(events: list[SlaEvent]) -> list[SlaEvent]:
    return [event for event in events if event.audible]


def _first_seen(update: Update, rules: Rules) -> Decision:
    """Count from the receipt, whichever step is seen first: a complaint without a clock would be nobody's."""
    policy = rules.policy_at(update.received_at)
    clock = ComplaintClock(
        complaint_id=update.complaint_id,
        ticket=update.ticket,
        policy=policy.name,
        seq=update.seq,
        received_at=update.received_at,
        unit=update.unit,
        lane=update.lane,
        classified=classification(update),
    )
    # If the beginning of a story is missing, the smaller promises may have been kept already.
    stages = [
        s for s in policy.stages.values() if UpdateKind.REGISTERED in s.starts and (update.seq == 0 or not s.quiet)
    ]
    return _start(clock, stages, update, update.received_at, rules)


def _silence(clock: ComplaintClock, update: Update, now: datetime, rules: Rules) -> ComplaintClock:
    """Track how long the unit has been silent: from the moment it gets the complaint to the next step."""
    if update.kind not in MOVES:
        return clock
    word, merged = clock.word, update.kind == UpdateKind.MERGED or (clock.merged and update.kind != UpdateKind.UNMERGED)
    if clock.waiting_since and clock.unit and update.kind in FIRST_RESPONSES and not merged:
        after_s = worked(clock.waiting_since, now, rules.calendar).total_seconds()
        word = FirstResponse(unit=clock.unit, at=now, after_s=after_s)
    waits = update.kind in (UpdateKind.REGISTERED, UpdateKind.ROUTED) and not merged
    return replace(clock, waiting_since=now if waits else None, word=word)


def _apply(clock: ComplaintClock, update: Update, now: datetime, rules: Rules) -> Decision:
    if clock.merged and update.kind not in (UpdateKind.UNMERGED, UpdateKind.NOTED):
        return clock, []  # its story repeats the parent's, and the parent has the clock
    policy = rules.policy(clock.policy, clock.received_at)
    clock = replace(clock, policy=policy.name)
    clock, events = _end(clock, policy, update, now, rules)
    if update.kind != UpdateKind.NOTED:
        clock = replace(clock, merged=update.kind == UpdateKind.MERGED)
    for change in (_reclassify, resume, pause, _begin):
        clock, more = change(clock, policy, update, now, rules)
        events += more
    return clock, events


def _begin(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    if update.kind == UpdateKind.REGISTERED:
        return clock, []  # these count from the receipt, see _first_seen
    ticking = {running.stage for running in clock.running}
    stages = [
        stage
        for stage in policy.stages.values()
        if stage.starts & triggers(update) and (stage.name not in ticking or stage.parallel)
    ]
    if stages and update.kind in NEW_ROUND:
        clock = replace(clock, round=clock.round + 1, starts={}, earlier_pauses={})
    return _start(clock, stages, update, now, rules)


def _end(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    events: list[SlaEvent] = []
    left: list[StageClock] = []
    names = triggers(update)
    ended: set[str] = set()  # if a stage has several clocks, only the oldest ends
    for running in clock.running:
        stage = policy.stages.get(running.stage)
        done = stage is not None and bool(stage.ends & names) and running.stage not in ended
        gone = stage is None or bool(stage.stops & names)
        if not done and not gone:
            left.append(running)
            continue
        ended.add(running.stage)
        if running.paused_until is not None:  # the step that ends a clock ends its pause, too
            running = resumed(running, now, stage, rules.calendar)
        events += _verdict(clock, running, update, now, done=done)
        if running.pauses and not (stage and stage.parallel):
            stood = (*clock.earlier_pauses.get(running.stage, ()), *running.pauses)
            clock = replace(clock, earlier_pauses={**clock.earlier_pauses, running.stage: stood})
    return replace(clock, running=tuple(left)), events


def _verdict(
    clock: ComplaintClock, running: StageClock, update: Update, now: datetime, *, done: bool
) -> list[SlaEvent]:
    in_time = now <= running.deadline_at
    events = []
    if (level := running.untrue_from(now)) is not None:  # announced before this step, which was in time, was seen
        events.append(SlaEvent(kind=ClockKind.RETRACTED, at=now, clock=clock, running=replace(running, level=level)))
    if done and in_time:
        return [*events, SlaEvent(kind=ClockKind.MET, at=now, clock=clock, running=running)]
    reason = "sesudah tenggat" if done else WHY_STOPPED.get(update.kind, "tidak berlaku lagi")
    return [*events, SlaEvent(kind=ClockKind.STOPPED, at=now, clock=clock, running=running, reason=reason)]


def _reclassify(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    """Apply the terms of another type, urgency or category; they still count from the start.

    In danger, or after a person changed the urgency, a shorter term that would be over by now counts from now: the
    danger may be told only on the third day.
    """
    if clock.classified == classification(update):
        return clock, []
    clock = replace(clock, classified=classification(update))

    def retermed(running: StageClock) -> StageClock | None:
        stage = policy.stages.get(running.stage)
        if stage is None or not stage.variants or stage.term_of(update) == running.term:
            return None
        term = stage.term_of(update)
        derivation = running.derivation if term.unit == running.term.unit else ()
        # A unit that was told a deadline is also told when it changes.
        quiet = running.quiet and stage.quiet_for(update)
        changed = replace(running, term=term, derivation=derivation, quiet=quiet)
        from_now = update.urgency == Urgency.DARURAT or update.note == Note.URGENCY_CHANGED
        if not from_now or rederived(changed, rules.calendar).deadline_at > now:
            return changed
        pauses = running.pauses[-1:] if running.paused_until else ()
        anew = replace(changed, start=now, derivation=(), pauses=pauses)
        return anew if rederived(anew, rules.calendar).deadline_at < running.deadline_at else None

    return _rederive(clock, now, rules, "klasifikasi berubah", retermed)


def _rederive(
    clock: ComplaintClock, now: datetime, rules: Rules, reason: str, change: Callable[[StageClock], StageClock | None]
) -> Decision:
    events: list[SlaEvent] = []
    running: list[StageClock] = []
    for each in clock.running:
        missed = each.breached or (each.deadline_at <= now and each.paused_until is None)  # even if it has not rung yet
        changed = None if missed else change(each)
        moved = rederived(changed, rules.calendar) if changed else each
        if moved.deadline_at != each.deadline_at and moved.deadline_at > now:
            events.append(SlaEvent(kind=ClockKind.RESCHEDULED, at=now, clock=clock, running=moved, reason=reason))
            each = replace(moved, warned=moved.warned and moved.warn_at <= now)
        running.append(each)  # one that would be past already stays: a change of rules breaks no promise
    return replace(clock, running=tuple(running)), _aloud(events)


def _start(clock: ComplaintClock, stages: list[Stage], update: Update, at: datetime, rules: Rules) -> Decision:
    events: list[SlaEvent] = []
    for stage in stages:
        n = clock.starts.get(stage.name, 0) + 1
        running = set_clock(stage, update, at, rules.calendar, round_=clock.round, n=n)
        clock = replace(clock, running=(*clock.running, running), starts={**clock.starts, stage.name: n})
        events.append(SlaEvent(kind=ClockKind.STARTED, at=at, clock=clock, running=running))
    return clock, events
