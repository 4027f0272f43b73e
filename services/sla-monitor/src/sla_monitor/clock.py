"""The clocks of one complaint: what its story and the passing of time make of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from msgspec.structs import replace

from sla_monitor.deadlines import ASKED_ENOUGH, WAITING, used_up
from sla_monitor.domain import Pause, Policy, Rules, Stage, Term
from sla_monitor.running import Kind, Running, paused, rederived, resumed, set_clock
from sla_monitor.state import ComplaintClock, SlaEvent, Update, classification, triggers

NEW_ROUND = frozenset({"reopened", "unmerged"})
#: Told beside the story: they change neither who has the complaint nor whether it waits for somebody.
ASIDE = frozenset({"noted", "corrected"})
WHY_STOPPED = {
    "handed_over": "dilimpahkan",
    "rejected": "tidak dapat diproses",
    "cancelled": "dibatalkan pelapor",
    "merged": "digabung dengan laporan lain",
    "closed": "ditutup",
    "reopened": "dibuka kembali",
    "returned": "dikembalikan unit",
    "routed": "diteruskan ke unit lain",
}
WHY_RESUMED = WHY_STOPPED | {"in_progress": "pelapor menjawab"}
_JUST_BEFORE = timedelta(microseconds=1)
Decision = tuple[ComplaintClock, list[SlaEvent]]


def decide(clock: ComplaintClock | None, update: Update, now: datetime, rules: Rules) -> Decision:
    """Take in the next step of a complaint's story, which happened at ``now``.

    A step that was taken in before changes nothing. Timers that were due before ``now`` ring first, so that the
    outcome is the same whether ``due`` was called in time, late or never.
    """
    events: list[SlaEvent] = []
    if clock is None:
        clock, events = _first_seen(update, rules)
    elif update.seq in clock.missing:
        return _late(clock, update, now, rules)
    elif update.seq <= clock.seq:
        return clock, []
    if update.seq > clock.seq + 1:
        clock = replace(clock, missing=(*clock.missing, *range(clock.seq + 1, update.seq)))
    # What happens at the very deadline is in time, so a deadline rings only for what happens after it.
    clock, rung = due(clock, now - _JUST_BEFORE, rules)
    clock = replace(clock, seq=update.seq, unit=update.unit, lane=update.lane)
    clock, changed = _apply(clock, update, now, rules)
    return _silence(clock, update, now), _aloud(events + rung + changed)


def due(clock: ComplaintClock, now: datetime, rules: Rules) -> Decision:
    """Let every timer ring that is set to ``now`` or earlier. Each rings once."""
    if clock.next_due_at is None or clock.next_due_at > now:
        return clock, []
    events: list[SlaEvent] = []
    left: list[Running] = []
    policy = rules.policy(clock.policy, clock.received_at)
    for running in clock.running:
        current: Running | None = running
        stage = policy.stages.get(running.stage)
        while current and (at := current.next_due_at) is not None and at <= now:
            kind, after = current.ring(stage, rules.calendar)
            events.append(_rung(clock, kind, at, current, after, stage))
            current = after
        left += [current] if current else []
    return replace(clock, running=tuple(left)), _aloud(sorted(events, key=lambda event: event.at))


def recalendared(clock: ComplaintClock, now: datetime, rules: Rules) -> Decision:
    """Work the running deadlines out again, after the calendar changed. One that would be past already stays."""
    return _rederive(clock, now, rules, "kalender berubah", lambda running: running)


def _rung(
    clock: ComplaintClock, kind: Kind, at: datetime, before: Running, after: Running | None, stage: Stage | None
) -> SlaEvent:
    if kind == "resumed":
        return SlaEvent(kind=kind, at=at, clock=clock, running=after or before, reason="batas waktu menjawab lewat")
    if kind == "escalated":
        to = stage.escalation[before.level].to if stage and before.level < len(stage.escalation) else ()
        return SlaEvent(kind=kind, at=at, clock=clock, running=after or before, escalate_to=to)
    return SlaEvent(kind=kind, at=at, clock=clock, running=before)


def _aloud(events: list[SlaEvent]) -> list[SlaEvent]:
    return [event for event in events if event.audible]


def _late(clock: ComplaintClock, update: Update, now: datetime, rules: Rules) -> Decision:
    """A step that was put back: it counts from when it happened, so what it was in time for is retracted.

    What it asked or started is long answered by the steps after it, but for what nothing else ends.
    """
    clock = replace(clock, missing=tuple(seq for seq in clock.missing if seq != update.seq))
    clock, events = _apply(clock, update, now, rules, late=True)
    return clock, _aloud(events)


def _first_seen(update: Update, rules: Rules) -> Decision:
    """Counts from the receipt, whichever step is seen first: a complaint without a clock would be nobody's."""
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
    # Who sees a story from its middle can't know which of the smaller promises were kept already.
    stages = [s for s in policy.stages.values() if "registered" in s.starts and (update.seq == 0 or not s.quiet)]
    return _start(clock, stages, update, update.received_at, rules)


