"""Events in, events out: the contract's types around the clocks."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from msgspec import UNSET

from chassis.wire import Emit, Message
from contracts import topics
from contracts.events import ComplaintUpdated, DerivationDay, SlaBreached, SlaUpdated
from contracts.ids import sla_id
from contracts.vocabulary import ClockKind
from sla_monitor import clock as clocks
from sla_monitor.deadlines import Day
from sla_monitor.rules import Rules
from sla_monitor.state import ComplaintClock, SlaEvent

#: Events that say that a promise was missed.
MISSED = frozenset({ClockKind.BREACHED, ClockKind.ESCALATED})
#: Events that give a deadline, and with it how long the promise is.
PROMISING = frozenset({ClockKind.STARTED, ClockKind.RESUMED, ClockKind.RESCHEDULED})


def key(message: Message) -> str:
    """Return the complaint whose clocks the message moves."""
    return message.event.subject


def on_message(
    clock: ComplaintClock | None, message: Message, now: datetime, *, rules: Rules
) -> tuple[ComplaintClock | None, list[Emit]]:
    """Move a complaint's clocks by a step of its story; ignore all other events."""
    if not isinstance(message.data, ComplaintUpdated):
        return clock, []
    clock, events = clocks.decide(clock, message.data, now, rules)
    return clock, [to_emit(event) for event in events]


def on_timer(clock: ComplaintClock, now: datetime, *, rules: Rules) -> tuple[ComplaintClock, list[Emit]]:
    """Announce everything that time alone makes true at ``now``. Call it only when the story is read past ``now``."""
    clock, events = clocks.due(clock, now, rules)
    return clock, [to_emit(event) for event in events]


def to_emit(event: SlaEvent) -> Emit:
    """Make the contract's event of ``event``; its id stays the same if it is announced again."""
    return Emit(
        topic=topics.SLA_BREACHED if event.kind in MISSED else topics.SLA_UPDATED,
        subject=event.clock.complaint_id,
        data=_breached(event) if event.kind in MISSED else _updated(event),
        event_id=sla_id(
            event.clock.complaint_id,
            event.number,
            round_=event.running.round,
            stage=event.running.stage,
            kind=event.said.distinct,
            deadline_at=event.running.deadline_at,
        ),
    )


def _breached(event: SlaEvent) -> SlaBreached:
    clock, running = event.clock, event.running
    return SlaBreached(
        complaint_id=clock.complaint_id,
        ticket=clock.ticket,
        policy=clock.policy,
        stage=running.stage,
        round=running.round,
        deadline_at=running.deadline_at,
        based_on_seq=clock.seq,
        derivation=_derivation(running.derivation),
        unit=clock.unit,
        level=running.level,
        escalate_to=list(event.escalate_to),
        number=event.number,
        due_at=event.at,
    )


def _updated(event: SlaEvent) -> SlaUpdated:
    clock, running = event.clock, event.running
    return SlaUpdated(
        complaint_id=clock.complaint_id,
        ticket=clock.ticket,
        kind=event.kind,
        policy=clock.policy,
        stage=running.stage,
        round=running.round,
        deadline_at=running.deadline_at,
        warn_at=running.warn_at,
        based_on_seq=clock.seq,
        derivation=_derivation(running.derivation),
        unit=clock.unit,
        reason=event.reason or UNSET,
        promise=running.term.in_words if event.kind in PROMISING else UNSET,
        paused_until=(running.paused_until or UNSET) if event.kind == ClockKind.PAUSED else UNSET,
        level=running.level if event.kind == ClockKind.RETRACTED else 0,
        number=event.number,
        due_at=event.at if event.by_time else UNSET,
    )


@lru_cache(maxsize=4096)
def _derivation(days: tuple[Day, ...]) -> list[DerivationDay]:
    return [
        DerivationDay(
            date=day.date,
            counted=day.counted,
            reason=day.reason,
            kind=day.kind or UNSET,
            share=day.share if day.share < 1 else UNSET,
            code=day.code or UNSET,
            amount=day.amount or UNSET,
            called=day.called or UNSET,
        )
        for day in days
    ]
