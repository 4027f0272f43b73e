"""Builds the records that tell a unit of a complaint, with a snapshot for this reader, and answers to replies. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from contracts.events import (
    Appeal,
    Candidate,
    ComplaintSnapshot,
    Confirmation,
    FollowUp,
    Past,
    ReplyAnswer,
    UnitRouted,
)
from contracts.vocabulary import WITH_A_UNIT, Lane, Part, Status, Why
from router.case import (
    Case,
    Out,
    about_units,
    is_rahasia,
    is_to_confirm,
    known,
    perhaps_about,
    supporters,
    urgency_of,
    waits,
)
from router.refusal import Refusal
from router.rules import priority

_replace = msgspec.structs.replace
_OPEN = WITH_A_UNIT | {Status.RETURNED}

#: Replaces a confidential text for units that don't handle it.
WITHHELD = "(Laporan rahasia: isinya hanya diperlihatkan kepada unit yang menangani.)"


def snapshot(case: Case, reader: str) -> ComplaintSnapshot:
    """Return all that ``reader`` needs, as of now. ``unit`` is the lead or, while nobody leads, the reader.

    A unit that does not handle a confidential complaint gets no words of it; the one that ``forwards`` it to an office
    outside does.
    """
    shown = _whole(case, reader)
    forwards = case.forwards if case.status == Status.HANDED_OVER else None
    if reader in (case.unit, *supporters(case), forwards):
        return shown
    items = [_silent(each) if shown.rahasia or each.rahasia else each for each in shown.follow_ups]
    shown = _replace(shown, follow_ups=items, appeal=_appeal(case, items))
    return _withheld(shown) if shown.rahasia else shown


def _withheld(shown: ComplaintSnapshot) -> ComplaintSnapshot:
    """Return ``shown`` without the citizen's words and units' answers: its matter, place, deadline and unit stay."""
    return _replace(
        shown,
        text=WITHHELD,
        place=_replace(shown.place, stated=None) if shown.place else UNSET,
        place_stated=UNSET,
        position=UNSET,
        occurred=UNSET,
        candidates=[_replace(each, evidence=[]) for each in shown.candidates],
        evidence=[],
        support=[_replace(each, message=UNSET, request=UNSET) for each in shown.support],
        history=[wordless(each) for each in shown.history],
        question=UNSET,
        reopened=0,
        unheard=False,
    )


def wordless(past: Past) -> Past:
    """Return ``past`` without what anybody wrote."""
    return _replace(past, message=UNSET, reason=UNSET, evidence=[])


def _appeal(case: Case, items: Sequence[FollowUp]) -> Appeal | UnsetType:
    """Return the appeal as a unit reads it, with the words of its item among ``items``."""
    made = case.appeal
    if made is None:
        return UNSET
    text = next((item.text for item in items if item.id == made.id), UNSET)
    upheld = UNSET if made.upheld is None else made.upheld
    return Appeal(
        unit=made.unit,
        at=made.at,
        rating=made.rating,
        text=text,
        by=made.by or UNSET,
        upheld=upheld,
        deadline_at=made.deadline_at or UNSET,
    )


def is_unheard(case: Case) -> bool:
    """Whether the reporter of an open complaint has added something since a unit last replied; an appeal is no such
    thing. ``adapters/store.py`` counts by the same rule."""
    return (
        case.status in _OPEN
        and bool(case.follow_ups)
        and all(past.at < case.follow_ups[-1].at for past in case.history if past.by)
    )


def _confirmation(case: Case) -> Confirmation | UnsetType:
    if case.to_confirm is None or not is_to_confirm(case):
        return UNSET
    made = case.to_confirm
    return Confirmation(since=made.at, deadline_at=made.deadline_at or UNSET, closes=made.lapsed)


def _silent(item: FollowUp) -> FollowUp:
    return _replace(item, text=UNSET, evidence=[])


def _whole(case: Case, reader: str) -> ComplaintSnapshot:
    received, found = known(case), case.classified
    reporters = 1 + len(case.merged)
    # If the reader is accused, a person gave it to that unit after reading it.
    sure = [unit for unit in dict.fromkeys(about_units(case)) if unit != reader]
    return ComplaintSnapshot(
        complaint_id=received.complaint_id,
        ticket=case.ticket,
        seq=case.seq,
        status=case.status,
        unit=case.unit or reader,
        lane=case.lane or Lane.TRIAGE,
        channel=received.channel,
        text=received.text,
        received_at=received.received_at,
        anonim=received.anonim,
        rahasia=is_rahasia(case),
        category=case.category,
        type=found.type if found else case.type,
        urgency=urgency_of(case),
        place=found.place if found else UNSET,
        place_stated=received.place,
        position=received.position,
        occurred=received.occurred,
        candidates=found.top if found else list[Candidate](),
        evidence=received.evidence,
        follow_ups=case.follow_ups,
        deadline_at=case.deadline_at or UNSET,
        derivation=case.derivation,
        acknowledge_by=(case.acknowledge_by if reader == case.unit else None) or UNSET,
        role=Part.SUPPORT if reader in supporters(case) else Part.LEAD,
        support=case.support,
        reporters=reporters,
        supporters=case.supported_by,
        returns=case.returns,
        reopened=case.reopened,
        question=case.question or UNSET,
        merged=case.merged,
        similar=case.similar,
        priority=priority(urgency_of(case), found.confidence if found else 0.0, reporters),
        matter=found.matter if found else UNSET,
        suggested_category=received.suggested_category,
        part_of=received.part_of,
        spam=found.spam if found else False,
        erased=case.erasure is not None,
        restricted=case.restricted,
        paused_until=(case.paused_until if waits(case) else None) or UNSET,
        appeal=_appeal(case, case.follow_ups),
        history=case.history if case.appeal or is_to_confirm(case) else [],
        target=(case.target if case.status == Status.HANDED_OVER else None) or UNSET,
        confirmation=_confirmation(case),
        unheard=is_unheard(case),
        accuses=[*sure, *(unit for unit in perhaps_about(case) if unit not in (reader, *sure))],
        about_units=sure,
    )


def tell_unit(
    case: Case, why: str, *, unit: str | None = None, reason: str | None = None, stage: str | None = None
) -> list[Out]:
    """Build a record for each unit that works on it, or only for ``unit``; without a recipient, build no record."""
    units = [unit or case.unit, *([] if unit else supporters(case))]
    return [_record(case, why, to, reason, stage) for to in units if to is not None]


def tell_support(case: Case, why: str, *, reason: str | None = None) -> list[Out]:
    """Build a record for each unit that helps."""
    return [_record(case, why, unit, reason) for unit in supporters(case)]


def _record(case: Case, why: str, to: str, reason: str | None, stage: str | None = None) -> Out:
    complaint = snapshot(case, to)
    return UnitRouted(why=why, unit=to, complaint=complaint, reason=reason or UNSET, stage=stage or UNSET)


def answer(
    unit: str, reply_id: str, case: Case | None, refused: Refusal | None = None, *, masked: Sequence[str] = ()
) -> UnitRouted:
    """Build the one answer to a reply; ``masked`` are the tokens that replaced identifiers in its words.

    A refusal for a complaint that isn't the unit's shows nothing of it.
    """
    reply = ReplyAnswer(
        event_id=reply_id,
        accepted=refused is None,
        reason=refused.text if refused else UNSET,
        code=refused.code if refused else UNSET,
        masked=list(masked),
    )
    return UnitRouted(why=Why.REPLIED, unit=unit, complaint=snapshot(case, unit) if case else UNSET, reply=reply)
