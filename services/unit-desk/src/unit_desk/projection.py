"""Keeps what units are told: the latest word on each complaint, its history, and the outcome of each reply. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeAlias

import msgspec
from msgspec import UNSET

from chassis.wire import Emit, Message, Tombstone
from contracts import codec, topics
from contracts.events import ComplaintErased, ComplaintSnapshot, ComplaintTold, ReplyAnswer, UnitRouted
from contracts.vocabulary import FINAL, WITH_A_UNIT, Part, StageName, Status, SupportStatus, Urgency, Why
from unit_desk.notices import kind_of
from unit_desk.webhook_notices import ERASED, ROUTED

_replace = msgspec.structs.replace
#: The unit has answered: the complaint is over, or the next word is the reporter's.
_DONE = FINAL | {Status.RESOLVED, Status.MERGED}
#: A unit that is told of these has to look at the complaint, whichever unit leads and whatever its status.
_TO_BE_SEEN = frozenset({Why.HANDED_OVER, Why.SIMILAR, Why.URGENT, Why.RATED, Why.ESCALATED, Why.RIGHTS_REQUESTED})
#: These don't replace the reason for which a complaint is here: a due date, a change, an answer.
_BESIDE = frozenset({Why.REPLIED, Why.UPDATED, Why.DEADLINE_SET, Why.WARNED, Why.BREACHED, Why.RETRACTED})
WORK, ATTENTION, REST = "work", "attention", "rest"
_WEIGHTS: dict[str | None, int] = {Urgency.DARURAT: 2, Urgency.TINGGI: 1}
NEVER = datetime.max.replace(tzinfo=UTC)
#: Keyed by :func:`key_of`.
States: TypeAlias = Mapping[str, "Kept"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """A word that came; ``answer`` is what it says of a reply, ``notice`` the kind of news that it is for people.

    It is not the ``newest`` if it came after a word that knew more of the complaint.
    """

    event_id: str
    at: datetime
    told: UnitRouted
    notice: str | None = None
    newest: bool = False

    @property
    def answer(self) -> ReplyAnswer | None:
        """The outcome of a reply, if the word is about one."""
        return self.told.reply or None


@dataclass(frozen=True, kw_only=True)
class Logged:
    """A record as the programs of the unit get it, at ``offset`` of its topic; no ``value``: delete your copies."""

    event_id: str
    complaint_id: str
    ticket: str | None = None
    kind: str = ROUTED
    offset: int
    value: bytes | None


@dataclass(frozen=True, kw_only=True)
class Said:
    """An intake's word on a message to the reporter; the last word on each message holds."""

    at: datetime
    told: ComplaintTold


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A unit's knowledge of a complaint: the latest word, and the ``events`` not stored yet, with their records.

    ``said``, what its reporter was told, belongs to no unit.

    ``told`` is ``None`` for a complaint that the unit knows nothing of; ``gone``: everything about it is to be deleted.
    """

    unit: str
    complaint_id: str
    told: UnitRouted | None = None
    told_at: datetime | None = None
    standing: str = REST
    events: tuple[Event, ...] = field(default=())
    log: tuple[Logged, ...] = field(default=())
    said: tuple[Said, ...] = field(default=())
    gone: bool = False

    @property
    def complaint(self) -> ComplaintSnapshot | None:
        """The complaint as it stands."""
        return (self.told.complaint or None) if self.told else None


def key_of(unit: str, complaint_id: str) -> str:
    """Return the key of the state of a complaint at ``unit``; with an empty unit, of the state that all units share."""
    return f"{unit}/{complaint_id}"


def keys(message: Message) -> list[str]:
    """Return the key of the state that ``message`` touches, in a list."""
    data, unit = message.data, topics.unit_of(message.record.topic) or ""
    if isinstance(data, UnitRouted) and data.complaint:
        return [key_of(unit, data.complaint.complaint_id)]
    if isinstance(data, ComplaintErased | ComplaintTold):
        return [key_of("", data.complaint_id)]
    return [key_of(unit, message.event.subject)]


def verify(message: Message) -> None:
    """Refuse a message that belongs on another topic.

    Raises:
        InvalidEvent: it is neither for the topic's unit, nor about an erasure or a message to a reporter.
    """
    data, unit = message.data, topics.unit_of(message.record.topic)
    if isinstance(data, ComplaintTold) or message.record.topic == topics.TOLD:
        if isinstance(data, ComplaintTold) and message.record.topic == topics.TOLD:
            return
        raise codec.InvalidEvent("not what a reporter was told")
    if isinstance(data, Tombstone | ComplaintErased) or (isinstance(data, UnitRouted) and data.unit == unit):
        return
    raise codec.InvalidEvent("not what a unit is told")


def decide(states: States, message: Message, now: datetime) -> tuple[dict[str, Kept], list[Emit]]:
    """Take in ``message``; a duplicate, or a word older than the latest, changes only the history."""
    (key,) = keys(message)
    unit, _, complaint_id = key.partition("/")
    before = states.get(key) or Kept(unit=unit, complaint_id=complaint_id)
    if isinstance(message.data, ComplaintTold):
        return {key: replace(before, said=(*before.said, Said(at=message.event.time, told=message.data)))}, []
    if not isinstance(message.data, UnitRouted):
        # An erasure leaves nothing to do for the words before it: their events and the values of their records go.
        log = (*map(_without_words, before.log), _logged(message, complaint_id)) if unit else ()
        return {key: Kept(unit=unit, complaint_id=complaint_id, log=log, gone=True)}, []
    event = Event(event_id=message.event.id, at=now, told=message.data)
    after = _after(before, event)
    log = tuple(map(_without_words, before.log)) if after.gone else before.log
    return {key: replace(after, log=(*log, _logged(message, complaint_id)))}, []


def _logged(message: Message, complaint_id: str) -> Logged:
    """Make the log's entry of a record, byte by byte; the last word on an erased complaint holds nobody's data."""
    record, data = message.record, message.data
    complaint = data.complaint if isinstance(data, UnitRouted) else None
    return Logged(
        event_id=message.event.id,
        complaint_id=complaint_id,
        ticket=complaint.ticket if complaint else getattr(data, "ticket", None),
        kind=ERASED if record.value is None or (complaint and complaint.erased) else ROUTED,
        offset=record.offset,
        value=record.value,
    )


def _without_words(entry: Logged) -> Logged:
    return replace(entry, value=None)


def _after(before: Kept, event: Event) -> Kept:
    told, known = event.told, before.complaint
    if not told.complaint or (known and told.complaint.seq < known.seq):
        return replace(before, events=(*before.events, event))
    standing = standing_of(told)
    event = replace(event, notice=kind_of(before.told, told, rests=standing == REST), newest=True)
    events = (*before.events, event)
    if told.why in _BESIDE and before.told:
        told = _replace(told, why=before.told.why, reason=before.told.reason, stage=before.told.stage, reply=UNSET)
    gone = told.complaint.erased if told.complaint else False
    return replace(before, told=told, told_at=event.at, standing=standing, events=events, gone=gone)


def standing_of(told: UnitRouted) -> str:
    """Return the list of its unit that a complaint is on: to work on, to be seen, or ``REST`` for neither."""
    complaint = told.complaint
    if not complaint:
        return REST
    if _is_open(told, complaint):
        return WORK
    return ATTENTION if _is_to_be_seen(told, complaint) else REST


def _is_open(told: UnitRouted, complaint: ComplaintSnapshot) -> bool:
    done = complaint.status in _DONE and not complaint.confirmation
    if told.why == Why.WITHDRAWN or done or complaint.erased:
        return False
    if complaint.confirmation and complaint.role == Part.SUPPORT:
        return False
    if complaint.role == Part.SUPPORT:
        return not any(each.unit == told.unit and each.status == SupportStatus.DONE for each in complaint.support)
    return complaint.unit == told.unit


def _is_to_be_seen(told: UnitRouted, complaint: ComplaintSnapshot) -> bool:
    """Whether the unit has to look at it; a refused act on another unit's complaint counts, as its work is left."""
    if told.reply:
        return not told.reply.accepted and complaint.role == Part.LEAD and complaint.unit != told.unit
    return told.why in _TO_BE_SEEN or told.stage == StageName.RIGHTS or _is_taken_away(told, complaint)


def _is_taken_away(told: UnitRouted, complaint: ComplaintSnapshot) -> bool:
    """Whether a person gave it to another unit (``reassign``): the reason names that unit, then who did it and why.

    A withdrawal by a rule has no such reason; it may accuse the unit, so nobody there is shown it.
    """
    said = told.reason or ""
    return (
        told.why == Why.WITHDRAWN
        and complaint.status in WITH_A_UNIT
        and said.startswith(f"dialihkan ke {complaint.unit}: ")
    )


def due_of(complaint: ComplaintSnapshot) -> datetime | None:
    """Return when the next step is due: acknowledging, confirming, deciding an appeal, or else the promised end."""
    if complaint.acknowledge_by:
        return complaint.acknowledge_by
    if complaint.confirmation:
        return complaint.confirmation.deadline_at or None
    if complaint.status == Status.APPEALED and complaint.appeal:
        return complaint.appeal.deadline_at or None
    return complaint.deadline_at or None


def weight_of(complaint: ComplaintSnapshot) -> int:
    """Return the urgency as a number: 2 is danger to life."""
    return _WEIGHTS.get(complaint.urgency, 0)