def _silence(clock: ComplaintClock, update: Update, now: datetime) -> ComplaintClock:
    """Whoever gets it owes a word; whatever happens next is one."""
    if update.kind in ASIDE:
        return clock
    waits = update.kind in ("registered", "routed") and not clock.merged
    return replace(clock, waiting_since=now if waits else None)


def _apply(clock: ComplaintClock, update: Update, now: datetime, rules: Rules, *, late: bool = False) -> Decision:
    if clock.merged and update.kind not in ("unmerged", "noted"):
        return clock, []  # its story repeats the parent's, and the parent has the clock
    policy = rules.policy(clock.policy, clock.received_at)
    clock = replace(clock, policy=policy.name)
    clock, events = _end(clock, policy, update, now, rules)
    if update.kind != "noted":
        clock = replace(clock, merged=update.kind == "merged")
    # A question that was put back was answered long ago; an answer may be what the clock still waits for.
    for change in (_reclassify, partial(_resume, late=late), *(() if late else (_pause,))):
        clock, more = change(clock, policy, update, now, rules)
        events += more
    clock, more = _begin(clock, policy, update, now, rules, late=late)
    return clock, events + more


def _begin(
    clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules, *, late: bool
) -> Decision:
    if update.kind == "registered":
        return clock, []  # these count from the receipt, see _first_seen
    ticking = {running.stage for running in clock.running}
    stages = [
        stage
        for stage in policy.stages.values()
        if stage.starts & triggers(update) and (stage.name not in ticking or stage.parallel)
    ]
    if late and update.kind not in NEW_ROUND:
        stages = [stage for stage in stages if stage.at_deadline == "lapsed" or stage.parallel]
    if stages and update.kind in NEW_ROUND:
        clock = replace(clock, round=clock.round + 1, starts={}, stood={})
    return _start(clock, stages, update, now, rules)


