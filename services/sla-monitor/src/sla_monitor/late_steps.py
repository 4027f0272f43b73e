"""Finds the announcements to make when a story is replayed with a step that was missing the first time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from contracts.vocabulary import ClockKind
from sla_monitor.state import Announced, ComplaintClock, Decision, ReplayBase, SlaEvent

#: The announcements of a missed promise: the breach, then the steps of its ladder until somebody acts.
LADDER = frozenset({ClockKind.BREACHED, ClockKind.ESCALATED})


def reconcile(clock: ComplaintClock, derived: list[SlaEvent], past: ReplayBase, now: datetime) -> Decision:
    """Return ``clock`` and what to announce of all that the replay ``derived``; ``past`` knows what was said before.

    That is everything not said before, and retractions of breaches and ladder steps that turned out untrue. One that
    was retracted and is true after all is announced again.
    """
    anew = [event.said for event in derived]
    before = _rung_before(past.clock)
    heard = {said.identity for said in past.said}
    standing, true = _standing([*before, *past.said]), _standing([*before, *anew])
    untrue: dict[object, Announced] = {}
    for rung, said in standing.items():
        if rung not in true and (said.promise not in untrue or said.running.level < untrue[said.promise].running.level):
            untrue[said.promise] = said
    undone = [SlaEvent(kind=ClockKind.RETRACTED, at=now, clock=clock, running=said.running) for said in untrue.values()]
    last = {event.said.ladder_step: event for event in derived if event.kind in LADDER}

    def is_news(event: SlaEvent) -> bool:
        said = event.said
        if said.kind in LADDER:
            return said.ladder_step in true and said.ladder_step not in standing and last[said.ladder_step] is event
        return said.kind not in (ClockKind.RETRACTED, ClockKind.UPHELD) and said.identity not in heard

    fresh = undone + [event for event in derived if is_news(event)]
    if clock.past is not None:
        unsettled = _unsettled(clock.past, anew, [*past.said, *(event.said for event in fresh)])
        clock = replace(clock, past=replace(clock.past, said=unsettled, last_rang_at=past.last_rang_at))
    return clock, fresh


def _rung_before(clock: ComplaintClock | None) -> list[Announced]:
    """Return the ladder steps that ``clock`` has reached: a step that comes very late may prove them untrue, too."""
    return [
        Announced(kind=ClockKind.ESCALATED if level else ClockKind.BREACHED, running=replace(running, level=level))
        for running in (clock.running if clock else ())
        for level in range(len(running.rang))
    ]


def _standing(said: Iterable[Announced]) -> dict[object, Announced]:
    """Return the ladder steps that were announced and not retracted since."""
    standing: dict[object, Announced] = {}
    for each in said:
        if each.kind == ClockKind.RETRACTED:
            level = each.running.level
            standing = {rung: s for rung, s in standing.items() if s.promise != each.promise or s.running.level < level}
        elif each.kind in LADDER:
            standing[each.ladder_step] = each
    return standing


def _unsettled(past: ReplayBase, anew: list[Announced], said: list[Announced]) -> tuple[Announced, ...]:
    """Return the part of ``said`` that a further replay may change; ``past`` has the announcements derived since."""
    since = {each.identity for each in past.said}
    settled = {each.identity for each in anew} - since
    ladder = LADDER | {ClockKind.RETRACTED}
    breaches = {each.promise for each in anew if each.kind in ladder and each.identity in settled}
    return tuple(
        each
        for each in said
        if each.identity in since
        or (each.identity not in settled and not (each.kind in ladder and each.promise in breaches))
    )
