"""The clocks of one complaint: what its story and the passing of time make of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sla_monitor.domain import Day, Policy, Rules, Stage, deadline

Kind = Literal["started", "warned", "breached", "met", "stopped", "lapsed", "retracted"]
NEW_ROUND = frozenset({"reopened", "unmerged"})
_JUST_BEFORE = timedelta(microseconds=1)


class Update(Protocol):
    """What the clocks need to know of a ``complaint.updated`` event."""

    @property
    def complaint_id(self) -> str: ...
    @property
    def ticket(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def lane(self) -> str | None: ...


@dataclass(frozen=True, kw_only=True)
class Running:
    """The clock of one stage. It keeps its deadline even when the policy or the calendar changes."""

    stage: str
    deadline_at: datetime
    warn_at: datetime
    derivation: tuple[Day, ...]
    at_deadline: Literal["breached", "lapsed"]
    warned: bool = False
    breached: bool = False

    @property
    def next_due_at(self) -> datetime | None:
        """When this clock next has something to say by itself."""
        if self.breached:
            return None
        return self.warn_at if self._warns else self.deadline_at

    @property
    def _warns(self) -> bool:
        return not self.warned and self.warn_at < self.deadline_at

    def ring(self) -> tuple[Kind, Running | None]:
        """What it says at ``next_due_at``, and the clock after that; None when it is done."""
        if self._warns:
            return "warned", replace(self, warned=True)
        if self.at_deadline == "lapsed":
            return "lapsed", None
        return "breached", replace(self, breached=True)


@dataclass(frozen=True, kw_only=True)
class ComplaintClock:
    """All that is remembered of one complaint. ``seq`` is the last step of its story that was taken in."""

    complaint_id: str
    ticket: str
    policy: str
    seq: int
    unit: str | None
    lane: str | None
    round: int = 1
    merged: bool = False
    running: tuple[Running, ...] = ()
    missing: tuple[int, ...] = ()  # steps that were dead letters when the later ones came

    @property
    def next_due_at(self) -> datetime | None:
        """When ``due`` has something to say; None while only an update can change anything."""
        return min((at for r in self.running if (at := r.next_due_at) is not None), default=None)


@dataclass(frozen=True, kw_only=True)
class SlaEvent:
    """Something to announce. ``at`` is when it became true: for a timer, the moment the timer was set to."""

    kind: Kind
    at: datetime
    complaint_id: str
    ticket: str
    policy: str
    stage: str
    round: int
    deadline_at: datetime
    warn_at: datetime
    derivation: tuple[Day, ...]
    based_on_seq: int
    unit: str | None
    lane: str | None


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
    clock = replace(clock, missing=(*clock.missing, *range(clock.seq + 1, update.seq)))
    # What happens at the very deadline is in time, so a deadline rings only for what happens after it.
    clock, rung = due(clock, now - _JUST_BEFORE)
    clock = replace(clock, seq=update.seq, unit=update.unit, lane=update.lane)
    clock, changed = _apply(clock, update.kind, now, rules)
    return clock, events + rung + changed


def _late(clock: ComplaintClock, update: Update, now: datetime, rules: Rules) -> Decision:
    """A step that was put back: it counts from when it happened, so what it was in time for is retracted."""
    clock = replace(clock, missing=tuple(seq for seq in clock.missing if seq != update.seq))
    return _apply(clock, update.kind, now, rules)


def due(clock: ComplaintClock, now: datetime) -> Decision:
    """Let every timer ring that is set to ``now`` or earlier. Each rings once."""
    events: list[SlaEvent] = []
    left: list[Running] = []
    for running in clock.running:
        current: Running | None = running
        while current and (at := current.next_due_at) is not None and at <= now:
            kind, after = current.ring()
            events.append(_event(clock, current, kind, at))
            current = after
        left += [current] if current else []
    return replace(clock, running=tuple(left)), sorted(events, key=lambda event: event.at)


def _first_seen(update: Update, rules: Rules) -> Decision:
    """Counts from the receipt, whichever step is seen first: a complaint without a clock would be nobody's."""
    clock = ComplaintClock(
        complaint_id=update.complaint_id,
        ticket=update.ticket,
        policy=rules.default,
        seq=update.seq,
        unit=update.unit,
        lane=update.lane,
    )
    stages = [s for s in rules.policy(rules.default).stages.values() if "registered" in s.starts]
    return _start(clock, stages, update.received_at, rules)


def _apply(clock: ComplaintClock, kind: str, now: datetime, rules: Rules) -> Decision:
    if clock.merged and kind != "unmerged":
        return clock, []  # its story repeats the parent's, and the parent has the clock
    policy = rules.policy(clock.policy)
    clock, events = _end(clock, policy, kind, now)
    clock = replace(clock, policy=policy.name, merged=kind == "merged")
    ticking = {running.stage for running in clock.running}
    stages = [s for s in policy.stages.values() if kind in s.starts and s.name not in ticking]
    if stages and kind in NEW_ROUND:
        clock = replace(clock, round=clock.round + 1)
    if kind != "registered":
        clock, started = _start(clock, stages, now, rules)
        events += started
    return clock, events


def _end(clock: ComplaintClock, policy: Policy, kind: str, now: datetime) -> Decision:
    events: list[SlaEvent] = []
    left: list[Running] = []
    for running in clock.running:
        stage = policy.stages.get(running.stage)
        if stage is not None and kind in stage.ends and now <= running.deadline_at:
            if running.breached:  # announced before this step, made in time, was seen
                events.append(_event(clock, running, "retracted", now))
            events.append(_event(clock, running, "met", now))
        elif stage is None or kind in stage.ends | stage.stops:
            events.append(_event(clock, running, "stopped", now))
        else:
            left.append(running)
    return replace(clock, running=tuple(left)), events


def _start(clock: ComplaintClock, stages: list[Stage], at: datetime, rules: Rules) -> Decision:
    events: list[SlaEvent] = []
    for stage in stages:
        until = deadline(at, stage, rules.calendar)
        running = Running(
            stage=stage.name,
            deadline_at=until.at,
            warn_at=until.warn_at,
            derivation=until.derivation,
            at_deadline=stage.at_deadline,
        )
        clock = replace(clock, running=(*clock.running, running))
        events.append(_event(clock, running, "started", at))
    return clock, events


def _event(clock: ComplaintClock, running: Running, kind: Kind, at: datetime) -> SlaEvent:
    return SlaEvent(
        kind=kind,
        at=at,
        complaint_id=clock.complaint_id,
        ticket=clock.ticket,
        policy=clock.policy,
        stage=running.stage,
        round=clock.round,
        deadline_at=running.deadline_at,
        warn_at=running.warn_at,
        derivation=running.derivation,
        based_on_seq=clock.seq,
        unit=clock.unit,
        lane=clock.lane,
    )
