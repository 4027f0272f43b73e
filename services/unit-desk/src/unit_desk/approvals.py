"""Acts that need the consent of the unit's head: which acts, whose, and whether a draft still fits. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.events import ComplaintSnapshot, UnitReplied, UnitRouted
from contracts.vocabulary import Action, Part
from unit_desk import telling
from unit_desk.acts import ACTS, Act, Typed, missing, offered, slug_of
from unit_desk.people import Person, Role
from unit_desk.previews import Preview, preview
from unit_desk.rules import Rules

#: The acts that end a complaint for its unit.
ENDS = frozenset({Action.RESOLVE, Action.REJECT, Action.HAND_OVER})


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A reply that ``person`` wrote at the step ``seen`` for the head; ``agreed`` is ``None`` while it waits."""

    id: UUID
    person: UUID
    at: datetime
    seen: int
    said: UnitReplied
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    agreed: bool | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A draft that waits, as its page shows it: what the citizen would read now, the steps since it was written, and in
    ``barred`` why it can't be sent any longer, if so."""

    draft: Draft
    act: Act
    typed: Typed
    shown: Preview
    moved: list[telling.Step]
    barred: str


def is_wanted(act: Act, complaint: ComplaintSnapshot, person: Person, rules: Rules) -> bool:
    """Whether ``act`` of ``person`` waits for the head of their unit, if the unit has one."""
    mine = person.unit in rules.approving and person.role != Role.PIMPINAN
    return mine and act.action in ENDS and complaint.role == Part.LEAD


def may_decide(person: Person, unit: str) -> bool:
    """Whether ``person`` heads ``unit``."""
    return person.role == Role.PIMPINAN and person.unit == unit


def waiting(
    told: UnitRouted,
    draft: Draft,
    events: Sequence[Mapping[str, Any]],
    rules: Rules,
    photos_at: str,
    *,
    told_today: bool = False,
) -> Waiting:
    """Compare ``draft`` with the complaint as it stands now; ``events`` (without the clock's) are the latest first.

    :func:`unit_desk.previews.preview` explains ``told_today``.
    """
    act, typed = ACTS[slug_of(draft.said)], typed_of(draft.said, photos_at)
    can = act in offered(told, rules)
    problems = missing(act, typed, told, rules) if can else {"act": "Laporan ini sudah berubah."}
    return Waiting(
        draft=draft,
        act=act,
        typed=typed,
        shown=preview(told, draft.said, rules, told_today=told_today),
        moved=telling.since(events, draft.seen, rules),
        barred=" ".join(problems.values()),
    )


def typed_of(said: UnitReplied, photos_at: str) -> Typed:
    """Return the form fields that produce ``said``; files at ``photos_at`` are the desk's own photos."""
    photos = tuple(each for each in said.evidence if each.url.startswith(photos_at))
    return Typed(
        words=said.message or said.reason or "",
        to=said.to or "",
        unit=said.unit or "",
        support=tuple(said.support),
        category=said.category or "",
        into=said.into or "",
        type=said.type or "",
        urgency=said.urgency or "",
        proof=next((each for each in said.evidence if each not in photos), None),
        photos=photos,
    )
