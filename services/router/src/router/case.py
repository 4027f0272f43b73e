"""A complaint as the router knows it, and the two ways in which it tells of a change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from contracts.events import (
    Appeal,
    Candidate,
    ComplaintClassified,
    ComplaintErased,
    ComplaintFollowedUp,
    ComplaintReceived,
    ComplaintSnapshot,
    ComplaintUpdated,
    Confirmation,
    DerivationDay,
    FollowUp,
    Past,
    Place,
    Question,
    ReplyAnswer,
    Similar,
    Support,
    UnitRouted,
)
from contracts.sentences import SentenceCode
from contracts.vocabulary import MOVES, FollowUpKind, Lane, Part, Status, UpdateKind, Urgency, Why
from kabupaten.desks import CONDUCT_CATEGORY
from router.clock_word import ClockWord
from router.refusal import Refusal
from router.rules import priority


class StepGone(Struct, frozen=True, kw_only=True):
    """A step of an erased story that is to be found nowhere any more, for words of a unit may be in it."""

    complaint_id: str
    ticket: str
    seq: int


Out = ComplaintUpdated | UnitRouted | ComplaintErased | StepGone
_replace = msgspec.structs.replace

#: In place of a confidential text, for a unit that does not handle it.
WITHHELD = "(Laporan rahasia: isinya hanya diperlihatkan kepada unit yang menangani.)"


class Erasure(Struct, frozen=True, kw_only=True):
    """An order to erase a complaint: on which topics its text still ``waits`` to go, and what went so far, by table.

    ``repeated``: the order was given once more, when the topics were due to be cleaned. ``steps`` that were told before
    it may have words; those after it have none.
    """

    by: str
    reason: str
    asked_at: datetime
    waits: list[str] = []
    erased: dict[str, int] = {}
    done_at: datetime | None = None
    repeated: bool = False
    steps: int = 0


class Appealed(Struct, frozen=True, kw_only=True):
    """An appeal, in words that its item ``id`` has, about what ``unit`` did in ``lane``, with the help of ``support``.

    ``rating`` is the mark that its reporter gave. ``acknowledged``: who decides has read it; ``upheld`` is what was
    decided, and ``by`` whom, None: nothing yet. ``deadline_at`` is by when, as its clock says.
    """

    id: str
    at: datetime
    unit: str
    lane: str | None
    support: list[str]
    rating: int
    acknowledged: bool = False
    by: str | None = None
    upheld: bool | None = None
    deadline_at: datetime | None = None


class Undoable(Struct, frozen=True, kw_only=True):
    """The last act of a unit that can be taken back: what ``by`` did, and when; how it ``left`` the complaint (status,
    unit and lane), and how that was before. ``untold`` is what its clock has said since, and nobody had to hear."""

    action: str
    by: str
    at: datetime
    left: tuple[str, str | None, str | None]
    status: str
    unit: str | None
    lane: str | None
    support: list[Support]
    returns: int
    had: list[str]
    untold: list[ClockWord] = []


class ToConfirm(Struct, frozen=True, kw_only=True):
    """What waits for a second pair of eyes: resolved by ``unit`` ``at`` that moment, and there by ``actor``, of whom a
    hash is kept ("": nobody was named). ``lapsed``: its reporter has let the time for objections pass; ``done``: it is
    confirmed, and is closed by that time as anything else."""

    unit: str
    actor: str
    at: datetime
    deadline_at: datetime | None = None
    lapsed: bool = False
    done: bool = False


class Case(Struct, frozen=True, kw_only=True):
    """The state of one complaint. Before its ``received`` has come, only what came early is in it.

    ``merged`` are the complaints that follow this one, ``also_about`` the units those accuse, ``rights`` what the
    reporter asked for by law and nobody has done yet, ``told`` the units that ever had a snapshot of it,
    ``supported_by`` how many others said at the website to have the same.
    ``warned_of`` is the deadline that its clock has warned of last;
    ``breach_recipients`` is who heard of each promise that is late, by the level of the ladder (-1: warned).
    ``clocks`` is, for each clock, the round and number of the last thing that set it, and for each late promise the
    number of what was said of it last; ``heard`` is the highest number of all; ``held`` what the clock said and
    nobody was told yet; ``upheld`` the number of its last ``upheld``, and the step that this knew; ``happened`` the
    last steps that were not the clock's, with the moments at which they happened, and ``history`` what they said.
    ``apart_from`` are the units that worked on the complaint to which it was added: it may accuse any of them.
    ``mark`` is what its reporter gave to how it is resolved now, ``reopened`` how often they reopened it, ``appeal``
    the one appeal about it.
    ``question`` is what its reporter was asked last, by whichever unit, and whether they have written since.
    ``acknowledge_by`` is by when who has it now is to acknowledge it, where its clock says so.
    ``undo`` is the last act that may be taken back, ``urgency`` what a person said, and ``type`` too, where it was not
    understood yet. ``target`` is the office outside to which it was handed over last, and ``forwards`` the unit that
    passes it on to that; ``to_confirm`` what has to be confirmed of how it was resolved.
    """

    ticket: str
    received: ComplaintReceived | None = None
    classified: ComplaintClassified | None = None
    classified_by: str = ""  # early: the event, by which the ids of what it brings about derive
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
    asked_seq: int | None = None  # the step of the last question to the reporter
    paused_seq: int = -1  # the last question for which the clock stands, or stood
    paused_until: datetime | None = None
    parent: str | None = None
    follow_ups: list[FollowUp] = []
    deadline_at: datetime | None = None
    derivation: list[DerivationDay] = []
    warned_of: datetime | None = None
    acknowledge_by: datetime | None = None
    support: list[Support] = []
    merged: list[str] = []
    also_about: list[str] = []
    similar: list[Similar] = []
    rights: list[str] = []
    breach_recipients: dict[str, dict[int, list[str]]] = {}
    clocks: dict[str, tuple[int, int]] = {}
    heard: int = -1
    held: list[ClockWord] = []
    upheld: tuple[int, int] = (-1, -1)
    happened: list[tuple[int, datetime]] = []
    history: list[Past] = []
    mark: int | None = None
    reopened: int = 0
    question: Question | None = None
    appeal: Appealed | None = None
    undo: Undoable | None = None
    urgency: str | None = None
    type: str | None = None
    told: list[str] = []
    apart_from: list[str] = []
    supported_by: int = 0
    target: str | None = None
    forwards: str | None = None
    to_confirm: ToConfirm | None = None
    erasure: Erasure | None = None
    restricted: bool = False


def may_be_undone(case: Case) -> bool:
    """Whether nobody has done anything since the last act."""
    return case.undo is not None and (case.status, case.unit, case.lane) == case.undo.left


def is_to_confirm(case: Case) -> bool:
    """Whether somebody has still to see that it is done, before it is closed."""
    return case.status == Status.RESOLVED and case.to_confirm is not None and not case.to_confirm.done


def waits(case: Case) -> bool:
    """Whether the clock stands for the question that was asked last."""
    return case.status == Status.WAITING_FOR_REPORTER and case.paused_seq >= (case.asked_seq or 0)


def known(case: Case) -> ComplaintReceived:
    """The complaint itself; only asked for cases that are registered."""
    assert case.received is not None  # noqa: S101  (the table of transitions starts at registered)
    return case.received


def is_rahasia(case: Case) -> bool:
    """Whether only who handles it reads it: its reporter asked for that, or it names a victim."""
    asked = known(case).rahasia or any(item.kind == FollowUpKind.CONFIDENTIAL for item in case.follow_ups)
    return asked or (case.classified is not None and case.classified.protected is True)


def names_a_place(place: Place) -> bool:
    """Whether it says where, here or elsewhere."""
    return bool(place.kecamatan or place.elsewhere)


def place_of(case: Case, found: ComplaintClassified) -> Place:
    """Give where it is: as ``found`` says, or as its reporter has told since.

    A hand-over is final: only the answer to our question is one to another kabupaten, and not what else is mentioned
    later.
    """
    if names_a_place(found.place):
        return found.place
    for n, item in enumerate(case.follow_ups):
        if item.place and (item.place.kecamatan or (n == 0 and known(case).place_asked)):
            return item.place
    return found.place


def is_listed(case: Case) -> bool:
    """Whether it may stand in a public list: an everyday matter that a unit has, and nobody's secret or guilt.

    What a person had to look at because its words may accuse stays out, whatever that person found.
    """
    found = case.classified
    lane = case.appeal.lane if case.appeal and case.status == Status.APPEALED else case.lane
    return (
        found is not None
        and lane == Lane.UNIT
        and case.category not in (None, CONDUCT_CATEGORY)
        and not (found.spam or found.perhaps_accusing is True or about_units(case) or is_apart(case))
        and not (is_rahasia(case) or case.restricted or case.erasure)
    )


def about_units(case: Case) -> list[str]:
    """The units this complaint is about: none of them may judge it."""
    return [*(case.classified.about_units if case.classified else []), *case.also_about]


def perhaps_about(case: Case) -> list[str]:
    """The units that this complaint may be about; not those to whom a person gave it who had looked."""
    found = case.classified
    meant = list(found.perhaps_about or ()) if found and found.perhaps_accusing is True else []
    chosen = {case.unit, *supporters(case), *case.had} if case.triage_acted else set()
    return [unit for unit in dict.fromkeys([*meant, *case.apart_from]) if unit not in chosen]


def is_apart(case: Case) -> bool:
    """Whether it was added to another complaint, and was taken apart from it, for it may accuse who works on that."""
    return case.received is not None and bool(case.received.part_of)


def is_alarm(case: Case) -> bool:
    """Whether its words told at the door of danger, so surely that it wakes somebody."""
    return case.received is not None and bool(case.received.danger) and not case.received.faint


def urgency_of(case: Case) -> str | None:
    """How long it can wait: as a person said, else as understood, and before that, as its words told at the door.

    What is added can raise it.
    """
    if case.urgency:
        return case.urgency
    if any(item.danger for item in case.follow_ups):
        return Urgency.DARURAT
    if case.classified is None:
        return Urgency.DARURAT if is_alarm(case) else None
    return case.classified.urgency


def supporters(case: Case) -> list[str]:
    """The units that help the one that leads."""
    return [each.unit for each in case.support]


def advance(
    case: Case, kind: str, status: str | None = None, *, code: SentenceCode | None = None, **facts: Any
) -> tuple[Case, ComplaintUpdated]:
    """The next step of the story. ``facts`` are the optional fields of the event (message, reason, …)."""
    received, found = known(case), case.classified
    case = _replace(case, seq=case.seq + 1, status=status or kind)
    if kind in MOVES:
        case = _replace(case, undo=None, to_confirm=None, acknowledge_by=None)
    if kind == UpdateKind.WAITING_FOR_REPORTER:
        case = _replace(case, asked_seq=case.seq, question=_asked(case, facts.get("message")))
    update = ComplaintUpdated(
        complaint_id=received.complaint_id,
        ticket=case.ticket,
        seq=case.seq,
        kind=kind,
        status=case.status,
        channel=received.channel,
        origin=received.origin,
        received_at=received.received_at,
        unit=case.unit,
        lane=case.lane,
        category=case.category,
        type=found.type if found else case.type,
        urgency=urgency_of(case),
        support=supporters(case),
        code=code or UNSET,
        rahasia=is_rahasia(case) or case.restricted,  # what others are told of it is the same
        supporters=case.supported_by or UNSET,
        **_listed(case),
        **{name: value for name, value in facts.items() if value},
    )
    return case, update


def _asked(case: Case, words: str | None) -> Question | None:
    """The question that is the last one now.

    A step without ``words`` brings an old one back, by which its unit's act was undone; and in the story of a complaint
    that follows another it is that one's question.
    """
    if not words or case.unit is None or case.status != Status.WAITING_FOR_REPORTER:
        return case.question
    return Question(unit=case.unit, text=words)


def _listed(case: Case) -> dict[str, Any]:
    if case.classified is None or not is_listed(case):
        return {}
    place = place_of(case, case.classified)
    return {"listed": True, "kecamatan": place.kecamatan or UNSET, "desa": place.desa or UNSET}


def snapshot(case: Case, reader: str) -> ComplaintSnapshot:
    """Make all that ``reader`` needs, as of now. ``unit`` is who leads; while nobody does, it is the reader.

    Who does not handle it gets no words of what is confidential; who ``forwards`` it to an office outside does.
    """
    shown = _whole(case, reader)
    forwards = case.forwards if case.status == Status.HANDED_OVER else None
    if reader in (case.unit, *supporters(case), forwards):
        return shown
    items = [_silent(each) if shown.rahasia or each.rahasia else each for each in shown.follow_ups]
    shown = _replace(shown, follow_ups=items, appeal=_appeal(case, items))
    return _withheld(shown) if shown.rahasia else shown


def _withheld(shown: ComplaintSnapshot) -> ComplaintSnapshot:
    """What it is about, where, by when and who has it; nothing that the citizen wrote, or a unit answered to it."""
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
    )


def wordless(past: Past) -> Past:
    """``past`` without what anybody wrote."""
    return _replace(past, message=UNSET, reason=UNSET, evidence=[])


def _appeal(case: Case, items: Sequence[FollowUp]) -> Appeal | UnsetType:
    """The appeal as a unit reads it, with the words that its item has among ``items``."""
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
    # Who reads it all the same was given it by a person who had looked.
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
        accuses=[*sure, *(unit for unit in perhaps_about(case) if unit not in (reader, *sure))],
        about_units=sure,
    )


def tell_unit(
    case: Case, why: str, *, unit: str | None = None, reason: str | None = None, stage: str | None = None
) -> list[Out]:
    """A record for all that work on it, or for the one ``unit``; nobody to tell, no record."""
    units = [unit or case.unit, *([] if unit else supporters(case))]
    return [_record(case, why, to, reason, stage) for to in units if to is not None]


def tell_support(case: Case, why: str, *, reason: str | None = None) -> list[Out]:
    """A record for each unit that helps."""
    return [_record(case, why, unit, reason) for unit in supporters(case)]


def _record(case: Case, why: str, to: str, reason: str | None, stage: str | None = None) -> Out:
    complaint = snapshot(case, to)
    return UnitRouted(why=why, unit=to, complaint=complaint, reason=reason or UNSET, stage=stage or UNSET)


def answer(
    unit: str, reply_id: str, case: Case | None, refused: Refusal | None = None, *, masked: Sequence[str] = ()
) -> UnitRouted:
    """The one answer to a reply; ``masked`` is what stands now in its words instead of identifiers.

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
