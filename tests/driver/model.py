"""The conditions at the end of every run. The model judges only events and messages, by rules of its own."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from fold import CLOCK, Fold, Rung, folded
from truth import Clock, Event, clocks_of

from chassis.wire import Message
from contracts.events import ComplaintUpdated

if TYPE_CHECKING:
    from driver import World

REPEATED = {"acknowledged", "in_progress", "resolved", "closed", "reopened", "handed_over", "rejected", "appealed"}
WITH_A_UNIT = {"routed", "acknowledged", "in_progress", "waiting_for_reporter"}
OPEN = WITH_A_UNIT | {"registered"}
FINAL = {"closed", "handed_over", "rejected", "cancelled"}
#: Steps that begin or hide a round.
ROUNDS = {"merged", "unmerged", "resolved", "reopened"}
NOTHING_PROMISED = FINAL | {"resolved", "appealed"}
OF_APPEAL = {"appeal", "appeal-acknowledgement"}
MOMENT = re.compile(r"<([^>]+)>")


def complaints(world: World) -> Iterator[tuple[str, list[Message]]]:
    for received in world.people.complaints:
        yield received.ticket, world.story(received.ticket)


def wrong(world: World) -> list[str]:
    """List all faults at the end of ``world``, in words."""
    found = [*ids(world), *answers(world)]
    for ticket, story in complaints(world):
        seqs = [m.data.seq for m in story]  # type: ignore[union-attr]
        if seqs != list(range(len(story))) or not story:
            found.append(f"{ticket}: its story has the steps {seqs}")
            continue
        for look in (deadlines, views, people_told, units_told, merged, with_somebody):
            found += [f"{ticket}: {each}" for each in look(world, ticket, story)]
    return found


def ids(world: World) -> Iterator[str]:
    """Check that an id never belongs to two events, and that only people say one twice."""
    seen: dict[str, tuple[str, bytes | None]] = {}
    for message in world.broker.all:
        if message.event.source == "/people":
            continue
        here = message.record.topic, message.record.value
        if message.event.id in seen:
            same = "again" if seen[message.event.id] == here else "with other bytes"
            yield f"{message.event.id} is written {same}: {message.data}"
        seen[message.event.id] = here


def answers(world: World) -> Iterator[str]:
    """Check that each reply of a unit is answered exactly once."""
    data = [m.data for m in world.broker.all]
    got = Counter((d.unit, d.reply.event_id) for d in data if getattr(d, "reply", None))  # type: ignore[union-attr]
    for unit, reply in world.people.replies:
        if got[unit, reply] != 1:
            yield f"{reply} of {unit} is answered {got[unit, reply]} times"


def truth(world: World, story: list[Message]) -> list[Clock]:
    events = [
        Event(d.seq, d.kind, d.lane, d.note or None, m.time)
        for m in story
        if isinstance(d := m.data, ComplaintUpdated) and d.kind not in CLOCK
    ]
    return clocks_of(events, story[0].data.received_at, world.horizon)  # type: ignore[union-attr]


def deadlines(world: World, ticket: str, story: list[Message]) -> Iterator[str]:
    """Check that the story tells each missed deadline, and no other."""
    fold, case = folded(story), world.router.states[ticket]
    clocks = truth(world, story)
    true = {(clock.stage, clock.deadline, level): clock for clock in clocks for level in range(len(clock.rang))}
    parents = {str(d.parent) for m in story if isinstance(d := m.data, ComplaintUpdated) and d.kind == "merged"}
    of_parents = {
        (clock.stage, clock.deadline, level)
        for parent in parents
        for clock in truth(world, world.story(parent))
        for level in range(len(clock.rang))
    }
    for parent in parents - {fold.parent}:  # the complaint left it before the parent's breach was retracted
        of_parents |= {
            r
            for m in world.story(parent)
            if (r := _rung(m.data)) and getattr(m.data, "kind", "") in ("breached", "escalated")
        }
    # A retraction that is replayed after a part of its ladder was announced again is passed over as a whole.
    dead: list[Any] = [m.data for m in world.router.ever_dead]
    halves = {(d.stage, d.deadline_at) for d in dead if getattr(d, "kind", "") == "retracted"}
    for rung in fold.told.keys() - true.keys() - of_parents:
        if not rung[2] or rung[:2] not in halves:
            yield f"{rung} is told, and not true"
    lost = {_rung(m.data) for m in world.router.ever_dead if getattr(m.data, "ticket", "") == ticket}
    # A replayed classification can restart a deadline within a millisecond: it is told once.
    said = {_promise(rung) for rung in fold.told}
    for rung in {rung for rung in true if _promise(rung) not in said} - lost:
        clock, moment = true[rung], true[rung].rang[rung[2]]
        runs = clock.ended is None and (bool(case.rights) if rung[0] == "rights" else works_at(rung[0], fold))
        # An event of a round that is over has no effect when it is replayed.
        past = clock.ended is not None and any(service.ever_dead for service in world.services)
        if rung[0] == "completion" and any(m.data.kind in ROUNDS for m in world.sla.ever_dead):  # type: ignore[union-attr]
            continue  # it may have counted too many rounds: for the router an event of a lower round is outdated
        needed = runs if rung[2] or rung[0] == "rights" else not past and not _was_merged(story, moment)
        if needed:
            yield f"{rung} is true since {moment:%T}, and not told; held: {[w.kind for w in case.held]}"
    if case.held:
        yield f"held at the end: {[(w.kind, w.stage, w.number) for w in case.held]}"
    if ticket in world.given_up:
        yield "what was held was given up"
    back = [m.data for m in story if m.data.kind == "retracted"]  # type: ignore[union-attr]
    if back and not any(service.ever_dead for service in world.services):
        yield f"taken back without a dead letter: {[(d.seq, d.stage, d.level) for d in back]}"  # type: ignore[union-attr]


def works_at(stage: str, fold: Fold) -> bool:
    """Whether as of ``fold`` somebody still has to keep the promise of ``stage``."""
    if stage == "confirmation":
        return fold.to_confirm
    return fold.status == "appealed" if stage in OF_APPEAL else fold.status in OPEN


def _promise(rung: Rung) -> tuple[str, str, int]:
    """Return the router's key of a promise."""
    return rung[0], f"{rung[1].timestamp():.3f}", rung[2]


