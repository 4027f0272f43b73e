"""The router's state of a complaint, and the two kinds of event that tell of a change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, Struct

from contracts.events import (
    ComplaintClassified,
    ComplaintErased,
    ComplaintFollowedUp,
    ComplaintReceived,
    ComplaintUpdated,
    DerivationDay,
    FollowUp,
    Past,
    Place,
    Question,
    Similar,
    Support,
    UnitRouted,
)
from contracts.sentences import SentenceCode
from contracts.vocabulary import MOVES, FollowUpKind, Lane, Status, UpdateKind, Urgency
from kabupaten.desks import CONDUCT_CATEGORY
from router.clock_event import ClockEvent


class StepGone(Struct, frozen=True, kw_only=True):
    """A step of an erased story that is deleted from its topic, because a unit's words may be in it."""

    complaint_id: str
    ticket: str
    seq: int


Out = ComplaintUpdated | UnitRouted | ComplaintErased | StepGone
_replace = msgspec.structs.replace


class Erasure(Struct, frozen=True, kw_only=True):
    """An order to erase a complaint.

    ``waits`` are the topics on which its text still is; ``erased`` counts what is gone so far, by table.
    ``repeated``: the order was given again when the topics were due to be cleaned. The first ``steps`` of the story
    were told before the order and may have words; later ones don't.
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
    """An appeal against what ``unit`` did in ``lane``, helped by ``support``; the follow-up ``id`` has its words.

    ``rating`` is the reporter's mark. ``acknowledged``: the unit that decides has read it. ``upheld`` is the decision,
    made ``by`` that unit (None before). ``deadline_at`` is the clock's deadline for the decision.
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
    """The last act of a unit that can be undone: what ``by`` did, and ``at`` which moment; how it ``left`` the
    complaint (status, unit and lane), and the values before. ``untold`` are later words of the clock that nobody had
    to hear."""

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
    untold: list[ClockEvent] = []


class ToConfirm(Struct, frozen=True, kw_only=True):
    """A resolution that somebody else has to confirm, made by ``unit`` ``at`` that moment. ``actor`` is a hash of the
    person there ("": nobody was named). ``lapsed``: the reporter's time for objections has passed. ``done``: it is
    confirmed, and is closed when that time passes, like any other."""

    unit: str
    actor: str
    at: datetime
    deadline_at: datetime | None = None
    lapsed: bool = False
    done: bool = False


class Case(Struct, frozen=True, kw_only=True):
    """The state of one complaint. Before ``received`` has come, it holds only events that came early.

    ``merged`` are the complaints that follow this one, and ``also_about`` the units that those accuse.
    ``rights`` are the reporter's open requests under the data protection law. ``told`` are all units that ever had a
    snapshot. ``supported_by`` counts the people who said at the website that they have the same problem.
    ``warned_of`` is the last deadline that its clock warned of. ``breach_recipients`` has the units that were told of
    each late promise, by level of the ladder (-1: warned).
    ``clocks`` has the round and number of the word that set each clock last, and the number of the last word about
    each late promise. ``heard`` is the highest number of all words. ``held`` are the words that nobody was told yet.
    ``upheld`` has the number of the last ``upheld``, and the last step that this word knew.
    ``happened`` are the last steps that were not the clock's, with their moments; ``history`` is what they said.
    ``apart_from`` are units that worked on the complaint it was added to; it is kept from them.
    ``mark`` is the reporter's mark for its present resolution, ``reopened`` counts how often the reporter reopened it,
    and ``appeal`` is its one appeal.
    ``question`` is the last question to its reporter, from any unit, and whether the reporter has written since.
    ``acknowledge_by`` is the deadline for its present unit to acknowledge it, if its clock has set one.
    ``undo`` is the last act that may be undone. ``urgency`` and ``type`` are those that a person set.
    ``target`` is the last office outside that it was handed over to, and ``forwards`` the unit that passes it on there.
    ``to_confirm`` is its resolution, if somebody else has to confirm it.
    """

    ticket: str
    received: ComplaintReceived | None = None
    classified: ComplaintClassified | None = None
    classified_by: str = ""  # early: the event whose id gives the ids of its consequences
    followed_up: ComplaintFollowedUp | None = None  # early: waits for ``received``
    status: str = "unknown"
    seq: int = -1
    unit: str | None = None
    lane: str | None = None
    category: str | None = None
    triage_acted: bool = False
    returns: int = 0
    had: list[str] = []  # the units that got it to work on, in order
    resolved_seq: int | None = None
    asked_seq: int | None = None  # the step of the last question to the reporter
    paused_seq: int = -1  # the last question for which the clock paused
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
    held: list[ClockEvent] = []
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
    """Whether nobody has done anything since the act that ``undo`` remembers."""
    return case.undo is not None and (case.status, case.unit, case.lane) == case.undo.left


