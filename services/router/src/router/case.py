"""A complaint as the router knows it, and the two ways in which it tells of a change."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import UNSET, Struct

from contracts.events import (
    Candidate,
    ComplaintClassified,
    ComplaintFollowedUp,
    ComplaintReceived,
    ComplaintSnapshot,
    ComplaintUpdated,
    DerivationDay,
    FollowUp,
    ReplyAnswer,
    UnitRouted,
)

Out = ComplaintUpdated | UnitRouted

ACTIVE = frozenset({"routed", "acknowledged", "in_progress"})
#: A unit has it, though it may be the reporter's turn: the clock is that unit's business.
HELD = ACTIVE | {"waiting_for_reporter"}
FINAL = frozenset({"closed", "handed_over", "rejected", "cancelled"})


class Case(Struct, frozen=True, kw_only=True):
    """The state of one complaint. Before its ``received`` has come, only what came early is in it."""

    ticket: str
    received: ComplaintReceived | None = None
    classified: ComplaintClassified | None = None
    followed_up: ComplaintFollowedUp | None = None  # early: waits for the received
    status: str = "unknown"
    seq: int = -1
    unit: str | None = None
    lane: str | None = None
    category: str | None = None
    triage_acted: bool = False
    returns: int = 0
    had: list[str] = []  # the units that were to work on it, in order
    resolved_seq: int | None = None
    parent: str | None = None
    follow_ups: list[FollowUp] = []
    deadline_at: datetime | None = None
    derivation: list[DerivationDay] = []


def known(case: Case) -> ComplaintReceived:
    """The complaint itself; only asked for cases that are registered."""
    assert case.received is not None  # noqa: S101  (the table of transitions starts at registered)
    return case.received


def about_units(case: Case) -> list[str]:
    """The units this complaint is about: none of them may judge it."""
    return case.classified.about_units if case.classified else []


def advance(case: Case, kind: str, status: str | None = None, **facts: object) -> tuple[Case, ComplaintUpdated]:
    """The next step of the story. ``facts`` are the optional fields of the event (message, reason, …)."""
    received, found = known(case), case.classified
    case = msgspec.structs.replace(case, seq=case.seq + 1, status=status or kind)
    update = ComplaintUpdated(
        complaint_id=received.complaint_id,
        ticket=case.ticket,
        seq=case.seq,
        kind=kind,  # type: ignore[arg-type]
        status=case.status,
        channel=received.channel,
        origin=received.origin,
        received_at=received.received_at,
        unit=case.unit,
        lane=case.lane,  # type: ignore[arg-type]
        category=case.category,
        type=found.type if found else None,
        urgency=found.urgency if found else None,
        **{name: value for name, value in facts.items() if value},  # type: ignore[arg-type]
    )
    return case, update


def snapshot(case: Case) -> ComplaintSnapshot:
    """All that the unit of ``case`` needs, as of now."""
    received, found = known(case), case.classified
    assert case.unit is not None  # noqa: S101  (only units are shown one)
    return ComplaintSnapshot(
        complaint_id=received.complaint_id,
        ticket=case.ticket,
        seq=case.seq,
        status=case.status,
        unit=case.unit,
        lane=case.lane,  # type: ignore[arg-type]
        channel=received.channel,
        text=received.text,
        received_at=received.received_at,
        anonim=received.anonim,
        rahasia=received.rahasia,
        category=case.category,
        type=found.type if found else None,
        urgency=found.urgency if found else None,
        place=found.place if found else UNSET,
        place_stated=received.place,
        candidates=found.top if found else list[Candidate](),
        evidence=received.evidence,
        follow_ups=case.follow_ups,
        deadline_at=case.deadline_at or UNSET,
        derivation=case.derivation,
    )


def tell_unit(case: Case, why: str, *, unit: str | None = None, reason: str | None = None) -> list[Out]:
    """A record for the case's unit, or for the ``unit`` that had it before; nobody to tell, no record."""
    to = unit or case.unit
    if to is None:
        return []
    return [UnitRouted(why=why, unit=to, complaint=snapshot(case), reason=reason or UNSET)]  # type: ignore[arg-type]


def answer(unit: str, reply_id: str, case: Case | None, refused: str | None = None) -> UnitRouted:
    """The one answer to a reply. A refusal for a complaint that isn't the unit's shows nothing of it."""
    reply = ReplyAnswer(event_id=reply_id, accepted=refused is None, reason=refused or UNSET)
    return UnitRouted(why="replied", unit=unit, complaint=snapshot(case) if case else UNSET, reply=reply)
