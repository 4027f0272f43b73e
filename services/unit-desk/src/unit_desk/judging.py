"""What somebody else judges of what a unit did: a resolution that is to be confirmed, an appeal. Pure.

The router decides who may, and gives nothing to whom it accuses; here is what the page of it shows.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from contracts.events import ComplaintSnapshot, FollowUp, Past, UnitReplied
from contracts.vocabulary import Action, FollowUpKind, UpdateKind
from unit_desk.acts import OF_A_CONFIRMATION, OF_A_DECISION, Act

#: Not by who has resolved it themselves.
BY_ANOTHER = frozenset({OF_A_CONFIRMATION[0], *OF_A_DECISION})
_JUDGES = frozenset({*OF_A_CONFIRMATION, *OF_A_DECISION})


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What was ``done``, as far as it is known; the last ``mark`` of its reporter, and what ``they`` added last."""

    done: Past | None
    mark: FollowUp | None
    they: FollowUp | None


def is_judged(can: Collection[Act]) -> bool:
    """Whether somebody who ``can`` do that judges what was done."""
    return any(act.slug in _JUDGES for act in can)


def judged(complaint: ComplaintSnapshot) -> Judged:
    """Read what was done of ``complaint``, and what its reporter thinks of it."""
    items = list(reversed(complaint.follow_ups))
    return Judged(
        done=next((past for past in reversed(complaint.history) if past.kind == UpdateKind.RESOLVED), None),
        mark=next((item for item in items if item.rating), None),
        they=next((item for item in items if item.text and item.kind != FollowUpKind.APPEAL), None),
    )


def confirmed(ticket: str) -> UnitReplied:
    """Make the reply that says no more than that it is done."""
    return UnitReplied(ticket=ticket, action=Action.CONFIRM.value)
