"""Events in, events out: picks the rule for each message, and the topic for each event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import UNSET

from chassis.wire import Emit, Message, Tombstone
from contracts import codec, topics
from contracts import ticket as tickets
from contracts.events import (
    CanaryPassed,
    ComplaintClassified,
    ComplaintErased,
    ComplaintFollowedUp,
    ComplaintReceived,
    ComplaintSupported,
    ComplaintUpdated,
    Evidence,
    Past,
    SlaBreached,
    SlaUpdated,
    UnitReplied,
    UnitRouted,
)
from contracts.evidence_links import keeper_of, link_for
from contracts.ids import derived_id
from contracts.vocabulary import CLOCK_KINDS, URGENT, Status, UpdateKind
from router import clock_steps, duplicates, erasure, follow_ups, merging, registration, replies
from router.case import Case, Out, StepGone
from router.rules import Rules, in_force, reached
from router.transfers import Changes, Result

#: How many steps of a story are remembered with their moments, and how many characters of each of their texts.
KEPT_MOMENTS, KEPT_LETTERS = 20, 1_000
_RULES: dict[type, Callable[[Rules, Case, Any], Result]] = {
    ComplaintReceived: registration.on_received,
    ComplaintClassified: registration.on_classified,
    SlaUpdated: clock_steps.on_clock,
    SlaBreached: clock_steps.on_clock,
    ComplaintSupported: follow_ups.on_supported,
}


def sources(rules: Rules) -> list[str]:
    """List all topics that the router reads."""
    own = [
        topics.RECEIVED,
        topics.CLASSIFIED,
        topics.FOLLOWED_UP,
        topics.SLA_UPDATED,
        topics.SLA_BREACHED,
        topics.ERASED,
        topics.SUPPORTED,
        topics.CANARY,
    ]
    return own + [topics.unit_replied(unit) for unit in rules.units]


def keys(message: Message) -> list[str]:
    """List the tickets that a message touches. Units write tickets as people do; other text touches nothing.

    Raises:
        contracts.codec.InvalidEvent: the event's type does not belong on its topic.
    """
    data: Any = message.data
    topic, kind = message.record.topic, codec.base_type(message.event.type)
    if kind != ("unit.replied.v1" if topics.unit_of(topic) else topic):
        raise codec.InvalidEvent(f"{kind} does not belong on {topic}")
    if isinstance(data, CanaryPassed):
        return []
    if isinstance(data, UnitReplied):
        return [number for given in (data.ticket, data.into or "") if (number := tickets.parse(given))]
    if isinstance(data, ComplaintReceived) and data.part_of:
        return [data.ticket, data.part_of]
    return [data.ticket]


def decide(rules: Rules, cases: Mapping[str, Case], message: Message, now: datetime) -> tuple[Changes, list[Emit]]:
    """Return the changes that ``message`` makes, and the events that tell of them."""
    data: Any = message.data
    if isinstance(data, CanaryPassed):
        return {}, _passed(data)
    rules = in_force(rules, now)
    unit = topics.unit_of(message.record.topic)
    if unit is not None:
        changes, outs = replies.on_replied(rules, cases, unit, message.event.id, data, now)
    else:
        before = cases.get(data.ticket, Case(ticket=data.ticket))
        if before.erasure or isinstance(data, ComplaintErased | Tombstone):
            changes, outs = _of_erased(rules, cases, before, message, now)
        elif isinstance(data, ComplaintFollowedUp):
            changes, outs = follow_ups.on_followed_up(rules, cases, before, data)
        else:
            if isinstance(data, ComplaintReceived) and data.part_of:
                first = cases.get(data.part_of)
                before = registration.apart(before, cases.get(first.parent, first) if first and first.parent else first)
            case, outs = _RULES[type(data)](rules, before, data)
            early = isinstance(data, ComplaintClassified) and case.received is None
            case = msgspec.structs.replace(case, classified_by=message.cause if early else "")
            changes = {case.ticket: case}
            if isinstance(data, ComplaintClassified) and case.status == Status.MERGED:
                followed, more = merging.understood(rules, cases, case)
                changes, outs = {**changes, **followed}, [*outs, *more]
        changes = {ticket: case for ticket, case in changes.items() if case != cases.get(ticket)}
        if before.classified_by and isinstance(data, ComplaintReceived):
            changes, [registered, *routed] = _with_children(rules, cases, changes, outs, now)
            return changes, [registered, *_caused_by(before.classified_by, routed)]
    return _with_children(rules, cases, changes, outs, now)


def _passed(canary: CanaryPassed) -> list[Emit]:
    """Pass on a canary from the classifier, as proof that it came this far; no unit hears of it."""
    if canary.by != "classifier":
        return []
    passed = msgspec.structs.replace(canary, by="router")
    return [Emit(topic=topics.CANARY, subject=canary.canary, data=passed)]


def _caused_by(event_id: str, emits: list[Emit]) -> list[Emit]:
    """Return the events with the ids that they have when the classification is read after its complaint.

    Either may be read first, and after a restore in the other order: with equal ids, an event told twice is one.
    """
    ids = [derived_id(event_id, codec.type_of(emit.data), n) for n, emit in enumerate(emits)]  # type: ignore[arg-type]
    return [replace(emit, event_id=id_) for emit, id_ in zip(emits, ids, strict=True)]


def _of_erased(
    rules: Rules, cases: Mapping[str, Case], case: Case, message: Message, now: datetime
) -> tuple[Changes, list[Out]]:
    """Handle an event about an erased complaint, or the order to erase one: its clock goes on, its text stays away."""
    data: Any = message.data
    match data:
        case ComplaintErased():
            return erasure.on_erased(rules, cases, case, data)
        case Tombstone():
            case, outs = erasure.on_tombstone(case, message.record.topic, data)
            case, more = erasure.finished(case, now)
            return {case.ticket: case}, [*outs, *more]
        case ComplaintReceived() | ComplaintClassified() | ComplaintFollowedUp():
            case, outs = erasure.on_text_again(case, data)
            return {case.ticket: case}, outs
        case SlaUpdated() | SlaBreached():
            case, outs = clock_steps.on_clock(rules, case, data)
            return {case.ticket: case}, outs
    return {}, []


def unclassified(rules: Rules, cases: Mapping[str, Case], ticket: str, now: datetime) -> tuple[Changes, list[Emit]]:
    """Decide about ``ticket``, which was not classified in time; ``rules`` are those in force now."""
    case, outs = registration.on_unclassified(rules, cases[ticket])
    return _with_children(rules, cases, {ticket: case}, outs, now)


def unit_ended(rules: Rules, cases: Mapping[str, Case], ticket: str, now: datetime) -> tuple[Changes, list[Emit]]:
    """Decide about ``ticket``, whose unit or helper has ended; ``rules`` are those in force now."""
    case, outs = registration.on_unit_ended(rules, cases[ticket])
    return _with_children(rules, cases, {ticket: case}, outs, now)


def erased_long_ago(rules: Rules, cases: Mapping[str, Case], ticket: str, now: datetime) -> tuple[Changes, list[Emit]]:
    """Repeat the erasure of ``ticket``, whose topics are due to be cleaned; ``rules`` are those in force now."""
    case, outs = erasure.repeated(rules, cases[ticket])
    return _with_children(rules, cases, {ticket: case}, outs, now)


def released(
    rules: Rules, cases: Mapping[str, Case], ticket: str, now: datetime, *, heard: int, at_once: bool = False
) -> tuple[Changes, list[Emit]]:
    """Release the clock's words about ``ticket``, after all was read that was written before the word ``heard``."""
    case, outs = clock_steps.release(rules, cases[ticket], heard, at_once=at_once)
    return _with_children(rules, cases, {ticket: case}, outs, now)