def is_to_confirm(case: Case) -> bool:
    """Whether somebody still has to confirm its resolution before it is closed."""
    return case.status == Status.RESOLVED and case.to_confirm is not None and not case.to_confirm.done


def waits(case: Case) -> bool:
    """Whether the clock is paused for the last question."""
    return case.status == Status.WAITING_FOR_REPORTER and case.paused_seq >= (case.asked_seq or 0)


def known(case: Case) -> ComplaintReceived:
    """Return the complaint itself; only for registered cases."""
    assert case.received is not None  # noqa: S101  (the table of transitions starts at registered)
    return case.received


def is_rahasia(case: Case) -> bool:
    """Whether only units that handle it may read it: its reporter asked for that, or it names a victim."""
    asked = known(case).rahasia or any(item.kind == FollowUpKind.CONFIDENTIAL for item in case.follow_ups)
    return asked or (case.classified is not None and case.classified.protected is True)


def names_a_place(place: Place) -> bool:
    """Whether ``place`` says where, here or elsewhere."""
    return bool(place.kecamatan or place.elsewhere)


def place_of(case: Case, found: ComplaintClassified) -> Place:
    """Return its place: as ``found`` says, or else as its reporter has told since.

    A place elsewhere means a hand-over, which is final: it counts only as the answer to our question.
    """
    if names_a_place(found.place):
        return found.place
    for n, item in enumerate(case.follow_ups):
        if item.place and (item.place.kecamatan or (n == 0 and known(case).place_asked)):
            return item.place
    return found.place


def is_listed(case: Case) -> bool:
    """Whether it may appear in a public list: an everyday matter at a unit, neither confidential nor an accusation.

    A complaint that a person had to check for accusations stays out, whatever that person found.
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
    """Return the units that this complaint is about: none of them may judge it."""
    return [*(case.classified.about_units if case.classified else []), *case.also_about]


def perhaps_about(case: Case) -> list[str]:
    """Return the units that this complaint may accuse, except those that a person gave it to after reading it."""
    found = case.classified
    meant = list(found.perhaps_about or ()) if found and found.perhaps_accusing is True else []
    chosen = {case.unit, *supporters(case), *case.had} if case.triage_acted else set()
    return [unit for unit in dict.fromkeys([*meant, *case.apart_from]) if unit not in chosen]


def is_apart(case: Case) -> bool:
    """Whether it was added to another complaint and split off, because it may accuse the units that work on that."""
    return case.received is not None and bool(case.received.part_of)


def is_alarm(case: Case) -> bool:
    """Whether its intake found danger in its words, surely enough to wake somebody."""
    return case.received is not None and bool(case.received.danger) and not case.received.faint


def urgency_of(case: Case) -> str | None:
    """Return its urgency: as a person set it, else as classified or, before that, as its intake judged it.

    An addition that tells of danger raises it.
    """
    if case.urgency:
        return case.urgency
    if any(item.danger for item in case.follow_ups):
        return Urgency.DARURAT
    if case.classified is None:
        return Urgency.DARURAT if is_alarm(case) else None
    return case.classified.urgency


def supporters(case: Case) -> list[str]:
    """Return the units that help the lead."""
    return [each.unit for each in case.support]


def advance(
    case: Case, kind: str, status: str | None = None, *, code: SentenceCode | None = None, **facts: Any
) -> tuple[Case, ComplaintUpdated]:
    """Take the next step of the story. ``facts`` are the optional fields of the event (message, reason, …)."""
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
        rahasia=is_rahasia(case) or case.restricted,  # others may be told as little of a restricted one
        supporters=case.supported_by or UNSET,
        **_listed(case),
        **{name: value for name, value in facts.items() if value},
    )
    return case, update


def _asked(case: Case, words: str | None) -> Question | None:
    """Return the question that is now the last one.

    A step without ``words`` brings back an old question, after an undo. In the story of a merged complaint, the step
    tells of its parent's question.
    """
    if not words or case.unit is None or case.status != Status.WAITING_FOR_REPORTER:
        return case.question
    return Question(unit=case.unit, text=words)


def _listed(case: Case) -> dict[str, Any]:
    if case.classified is None or not is_listed(case):
        return {}
    place = place_of(case, case.classified)
    return {"listed": True, "kecamatan": place.kecamatan or UNSET, "desa": place.desa or UNSET}