def _end(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    events: list[SlaEvent] = []
    left: list[Running] = []
    names = triggers(update)
    ended: set[str] = set()  # of several clocks of one stage the oldest ends
    for running in clock.running:
        stage = policy.stages.get(running.stage)
        done = stage is not None and bool(stage.ends & names) and running.stage not in ended
        gone = stage is None or bool(stage.stops & names)
        if not done and not gone:
            left.append(running)
            continue
        ended.add(running.stage)
        if running.paused_until is not None:  # what ends it ends the pause
            running = resumed(running, now, stage, rules.calendar)
        events += _verdict(clock, running, update, now, done=done)
        if running.pauses and not (stage and stage.parallel):
            stood = (*clock.stood.get(running.stage, ()), *running.pauses)
            clock = replace(clock, stood={**clock.stood, running.stage: stood})
    return replace(clock, running=tuple(left)), events


def _verdict(clock: ComplaintClock, running: Running, update: Update, now: datetime, *, done: bool) -> list[SlaEvent]:
    in_time = now <= running.deadline_at
    events = []
    if running.breached and in_time:  # announced before this step, made in time, was seen
        events.append(SlaEvent(kind="retracted", at=now, clock=clock, running=running))
    if done and in_time:
        return [*events, SlaEvent(kind="met", at=now, clock=clock, running=running)]
    reason = "sesudah tenggat" if done else WHY_STOPPED.get(update.kind, "tidak berlaku lagi")
    return [*events, SlaEvent(kind="stopped", at=now, clock=clock, running=running, reason=reason)]


def _resume(
    clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules, *, late: bool
) -> Decision:
    """The step after a question lets the clock go on, unless it is an aside or asks again."""
    if update.kind in ASIDE:
        return clock, []
    events: list[SlaEvent] = []
    running: list[Running] = []
    for each in clock.running:
        stage = policy.stages.get(each.stage)
        before = late and each.paused_until is not None and now <= each.pauses[-1][0]
        if each.paused_until is not None and not before and not _asks(stage, update):
            each = resumed(each, now, stage, rules.calendar)
            reason = WHY_RESUMED.get(update.kind, "penanganan dilanjutkan")
            events.append(SlaEvent(kind="resumed", at=now, clock=clock, running=each, reason=reason))
        running.append(each)
    return replace(clock, running=tuple(running)), events


def _pause(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    """A question to the reporter stops the clock."""
    events: list[SlaEvent] = []
    running: list[Running] = []
    for each in clock.running:
        pause = _asks(policy.stages.get(each.stage), update)
        if pause and each.paused_until is None:
            each, more = _stop(clock, each, pause.bound, now, rules)
            events += more
        running.append(each)
    return replace(clock, running=tuple(running)), events


def _asks(stage: Stage | None, update: Update) -> Pause | None:
    pause = stage.pause if stage else None
    return pause if pause and pause.during & triggers(update) else None


def _stop(
    clock: ComplaintClock, running: Running, bound: Term, now: datetime, rules: Rules
) -> tuple[Running, list[SlaEvent]]:
    """All questions of a round share one bound: who asks again and again gains nothing."""
    earlier = clock.stood.get(running.stage, ())
    until = used_up(bound, (*earlier, *running.pauses), now, rules.calendar)
    if until <= now:  # nobody waits: the router must hear it, or the complaint would wait for ever
        running = replace(running, revision=running.revision + 1)
        return running, [SlaEvent(kind="resumed", at=now, clock=clock, running=running, reason=ASKED_ENOUGH)]
    events: list[SlaEvent] = []
    if running.breached and now <= running.deadline_at:  # the question was in time, and came to light late
        events.append(SlaEvent(kind="retracted", at=now, clock=clock, running=running))
        running = replace(running, breached=False, level=0, escalate_at=None, retracted=running.retracted + 1)
    running = paused(running, until, now, rules.calendar)
    return running, [*events, SlaEvent(kind="paused", at=now, clock=clock, running=running, reason=WAITING)]


def _reclassify(clock: ComplaintClock, policy: Policy, update: Update, now: datetime, rules: Rules) -> Decision:
    """Another type, urgency or category may have another term; it counts from the start all the same."""
    if clock.classified == classification(update):
        return clock, []
    clock = replace(clock, classified=classification(update))

    def retermed(running: Running) -> Running | None:
        stage = policy.stages.get(running.stage)
        if stage is None or not stage.variants or stage.term_of(update) == running.term:
            return None
        return replace(running, term=stage.term_of(update))

    return _rederive(clock, now, rules, "klasifikasi berubah", retermed)


def _rederive(
    clock: ComplaintClock, now: datetime, rules: Rules, reason: str, change: Callable[[Running], Running | None]
) -> Decision:
    events: list[SlaEvent] = []
    running: list[Running] = []
    for each in clock.running:
        changed = None if each.breached else change(each)
        moved = rederived(changed, rules.calendar) if changed else each
        if moved.deadline_at != each.deadline_at and moved.deadline_at > now:
            events.append(SlaEvent(kind="rescheduled", at=now, clock=clock, running=moved, reason=reason))
            each = moved
        running.append(each)  # what would be past already stays: no promise is broken by a change of the rules
    return replace(clock, running=tuple(running)), _aloud(events)


def _start(clock: ComplaintClock, stages: list[Stage], update: Update, at: datetime, rules: Rules) -> Decision:
    events: list[SlaEvent] = []
    for stage in stages:
        n = clock.starts.get(stage.name, 0) + 1
        running = set_clock(stage, stage.term_of(update), at, n, rules.calendar)
        clock = replace(clock, running=(*clock.running, running), starts={**clock.starts, stage.name: n})
        events.append(SlaEvent(kind="started", at=at, clock=clock, running=running))
    return clock, events