def compared(
    rules: Rules, cases: Mapping[str, Case], ticket: str, others: list[str], now: datetime
) -> tuple[Changes, list[Emit]]:
    """Decide about ``ticket`` and the similar complaints ``others``; ``rules`` are those in force now."""
    changes, outs = duplicates.compared(
        rules, cases, cases[ticket], [cases[other] for other in others if other in cases]
    )
    return _with_children(rules, cases, changes, outs, now)


def _with_children(
    rules: Rules, cases: Mapping[str, Case], changes: Changes, outs: list[Out], now: datetime
) -> tuple[Changes, list[Emit]]:
    followed, more = merging.follow_parent(rules, {**cases, **changes}, outs)
    outs = [*outs, *more]
    outs = [_with_links(rules, _with_duty(rules, out, now), now) for out in outs]
    changes = _with_readers(cases, {**changes, **followed}, outs)
    return _with_moments(changes, outs, now), [_emit(out) for out in outs]


def _with_duty(rules: Rules, out: Out, now: datetime) -> Out:
    """Add the people on duty to an urgent record: those of the unit that reads it; for the admin, those of all."""
    if not isinstance(out, UnitRouted) or out.complaint is UNSET or out.complaint.urgency not in URGENT:
        return out
    units = rules.on_duty if out.unit == rules.admin else [out.unit]
    return msgspec.structs.replace(out, on_duty=[each for unit in units for each in reached(rules, unit, now)])


