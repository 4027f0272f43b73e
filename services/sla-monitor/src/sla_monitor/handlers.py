"""Events in, events out: the contract's types around the clocks."""

from __future__ import annotations

from datetime import datetime

from chassis.wire import Emit, Message
from contracts import topics
from contracts.events import ComplaintUpdated, DerivationDay, SlaBreached, SlaUpdated
from contracts.ids import sla_id
from sla_monitor import clock as clocks
from sla_monitor.clock import ComplaintClock, SlaEvent
from sla_monitor.domain import Rules


def key(message: Message) -> str:
    """The complaint whose clocks the message moves."""
    return message.event.subject


def on_message(
    clock: ComplaintClock | None, message: Message, now: datetime, *, rules: Rules
) -> tuple[ComplaintClock | None, list[Emit]]:
    """A step of a complaint's story moves its clocks; everything else is left alone."""
    if not isinstance(message.data, ComplaintUpdated):
        return clock, []
    clock, events = clocks.decide(clock, message.data, now, rules)
    return clock, [to_emit(event) for event in events]


def on_timer(clock: ComplaintClock, now: datetime) -> tuple[ComplaintClock, list[Emit]]:
    """What time alone makes true at ``now``. Call it only when the story is read past ``now``."""
    clock, events = clocks.due(clock, now)
    return clock, [to_emit(event) for event in events]


def to_emit(event: SlaEvent) -> Emit:
    """``event`` as the contract has it, with an id that is the same whenever it is announced again."""
    return Emit(
        topic=topics.SLA_BREACHED if event.kind == "breached" else topics.SLA_UPDATED,
        subject=event.complaint_id,
        data=_data(event),
        event_id=sla_id(
            event.complaint_id,
            round_=event.round,
            stage=event.stage,
            kind=event.kind,
            deadline_at=event.deadline_at,
        ),
    )


def _data(event: SlaEvent) -> SlaUpdated | SlaBreached:
    derivation = [DerivationDay(date=day.date, counted=day.counted, reason=day.reason) for day in event.derivation]
    if event.kind == "breached":
        return SlaBreached(
            complaint_id=event.complaint_id,
            ticket=event.ticket,
            policy=event.policy,
            stage=event.stage,
            round=event.round,
            deadline_at=event.deadline_at,
            based_on_seq=event.based_on_seq,
            derivation=derivation,
            unit=event.unit,
        )
    return SlaUpdated(
        complaint_id=event.complaint_id,
        ticket=event.ticket,
        kind=event.kind,
        policy=event.policy,
        stage=event.stage,
        round=event.round,
        deadline_at=event.deadline_at,
        warn_at=event.warn_at,
        based_on_seq=event.based_on_seq,
        derivation=derivation,
        unit=event.unit,
    )
