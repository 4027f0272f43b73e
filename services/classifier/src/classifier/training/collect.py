"""Joins complaints with people's decisions about them into labelled rows to learn from.

It reads lines as printed by tools that dump a topic: a CloudEvent a line (kcat, `lapor unit tail`), or kcat's own
envelope (``kcat -J``), which also shows erasures. It needs no broker.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from contracts.codec import Event, InvalidEvent, decode
from contracts.events import ComplaintClassified, ComplaintReceived, ComplaintUpdated
from contracts.masking import mask
from contracts.vocabulary import MOVES, Lane, Note, Status, UpdateKind
from kabupaten.categories import UNKNOWN
from kabupaten.routing import Routing
from kabupaten.training import TaughtCategory

#: A category that a person corrected counts fully; one that a person only accepted, by sending the complaint to the
#: unit of that category, counts less.
CORRECTED, CONFIRMED = 1.0, 0.5


class CollectError(ValueError):
    """A line that is not an event, or a file that can't be read; the text says which."""


class LearntRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A complaint with a person's decisions: its category, and if decided its type and whether it is spam.

    A rejected complaint has the unknown category, which teaches no model but measures whether one abstains.
    """

    text: str
    category: str
    weight: float
    ticket: str
    type: str | None = None
    spam: bool | None = None


class _Decided(Struct, frozen=True, kw_only=True):
    """People's latest decisions; a weight of 0 means that nobody decided the category."""

    category: str | None = None
    weight: float = 0.0
    type: str | None = None
    rejected: bool = False


class _Printed(Struct, frozen=True):
    """A record as ``kcat -J`` prints it; a null payload is a tombstone. A CloudEvent has no payload at all."""

    key: str | None = None
    payload: str | UnsetType | None = UNSET


@dataclass
class _Story:
    """The events of one complaint read so far."""

    received: ComplaintReceived | None = None
    flagged: bool = False  # as spam, by the machine
    erased: bool = False
    updates: dict[int, ComplaintUpdated] = field(default_factory=dict)


def collect(
    lines: Iterable[bytes], categories: Iterable[TaughtCategory], leads: Mapping[str, set[str]]
) -> list[LearntRow]:
    """Make rows from ``lines`` of received and updated complaints, in any order except within a topic.

    With lines of classified complaints too, rows that the model took for spam say whether people agreed.

    Erased, confidential and undecided complaints are left out, and those whose reporter asked for a right (UU 27/2022:
    erasure, or restriction).

    Raises:
        CollectError: a line is not an event.
    """
    known = {category.id for category in categories if category.id != UNKNOWN}
    stories: dict[str, _Story] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            _take(stories, number, line)
    rows: list[LearntRow] = []
    for story in stories.values():
        given = story.received
        if given is None or story.erased or given.rahasia or not given.text.strip():
            continue
        # A complaint may also have become confidential later, because of a person whom it names.
        if any(update.note == Note.RIGHTS_REQUESTED or update.rahasia for update in story.updates.values()):
            continue
        decided = _decided([story.updates[seq] for seq in sorted(story.updates)], leads)
        if decided.weight and decided.category in {*known, *([UNKNOWN] if decided.rejected else [])}:
            rows.append(_row(given, story.flagged, decided))
    return rows


def _row(given: ComplaintReceived, flagged: bool, decided: _Decided) -> LearntRow:
    """Make the row: a text without numbers and addresses, and nothing else from its reporter."""
    return LearntRow(
        text=mask(given.text),
        category=decided.category or UNKNOWN,
        weight=decided.weight,
        ticket=given.ticket,
        type=decided.type,
        spam=decided.rejected if flagged else None,
    )


def lines(*files: Path) -> Iterator[bytes]:
    """Read the lines of ``files``, each file once; ``-`` is stdin.

    Raises:
        CollectError: a file can't be read.
    """
    for file in dict.fromkeys(files):
        if str(file) == "-":
            yield from sys.stdin.buffer
            continue
        try:
            with file.open("rb") as opened:
                yield from opened
        except OSError as error:
            raise CollectError(f"{file} can't be read: {error.strerror}") from error