def _with_links(rules: Rules, out: Out, now: datetime) -> Out:
    """Replace addresses of attachments by the unit's own links; whether it may open them is checked at the click."""
    if not isinstance(out, UnitRouted) or out.complaint is UNSET:
        return out
    shown, sign = out.complaint, partial(_signed, rules, out.unit, now)
    items = [msgspec.structs.replace(each, evidence=sign(each.evidence)) for each in shown.follow_ups]
    shown = msgspec.structs.replace(shown, evidence=sign(shown.evidence), follow_ups=items)
    return msgspec.structs.replace(out, complaint=shown)


def _signed(rules: Rules, unit: str, now: datetime, files: list[Evidence]) -> list[Evidence]:
    keys = ((each, rules.evidence_keys.get(keeper_of(each.url))) for each in files)
    # Without the key of the intake that keeps a file, nobody could open its link.
    return [
        msgspec.structs.replace(each, url=link_for(key, each.url, unit, now)) if key else each for each, key in keys
    ]


def _with_moments(changes: Changes, outs: list[Out], now: datetime) -> Changes:
    """Remember when each step happened: the clock may have spoken without knowing it."""
    for out in outs:
        if isinstance(out, ComplaintUpdated) and out.kind not in CLOCK_KINDS:
            case = changes[out.ticket]
            happened = [*case.happened, (out.seq, now)][-KEPT_MOMENTS:]
            history = [] if case.erasure else [*_before(case.history, out), _past(out, now)][-KEPT_MOMENTS:]
            changes[out.ticket] = msgspec.structs.replace(case, happened=happened, history=history)
    return changes


def _before(history: list[Past], out: ComplaintUpdated) -> list[Past]:
    """Return the history before ``out``: only the last resolution keeps its proofs."""
    if out.kind != UpdateKind.RESOLVED:
        return history
    return [msgspec.structs.replace(past, evidence=[]) for past in history]


def _past(out: ComplaintUpdated, now: datetime) -> Past:
    said: dict[str, str] = {name: text[:KEPT_LETTERS] for name in ("message", "reason") if (text := getattr(out, name))}
    return Past(kind=out.kind, at=now, unit=out.unit or UNSET, by=out.by, evidence=out.evidence, **said)


def _with_readers(cases: Mapping[str, Case], changes: Changes, outs: list[Out]) -> Changes:
    """Remember the units that have a snapshot of a complaint: they are told when it is erased."""
    for out in outs:
        if not isinstance(out, UnitRouted) or out.complaint is UNSET:
            continue
        ticket = out.complaint.ticket
        case = changes.get(ticket) or cases[ticket]
        if out.unit not in case.told:
            changes[ticket] = msgspec.structs.replace(case, told=[*case.told, out.unit])
    return changes


def _emit(out: Out) -> Emit:
    if isinstance(out, ComplaintUpdated):
        key = topics.step_key(out.complaint_id, out.seq)
        return Emit(topic=topics.UPDATED, subject=out.complaint_id, data=out, key=key)
    if isinstance(out, StepGone):
        key = topics.step_key(out.complaint_id, out.seq)
        return Emit(topic=topics.UPDATED, subject=out.complaint_id, data=Tombstone(ticket=out.ticket), key=key)
    if isinstance(out, ComplaintErased):
        return Emit(topic=topics.ERASED, subject=out.complaint_id, data=out)
    subject = out.complaint.complaint_id if out.complaint is not UNSET else ""
    if not subject and out.reply is not UNSET:
        subject = out.reply.event_id
    return Emit(topic=topics.unit_routed(out.unit), subject=subject, data=out)
