"""Tells stories again after the database was restored, each step with the number that it was told with before.

Readers know a step by its id and its number. A retold step keeps its id, which derives from its cause; its number could
change if other steps come before it now. Steps that were never told come after all told ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from chassis.wire import Emit, Message
from contracts import codec
from contracts.events import ComplaintUpdated, UnitRouted
from contracts.ids import derived_id
from contracts.topics import step_key
from router.case import Case

Changes = dict[str, Case]
Decide = Callable[[Mapping[str, Case], Message, datetime], tuple[Changes, list[Emit]]]
_with = msgspec.structs.replace


@dataclass(frozen=True, kw_only=True)
class PublishedNumbers:
    """The told steps: the number of each by its event's id, and the highest number by ticket."""

    seqs: Mapping[str, int]
    last: Mapping[str, int]


def decide_as_published(
    told: PublishedNumbers, decide: Decide, cases: Mapping[str, Case], message: Message, now: datetime
) -> tuple[Changes, list[Emit]]:
    """Decide as ``decide`` does, with the numbers that the steps were ``told`` with."""
    changes, emits = decide(cases, message, now)
    numbers: dict[str, dict[int, int]] = {}
    for n, emit in enumerate(emits):
        if isinstance(step := emit.data, ComplaintUpdated):
            of_story = numbers.setdefault(step.ticket, {})
            event_id = emit.event_id or derived_id(message.cause, codec.type_of(step), n)
            before = cases[step.ticket].seq if step.ticket in cases else -1
            after_all = max(told.last.get(step.ticket, -1), before, *of_story.values(), -1) + 1
            of_story[step.seq] = told.seqs.get(event_id, after_all)
    changes = {name: _renumbered(case, cases.get(name), numbers.get(name, {})) for name, case in changes.items()}
    return changes, [_numbered(emit, numbers) for emit in emits]


def _numbered(emit: Emit, numbers: Mapping[str, Mapping[int, int]]) -> Emit:
    data = _data(emit.data, numbers)
    key = step_key(data.complaint_id, data.seq) if isinstance(data, ComplaintUpdated) else emit.key
    return replace(emit, data=data, key=key)


def _renumbered(case: Case, before: Case | None, numbers: Mapping[int, int]) -> Case:
    """Return the case with other numbers for the steps taken just now: those above the last one ``before``."""
    if not numbers:
        return case
    last = before.seq if before else -1

    def of(seq: int) -> int:
        return numbers[seq] if seq > last else seq

    return _with(
        case,
        seq=max(last, *numbers.values()),
        resolved_seq=None if case.resolved_seq is None else of(case.resolved_seq),
        asked_seq=None if case.asked_seq is None else of(case.asked_seq),
        happened=[(of(seq), at) for seq, at in case.happened],
    )


def _data(data: Any, numbers: Mapping[str, Mapping[int, int]]) -> Any:
    """Return an event with the final numbers of its steps."""
    match data:
        case ComplaintUpdated():
            return _with(data, seq=numbers[data.ticket][data.seq])
        case UnitRouted(complaint=shown) if shown is not msgspec.UNSET and shown.ticket in numbers:
            of_story = numbers[shown.ticket]
            return _with(data, complaint=_with(shown, seq=of_story.get(shown.seq, shown.seq)))
    return data
