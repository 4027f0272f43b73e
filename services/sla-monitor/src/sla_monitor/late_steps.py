"""What is to be said when a story is told anew, with a step in it that was not there the first time."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from sla_monitor.stage_clock import Running
from sla_monitor.state import LADDER, ComplaintClock, Decision, Past, Said, SlaEvent


def retold(clock: ComplaintClock, derived: list[SlaEvent], past: Past, now: datetime) -> Decision:
    """``clock`` and what must be said of all that was ``derived`` anew; ``past`` knows what was said before.

    That is what had not been said, and that a breach was none. One that was taken back and is one after all is another
    announcement.
    """
    anew = [event.said for event in derived]
    before, after = _breaches(past.said), _breaches(anew)
    taken_back = _retractions(past.said) - _retractions(anew)
    heard, standing = {said.identity for said in past.said}, _standing(past.said)
    retracting = {said.promise for said in anew if said.kind == "retracted"}

    def again(event: SlaEvent) -> SlaEvent | None:
        """``event`` as it is to be announced, None if it stands announced."""
        said = event.said
        if said.kind not in LADDER or said.promise in retracting:
            return None if said.identity in heard else event
        if said.rung in standing:
            return None
        return dataclasses.replace(event, running=_shifted(event.running, taken_back))

    wrong = {
        said.promise: said.running
        for said in past.said
        if said.kind == "breached" and before[said.promise] > after[said.promise] and said.promise not in retracting
    }
    undone = [SlaEvent(kind="retracted", at=now, clock=clock, running=running) for running in wrong.values()]
    fresh = undone + [event for event in map(again, derived) if event]
    taken_back += _retractions(event.said for event in undone)
    clock = replace(clock, running=tuple(_shifted(running, taken_back) for running in clock.running))
    if clock.past is not None:
        said = _unsettled(clock.past, anew, [*past.said, *(event.said for event in fresh)])
        clock = replace(clock, past=replace(clock.past, said=said, rung=past.rung))
    return clock, fresh


def _shifted(running: Running, taken_back: Counter[object]) -> Running:
    """``running`` with a number that no breach of it has had."""
    return replace(running, retracted=running.retracted + taken_back[running.which])


def _breaches(said: Iterable[Said]) -> Counter[object]:
    """By deadline, how often it was said to be missed, less how often that was taken back."""
    net: Counter[object] = Counter()
    for each in said:
        net[each.promise] += (each.kind == "breached") - (each.kind == "retracted")
    return net


def _standing(said: Iterable[Said]) -> set[object]:
    """The steps of ladders that were announced and not taken back since."""
    standing: list[Said] = []
    for each in said:
        if each.kind == "retracted":
            standing = [other for other in standing if other.promise != each.promise]
        elif each.kind in LADDER:
            standing.append(each)
    return {each.rung for each in standing}


def _retractions(said: Iterable[Said]) -> Counter[object]:
    return Counter(each.running.which for each in said if each.kind == "retracted")


def _unsettled(past: Past, anew: list[Said], said: list[Said]) -> tuple[Said, ...]:
    """Of all that was ``said``, what may have to be told anew once more; ``past`` has what was derived since."""
    since = {each.identity for each in past.said}
    settled = {each.identity for each in anew} - since
    breaches = {each.promise for each in anew if each.kind in LADDER and each.identity in settled}
    return tuple(
        each
        for each in said
        if each.identity in since
        or (each.identity not in settled and not (each.kind in LADDER and each.promise in breaches))
    )