def _rung(data: Any) -> Rung | None:
    return (data.stage, data.deadline_at, data.level or 0) if hasattr(data, "escalate_to") else None


def _was_merged(story: list[Message], since: datetime) -> bool:
    """Whether it has had a parent at some time since: then its own clock was not heard."""
    still = folded(story).parent is not None
    return still or any(m.data.kind in ("merged", "unmerged") and m.time >= since for m in story)  # type: ignore[union-attr]


def views(world: World, ticket: str, story: list[Message]) -> Iterator[str]:
    """Check that each intake's view agrees with the story, in whatever order it read the steps."""
    fold = folded(story)
    facts = ["status", "unit", "support", "parent", "deadline_at", "breached", "paused", "reopen_until"]
    for name in world.intakes:
        view = world.service(name).states.get(ticket)
        if view is None:
            yield f"{name} has no view of it"
            continue
        for fact in facts:
            if getattr(view, fact) != getattr(fold, fact):
                yield f"{name} has {fact} {getattr(view, fact)}, and the story {getattr(fold, fact)}"
        if view.seq != story[-1].data.seq:  # type: ignore[union-attr]
            yield f"{name} has read to {view.seq}"
        if name == story[0].data.origin:  # type: ignore[union-attr]
            kept = [step.seq for step in view.steps]
            missing = [d.seq for m in story if is_shown(d := m.data) and d.seq not in kept]  # type: ignore[union-attr]
            if missing or kept != sorted(set(kept)):
                yield f"{name} shows the steps {kept}, and not {missing}"


