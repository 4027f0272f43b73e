"""Judging what a unit did: the confirmation of a resolution, and the decision on an appeal. Pure.

The router decides who may judge, and never the accused; this module collects what the page shows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from contracts.events import ComplaintSnapshot, FollowUp, Past, UnitReplied
from contracts.vocabulary import Action, FollowUpKind, UpdateKind
from unit_desk.acts import OF_A_CONFIRMATION, OF_A_DECISION, Act

#: Not open to the person who resolved it.
BY_ANOTHER = frozenset({OF_A_CONFIRMATION[0], *OF_A_DECISION})
_JUDGES = frozenset({*OF_A_CONFIRMATION, *OF_A_DECISION})


@dataclass(frozen=True, kw_only=True)
class Judged:
    """The work ``done``, if known; the reporter's last rating (``mark``); and the last words that ``they`` added."""

    done: Past | None
    mark: FollowUp | None
    they: FollowUp | None


def is_judged(can: Collection[Act]) -> bool:
    """Whether a person with the acts ``can`` judges what was done."""
    return any(act.slug in _JUDGES for act in can)


def judged(complaint: ComplaintSnapshot) -> Judged:
    """Find what was done about ``complaint``, and what its reporter thinks of it."""
    items = list(reversed(complaint.follow_ups))
    return Judged(
        done=next((past for past in reversed(complaint.history) if past.kind == UpdateKind.RESOLVED), None),
        mark=next((item for item in items if item.rating), None),
        they=next((item for item in items if item.text and item.kind != FollowUpKind.APPEAL), None),
    )


def confirmed(ticket: str) -> UnitReplied:
    """Make the reply that only confirms that the work is done."""
    return UnitReplied(ticket=ticket, action=Action.CONFIRM.value)
