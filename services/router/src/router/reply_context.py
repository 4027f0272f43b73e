"""A reply and its case, as each action of a unit gets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.events import UnitReplied
from contracts.vocabulary import ACTIVE
from router.case import Case, Out
from router.masked import brief
from router.refusal import Refusal
from router.rules import Assignment, Rules, lane_of
from router.transfers import Changes, accused_units


@dataclass(frozen=True, kw_only=True)
class ReplyContext:
    """A reply, its case, and all cases that it may touch; ``by`` is the unit that replied, ``now`` the moment."""

    rules: Rules
    cases: Mapping[str, Case]
    case: Case
    by: str
    data: UnitReplied
    now: datetime


Outcome = tuple[Changes, list[Out]] | Refusal
Act = Callable[[ReplyContext], Outcome]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """``needs`` are the fields a reply must carry; ``triage`` actions are for a unit that has it in the triage lane."""

    act: Act
    statuses: frozenset[str] = ACTIVE
    needs: tuple[str, ...] = ()
    triage: bool = False


def named_units(given: ReplyContext, reason: str) -> Assignment | Refusal:
    """Return the units that the reply names to work on it and to help; refuse unknown and accused ones."""
    rules, data = given.rules, given.data
    unit, *helpers = [code.strip().upper() for code in [data.unit or "", *data.support]]
    for code in (unit, *helpers):
        if code not in rules.units:
            return Refusal("unknown_unit", f"unit {brief(code)!r} tidak ada")
        if code in accused_units(rules, given.case):
            return Refusal("accused", f"laporan ini tentang {code}, tidak dapat diteruskan ke {code}")
    return Assignment(lane=lane_of(rules, unit), unit=unit, reason=reason, support=helpers)
