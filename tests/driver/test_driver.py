"""The decisions of router, sla-monitor and intakes together: right in the end despite any fault; and this can fail.

Complaints, replies and faults are drawn from a seed (:mod:`driver`, :mod:`people`), and judged by a model that shares
no code with the services (:mod:`model`, :mod:`truth`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import msgspec
import pytest
from driver import World
from machinery import Faults
from model import wrong

from contracts.events import ComplaintUpdated
from contracts.vocabulary import UpdateKind
from intake import projection
from intake.complaint_view import ComplaintView
from intake.effects import Decided
from intake.projection import ComplaintProjection as Projection
from router import clock_steps, handlers, merging
from router.case import Case
from router.clock_event import ClockEvent
from sla_monitor import clock as clocks
from sla_monitor import handlers as sla_handlers
from sla_monitor.state import SlaEvent
from testing.lengths import length

#: The seeds of `make check`, and those that `make test` and `make soak` take on top.
FEW, MANY = range(40), range(40, length(140, 3_000))
#: Seeds among which a rare mistake must be found.
ENOUGH = range(300)
OUTAGES, SLOW, DEAD_LETTERS = Faults(), Faults(slow=0.15, slow_s=15), Faults(lost=0.03)
HARD = pytest.mark.parametrize(
    "faults", [OUTAGES, SLOW, DEAD_LETTERS], ids=["outages", "slow partitions", "dead letters"]
)
_replace = msgspec.structs.replace


def judged(seed: int, faults: Faults) -> list[str]:
    return [f"seed {seed}: {each}" for each in wrong(World(seed, faults).run())]


@HARD
def test_all_is_right_in_the_end(faults: Faults) -> None:
    assert [each for seed in FEW for each in judged(seed, faults)] == []


@pytest.mark.slow
@pytest.mark.soak
@HARD
def test_all_is_right_in_the_end_with_many_seeds(faults: Faults) -> None:
    assert [each for seed in MANY for each in judged(seed, faults)] == []


def test_there_is_something_to_be_wrong() -> None:
    """The seeds bring about each step that can go wrong, and many dead letters."""
    kinds, notes, dead = Counter[str](), Counter[str](), 0
    for seed in FEW:
        world = World(seed, DEAD_LETTERS).run()
        kinds.update(m.data.kind for m in world.broker.all if hasattr(m.data, "kind"))
        notes.update(m.data.note for m in world.broker.all if isinstance(m.data, ComplaintUpdated) and m.data.note)
        dead += sum(len(service.ever_dead) for service in world.services)
    wanted = [
        "breached",
        "escalated",
        "retracted",
        "upheld",
        "paused",
        "resumed",
        "lapsed",
        "merged",
        "reopened",
        "appealed",
    ]
    assert [kind for kind in wanted if kinds[kind] < 20] == []
    assert [note for note in ("to_confirm", "confirmed", "not_confirmed", "help_asked") if not notes[note]] == []
    assert dead > 100


def say_at_once(case: Case, word: ClockEvent) -> bool:
    return False


def releases_all(real: Any) -> Any:
    return lambda rules, case, heard, **more: real(rules, case, 10**6, **more)


def at_once(real: Any) -> Any:
    """Publish events of the timers immediately, like any other."""

    def of(data: Any) -> ClockEvent:
        word: ClockEvent = _replace(real(data), due_at=None)
        return word

    return of


def without(name: str) -> Callable[[Any], Any]:
    """Hide ``name`` from the router."""

    def plant(real: Any) -> Any:
        def decide(rules: Any, cases: Any, message: Any, now: datetime) -> Any:
            return ({}, []) if getattr(message.data, "kind", "") == name else real(rules, cases, message, now)

        return decide

    return plant


def always_sets(view: ComplaintView, group: str, seq: int, **facts: Any) -> ComplaintView:
    return _replace(view, set_by={**view.set_by, group: seq}, **facts)


def without_number(real: Any) -> Any:
    return lambda complaint, number, **about: real(complaint, 0, **about)


def untold_is_dropped(self: Any, view: ComplaintView, data: ComplaintUpdated, *, moved: bool) -> Decided:
    return Decided(_replace(view, pending=None))


def nothing_corrected(self: Any, view: ComplaintView, data: ComplaintUpdated) -> Decided:
    return Decided(view)


def nothing_late(*what: Any) -> list[SlaEvent]:
    return []


def no_moments(changes: Mapping[str, Case], outs: Any, now: datetime) -> Mapping[str, Case]:
    return changes


def never_stale(real: Any) -> Any:
    def say(rules: Any, case: Case, word: ClockEvent) -> Any:
        after, outs = real(rules, _replace(case, clocks={}), word)
        return _replace(after, clocks={}), outs

    return say


#: Module or class, name, its replacement, and the faults under which the bug is found.
BUGS: dict[str, tuple[Any, str, Callable[[Any], Any], Faults]] = {
    "breaches are told at once": (ClockEvent, "of", at_once, OUTAGES),
    "released before all is read": (clock_steps, "release", releases_all, SLOW),
    "late steps are not waited for": (clock_steps, "_is_undecided", lambda real: say_at_once, OUTAGES),
    "upheld is ignored": (handlers, "decide", without("upheld"), OUTAGES),
    "retracted is ignored": (handlers, "decide", without("retracted"), DEAD_LETTERS),
    "what is held is not taken back": (clock_steps, "_standing", lambda real: lambda held: held, OUTAGES),
    "stale words are said": (clock_steps, "_say", never_stale, DEAD_LETTERS),
    "no step's moment is remembered": (handlers, "_with_moments", lambda real: no_moments, OUTAGES),
    "children hear nothing of the clock": (merging, "CLOCK_KINDS", lambda real: frozenset(), OUTAGES),
    "children hear nothing of their parent": (merging, "REPEATED", lambda real: frozenset(), OUTAGES),
    "ids without the number": (sla_handlers, "sla_id", without_number, OUTAGES),
    "late steps are not answered": (clocks, "_upheld", lambda real: nothing_late, OUTAGES),
    "clock steps move the clock": (clocks, "_STORY", lambda real: frozenset(UpdateKind), OUTAGES),
    "the last writer wins": (projection, "_set", lambda real: always_sets, DEAD_LETTERS),
    "a new round's date is not told": (Projection, "_tell_deadline", lambda real: untold_is_dropped, OUTAGES),
    "silence closes what is to be confirmed": (clock_steps, "is_to_confirm", lambda real: lambda case: False, OUTAGES),
    "no apology is corrected": (Projection, "_correct", lambda real: nothing_corrected, DEAD_LETTERS),
}  # fmt: skip


@pytest.mark.parametrize("bug", BUGS)
def test_it_finds(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place, name, plant, faults = BUGS[bug]
    monkeypatch.setattr(place, name, plant(getattr(place, name)))
    assert any(judged(seed, faults) for seed in ENOUGH)