def leads_of(routing: Routing, categories: Iterable[TaughtCategory]) -> dict[str, set[str]]:
    """Map each category to the units that lead it by default or by a rule."""
    leads = {category.id: {category.unit} - {None} for category in categories}
    for rule in routing.rules:
        for name in rule.categories:
            if name in leads and rule.lead:
                leads[name].add(rule.lead)
    return {name: {unit for unit in units if unit} for name, units in leads.items()}


def _take(stories: dict[str, _Story], number: int, line: bytes) -> None:
    for key, event in _read(number, line):
        story = stories.setdefault(key, _Story())
        if event is None:
            story.erased = True
        elif isinstance(event.data, ComplaintReceived):
            story.received = event.data
        elif isinstance(event.data, ComplaintClassified):
            story.flagged = event.data.spam
        elif isinstance(event.data, ComplaintUpdated):
            story.updates[event.data.seq] = event.data


def _read(number: int, line: bytes) -> Iterator[tuple[str, Event | None]]:
    """Read a complaint's id and event; no event if it was erased, nothing for a record without key and value."""
    value = line
    try:
        printed = msgspec.json.decode(line, type=_Printed)
        if not isinstance(printed.payload, UnsetType):
            if printed.payload is None:
                if printed.key:
                    yield printed.key, None
                return
            value = printed.payload.encode()
        event = decode(value)
    except (msgspec.MsgspecError, InvalidEvent, UnicodeDecodeError) as error:
        raise CollectError(f"line {number}: {error}. Each line is a CloudEvent, or what kcat -J prints.") from error
    yield event.subject, event


def _decided(updates: list[ComplaintUpdated], leads: Mapping[str, set[str]]) -> _Decided:
    """Reduce the updates of a complaint to people's latest decisions."""
    decided = _Decided()
    for update in updates:
        decided = _after(decided, update, leads)
    if decided.rejected and decided.weight < CORRECTED:
        return replace(decided, category=UNKNOWN, weight=CONFIRMED)
    return decided


def _after(before: _Decided, update: ComplaintUpdated, leads: Mapping[str, set[str]]) -> _Decided:
    of_person = not isinstance(update.by, UnsetType)
    if update.kind in MOVES:  # a complaint that moves on is no longer rejected
        # A merged complaint repeats its parent's rejection with its own status: nobody judged it itself.
        rejected = update.kind == UpdateKind.REJECTED and update.status == Status.REJECTED and of_person
        before = replace(before, rejected=rejected)
    # No rule corrects, so a correction comes from a person, named or not.
    if update.kind == UpdateKind.CORRECTED:
        return _corrected(before, update)
    if before.weight == CORRECTED:
        return before
    if update.kind == UpdateKind.ROUTED and of_person:
        category = _confirmed(update, leads)
        return replace(before, category=category, weight=CONFIRMED if category else 0.0)
    return replace(before, weight=0.0) if update.kind == UpdateKind.RETURNED else before


def _corrected(before: _Decided, update: ComplaintUpdated) -> _Decided:
    if update.note == Note.URGENCY_CHANGED:
        return before
    if update.note != Note.TYPE_CORRECTED:
        return replace(before, category=update.category, weight=CORRECTED)
    typed = replace(before, type=update.type)
    if before.weight or update.lane != Lane.UNIT:  # sorting decides the category by the unit
        return typed
    # A unit that works on it has accepted its category.
    return replace(typed, category=update.category, weight=CONFIRMED)


def _confirmed(update: ComplaintUpdated, leads: Mapping[str, set[str]]) -> str | None:
    """Return the category that a disposition implies: the proposed one if its unit got it, else the unit's only one."""
    if update.lane != Lane.UNIT or update.unit is None:
        return None
    led = [category for category, units in leads.items() if update.unit in units]
    if update.category in led:
        return update.category
    return led[0] if len(led) == 1 else None
