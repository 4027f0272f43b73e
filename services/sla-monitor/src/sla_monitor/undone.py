"""Undoes a unit's act for the clocks: they go on as if it had never been."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from msgspec.structs import replace

from contracts.vocabulary import MOVES, ClockKind, Note, UpdateKind
from kabupaten.sla import Policy
from sla_monitor.stage_clock import StageClock
from sla_monitor.state import Before, ComplaintClock, Decision, SlaEvent, Update

#: The acts that may be undone.
UNDOABLE = frozenset({UpdateKind.RESOLVED, UpdateKind.REJECTED, UpdateKind.HANDED_OVER, UpdateKind.RETURNED})
WHY = "tindakan terakhir dibatalkan"


def takes_back(clock: ComplaintClock, update: Update) -> bool:
    """Whether ``update`` undoes an act, and ``clock`` remembers the state before that act."""
    return update.note == Note.UNDONE and update.kind != UpdateKind.REOPENED and clock.before is not None


def remembered(clock: ComplaintClock, update: Update, now: datetime) -> ComplaintClock:
    """Return ``clock`` with its state at ``now`` if ``update`` may be undone; without it if something else happened."""
    if clock.merged:
        return clock
    if update.kind in UNDOABLE:
        before = Before(
            returns=update.kind == UpdateKind.RETURNED,
            running=tuple(map(partial(_as_of, now), clock.running)),
            earlier_pauses=clock.earlier_pauses,
            classified=clock.classified,
            waiting_since=clock.waiting_since,
        )
        return replace(clock, before=before)
    if clock.before is None or update.kind not in MOVES:
        return clock
    if clock.before.returns and update.kind == UpdateKind.ROUTED:
        return replace(clock, before=replace(clock.before, returns=False))
    return replace(clock, before=None)


def _as_of(now: datetime, running: StageClock) -> StageClock:
    """Return ``running`` without breaches announced for ``now`` or later: they come again if they are true."""
    level = running.untrue_from(now)
    return running if level is None else running.before(level)


def taken_back(clock: ComplaintClock, policy: Policy, now: datetime) -> Decision:
    """Restore the clocks that the act ended, tell their dates again, and end the clocks that began since.

    A clock that ran through goes on. A deadline that has passed is announced as usual: the promise was not kept.
    """
    before = clock.before
    assert before is not None  # noqa: S101  (only asked for what takes something back)
    events: list[SlaEvent] = []
    running: list[StageClock] = []
    had = {each.which for each in before.running}
    for each in clock.running:
        stage = policy.stages.get(each.stage)
        if each.which in had or (stage and stage.parallel):
            running.append(each)
            continue
        if (level := each.untrue_from(now)) is not None:  # the undo was in time, and came to light late
            retracted = replace(each, level=level)
            events.append(SlaEvent(kind=ClockKind.RETRACTED, at=now, clock=clock, running=retracted))
        events.append(SlaEvent(kind=ClockKind.STOPPED, at=now, clock=clock, running=each, reason=WHY))
    ticking = {each.which for each in running}
    for each in before.running:
        stage = policy.stages.get(each.stage)
        if each.which not in ticking and stage is not None and not stage.parallel:
            each = replace(each, revision=each.revision + 1)
            running.append(each)
            events.append(SlaEvent(kind=ClockKind.RESUMED, at=now, clock=clock, running=each, reason=WHY))
    order = {name: n for n, name in enumerate(policy.stages)}
    running.sort(key=lambda each: (order.get(each.stage, len(order)), each.start))
    clock = replace(
        clock,
        running=tuple(running),
        earlier_pauses=before.earlier_pauses,
        classified=before.classified,
        waiting_since=before.waiting_since,
        before=None,
    )
    return clock, events