def is_shown(step: Any) -> bool:
    """Whether its reporter reads ``step``; most steps of the clock and requests for help are not shown."""
    return step.kind not in CLOCK and step.note != "help_asked"


def people_told(world: World, ticket: str, story: list[Message]) -> Iterator[str]:
    """Check that the reporter hears each step, each broken promise once and no false one, and the deadline."""
    origin = story[0].data.origin  # type: ignore[union-attr]
    if origin not in world.notices:
        return
    rows = [row for (about, _, _), row in world.notices[origin].rows.items() if about == ticket]
    if unsent := [row.text for row in rows if not row.sent]:
        yield f"never sent: {unsent}"
    keys = Counter(str(row.notice.kind) + row.notice.key for row in rows)
    steps: dict[int, ComplaintUpdated] = {m.data.seq: m.data for m in story}  # type: ignore[union-attr,misc]
    receipt = next((row.text for row in rows if row.notice.kind == "receipt"), "")
    dead: list[Any] = [m.data for m in world.service(origin).ever_dead]
    lost = {d.seq for d in dead if isinstance(d, ComplaintUpdated) and d.ticket == ticket}
    done = [step for step in steps.values() if is_shown(step) and step.kind != "registered" and step.seq not in lost]
    begun = list(takewhile(lambda step: step.kind in ("routed", "handed_over") and not step.note, done))
    for seq, step in steps.items():
        # The receipt tells the last of the steps that led to the first unit, also if one was a dead letter.
        after = begun[begun.index(step) :] if step in begun else [step] if seq in lost else []
        in_receipt = step.kind in ("routed", "handed_over") and any(world.is_in_receipt(s, receipt) for s in after)
        told = not is_shown(step) or keys[f"step{seq}"] or in_receipt
        if step.kind not in ("registered", "in_progress") and not told:
            yield f"step {seq} is not told to its reporter"
    yield from _apologies(world, origin, story, rows)
    fold, view = folded(story), world.service(origin).states[ticket]
    public = origin == "intake-social" and view.rahasia  # everybody reads the thread, so it gets only the status
    if (
        fold.status in NOTHING_PROMISED
        or fold.paused
        or fold.breached
        or view.deadline_untold
        or public
        or view.undated
    ):
        return
    dates = [datetime.fromisoformat(moment) for row in rows for moment in MOMENT.findall(row.text)]
    said = [m.time for m in story if m.data.deadline_at == fold.deadline_at]  # type: ignore[union-attr]
    if fold.deadline_at and fold.deadline_at > said[-1] and fold.deadline_at not in dates:  # a past one is not told
        yield f"until {fold.deadline_at} is not told, but {[f'{date:%T.%f}' for date in dates]}"


def _apologies(world: World, origin: str, story: list[Message], rows: list[Any]) -> Iterator[str]:
    fold, status, breaches = folded(story), dict[int, str](), Counter[tuple[str, datetime]]()
    now = Fold()
    for message in story:
        now.take(message.data)
        status[message.data.seq] = now.status  # type: ignore[union-attr]
    steps = {m.data.seq: m.data for m in story}  # type: ignore[union-attr]
    for row in rows:
        if row.notice.kind in ("apology", "correction"):
            step: Any = steps[int(row.notice.key)]
            breaches[step.stage, step.deadline_at] += 1 if row.notice.kind == "apology" else -1
            if row.notice.kind == "correction" and not any(service.ever_dead for service in world.services):
                yield "an apology is taken back without a dead letter"
    for (stage, deadline), n in breaches.items():
        said_when = fold.told.get((stage, deadline, 0), "")
        nothing_promised = not {said_when, fold.status}.isdisjoint(NOTHING_PROMISED)
        if n != (1 if (stage, deadline, 0) in fold.told else 0) and not (n == 0 and nothing_promised):
            yield f"{stage} {deadline}: apologized {n} times"
    if world.service(origin).ever_dead:
        return  # it may have taken it for done, or it was done when the breach was replayed
    for (stage, deadline, level), when in fold.told.items():
        promised = stage == "rights" or not {when, fold.status} & NOTHING_PROMISED
        if level == 0 and stage in ("completion", "rights") and promised and breaches[stage, deadline] != 1:
            yield f"{stage} {deadline} is late, and nobody apologized"


