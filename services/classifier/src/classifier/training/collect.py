"""Joins complaints with what people decided about them: labelled rows to learn from.

It reads lines as the tools print them that dump a topic: a CloudEvent a line (kcat, `lapor unit tail`), or kcat's own
envelope (``kcat -J``), which also shows what was erased. It needs no broker.
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

#: What a person corrected counts whole; what a person only let pass, by sending it where its category goes, less.
CORRECTED, CONFIRMED = 1.0, 0.5


class CollectError(ValueError):
    """Lines that are no events; the text says which."""


class LearntRow(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A complaint and what a person decided of it: its category, and where one said so its type and whether it is spam.

    What was rejected is of the unknown category, which teaches no model and measures whether one abstains.
    """

    text: str
    category: str
    weight: float
    ticket: str
    type: str | None = None
    spam: bool | None = None


class _Decided(Struct, frozen=True, kw_only=True):
    """What people stood for last; no weight: nobody said what it is about."""

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
    """What is known of one complaint so far."""

    received: ComplaintReceived | None = None
    flagged: bool = False  # as spam, by the machine
    erased: bool = False
    updates: dict[int, ComplaintUpdated] = field(default_factory=dict)


def collect(
    lines: Iterable[bytes], categories: Iterable[TaughtCategory], leads: Mapping[str, set[str]]
) -> list[LearntRow]:
    """Rows from ``lines`` of received and of updated complaints, in any order but that within a topic.

    With lines of classified ones a row says of what the machine took for spam whether people agreed.

    Left out are erased and confidential complaints, those whose reporter asked for a right (UU 27/2022: erasure, or to
    be kept and not used), and those about which nobody decided.

    Raises:
        CollectError: a line is no event.
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
        # Confidential it may also have become, for whom it names.
        if any(update.note == Note.RIGHTS_REQUESTED or update.rahasia for update in story.updates.values()):
            continue
        decided = _decided([story.updates[seq] for seq in sorted(story.updates)], leads)
        if decided.weight and decided.category in {*known, *([UNKNOWN] if decided.rejected else [])}:
            rows.append(_row(given, story.flagged, decided))
    return rows


def _row(given: ComplaintReceived, flagged: bool, decided: _Decided) -> LearntRow:
    """Make the row: a text without numbers and addresses, and nothing else that its reporter gave."""
    return LearntRow(
        text=mask(given.text),
        category=decided.category or UNKNOWN,
        weight=decided.weight,
        ticket=given.ticket,
        type=decided.type,
        spam=decided.rejected if flagged else None,
    )


def lines(*files: Path) -> Iterator[bytes]:
    """The lines of ``files``, of each file once; ``-`` is stdin.

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
    """Give for each category the units that lead it: by default, and by the rules."""
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
    """The complaint's id and its event; no event where it was erased, nothing for a record without key and value."""
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
    """What people stood for last."""
    decided = _Decided()
    for update in updates:
        decided = _after(decided, update, leads)
    if decided.rejected and decided.weight < CORRECTED:
        return replace(decided, category=UNKNOWN, weight=CONFIRMED)
    return decided


def _after(before: _Decided, update: ComplaintUpdated, leads: Mapping[str, set[str]]) -> _Decided:
    of_person = not isinstance(update.by, UnsetType)
    if update.kind in MOVES:  # what moves on after it was rejected was not rejected after all
        # One that follows another is told of that one's steps, and nobody judged it.
        rejected = update.kind == UpdateKind.REJECTED and update.status == Status.REJECTED and of_person
        before = replace(before, rejected=rejected)
    # No rule corrects: whoever did is a person, named or not.
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
    if before.weight or update.lane != Lane.UNIT:  # who sorts it says by the unit what it is about
        return typed
    # A unit that works on it has let its category pass.
    return replace(typed, category=update.category, weight=CONFIRMED)


def _confirmed(update: ComplaintUpdated, leads: Mapping[str, set[str]]) -> str | None:
    """The category that a disposition speaks for: the proposed one if its unit got it, else the unit's only one."""
    if update.lane != Lane.UNIT or update.unit is None:
        return None
    led = [category for category, units in leads.items() if update.unit in units]
    if update.category in led:
        return update.category
    return led[0] if len(led) == 1 else None