def units_told(world: World, ticket: str, story: list[Message]) -> Iterator[str]:
    """Check that the unit that has the complaint hears of each missed deadline, and sees the present one."""
    records = [d for m in world.broker.all if (c := getattr(d := m.data, "complaint", None)) and c.ticket == ticket]
    heard = {(d.why, d.complaint.seq) for d in records}  # type: ignore[union-attr]
    fold = Fold()
    for message in story:
        step: Any = message.data
        fold.take(step)
        own = not (step.stage == "completion" and fold.status == "merged") and works_at(step.stage, fold)
        if step.kind in ("breached", "escalated") and own and (step.kind, step.seq) not in heard:
            yield f"of step {step.seq}, {step.kind} {step.stage}, no unit hears"
    if fold.status in WITH_A_UNIT:
        shown: list[Any] = [d.complaint for d in records if d.unit == fold.unit]  # type: ignore[union-attr]
        if fold.deadline_at and (not shown or shown[-1].deadline_at != fold.deadline_at):
            yield f"{fold.unit} does not see {fold.deadline_at}"


def with_somebody(world: World, ticket: str, story: list[Message]) -> Iterator[str]:
    """Check that each complaint belongs to somebody."""
    fold = folded(story)
    held = WITH_A_UNIT | {"appealed"}
    if fold.status == "registered" or ((fold.status in held or fold.to_confirm) and fold.unit is None):
        yield f"{fold.status}, and with nobody"
    yield from _silence(ticket, story)
    records = [d for m in world.broker.all if (c := getattr(d := m.data, "complaint", None)) and c.ticket == ticket]
    last = [d.why for d in records if d.unit == fold.unit][-1:]  # type: ignore[union-attr]
    if fold.status in held and last in ([], ["withdrawn"]):
        yield f"{fold.unit} has it, and heard last: {last}"


def _silence(ticket: str, story: list[Message]) -> Iterator[str]:
    """Check that silence does not close a complaint that needs a confirmation."""
    now = Fold()
    for message in story:
        step: Any = message.data
        if step.kind == "closed" and now.to_confirm and step.code == "lapsed":
            yield f"step {step.seq} closes what nobody has confirmed"
        now.take(step)


def merged(world: World, ticket: str, story: list[Message]) -> Iterator[str]:
    """Check that a merged complaint is told the same as its parent."""
    parent: str | None = None
    over = False
    due: list[tuple[str, Any]] = []
    mine: list[tuple[str, Any]] = []
    for message in world.broker.all:
        step: Any = message.data
        if message.record.topic != "complaint.updated.v1" or step.ticket not in (ticket, parent):
            continue
        about = step.kind, step.deadline_at if step.kind in CLOCK else None
        repeats = step.kind in REPEATED and step.note != "undone"
        counts = repeats or (step.kind in CLOCK and step.stage == "completion")
        if step.ticket == ticket:
            if parent and counts:
                mine.append(about)
            if step.kind in ("merged", "unmerged"):
                parent, over = step.parent or None, False
            if step.status in FINAL:
                break
        elif counts and not over:  # events of a parent that has ended do not concern its children
            due.append(about)
            over = step.status in FINAL
    mine = [about for about in mine if about[0] != "retracted" or about in due]  # it may retract its own earlier events
    if Counter(mine) != Counter(due):
        yield f"as a child it is told {mine}, and its parent {due}"
