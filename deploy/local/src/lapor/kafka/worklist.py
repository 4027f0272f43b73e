"""A unit's worklist, read from its compacted topic: the last word on each complaint, and only what is still open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from rich.markup import escape
from rich.table import Table

from contracts.dates import due_in_words
from contracts.events import ComplaintSnapshot, UnitRouted
from contracts.vocabulary import FINAL, Lane, Part, StageName, Status, SupportStatus, Why
from lapor.kafka.reader import Found

#: It is over, or the next word is the reporter's: the unit has answered.
_DONE = FINAL | {Status.RESOLVED, Status.MERGED}
#: Told to who has to do something about it, whoever leads and however it stands.
_FOR_THE_DESK = frozenset({Why.HANDED_OVER, Why.SIMILAR, Why.URGENT, Why.RATED, Why.ESCALATED, Why.RIGHTS_REQUESTED})
_NEVER = datetime.max.replace(tzinfo=UTC)


class Item(NamedTuple):
    """A complaint and what it is on the list for: the ``why`` of the last record, and its reason in words."""

    complaint: ComplaintSnapshot
    why: str
    reason: str


def open_items(unit: str, records: Iterable[Found]) -> list[Item]:
    """What ``unit`` has to work on: the largest ``priority`` first, then the nearest deadline, then the oldest.

    A record may come twice, and an older one after a newer one: the largest ``seq`` counts, of equals the last.
    """
    last: dict[str, tuple[ComplaintSnapshot, UnitRouted]] = {}
    for found in records:
        data = found.event.data if found.event else None
        if not isinstance(data, UnitRouted) or not data.complaint:
            continue
        known = last.get(data.complaint.ticket)
        if known is None or data.complaint.seq >= known[0].seq:
            last[data.complaint.ticket] = data.complaint, data
    items = [
        Item(complaint, told.why, _reason(told))
        for complaint, told in last.values()
        if _is_open(unit, told.why, complaint) or _is_for_the_desk(unit, told, complaint)
    ]
    return sorted(items, key=lambda it: (-it.complaint.priority, it.complaint.deadline_at or _NEVER, it[0].received_at))


def latest(ticket: str, records: Iterable[Found]) -> ComplaintSnapshot | None:
    """Give what a unit was told of ``ticket`` last, of equal ``seq`` the last record: its links are the newest."""
    newest: ComplaintSnapshot | None = None
    for found in records:
        data = found.event.data if found.event else None
        if isinstance(data, UnitRouted) and data.complaint and data.complaint.ticket == ticket:
            newest = data.complaint if newest is None or data.complaint.seq >= newest.seq else newest
    return newest


def links(complaint: ComplaintSnapshot) -> list[str]:
    """Give where what citizens attached to it, and to what they added, is opened."""
    added = (file for item in complaint.follow_ups for file in item.evidence)
    return [file.url for file in (*complaint.evidence, *added)]


def _reason(told: UnitRouted) -> str:
    return (told.reply.reason if told.reply else told.reason) or ""


def _is_open(unit: str, why: str, complaint: ComplaintSnapshot) -> bool:
    if why == Why.WITHDRAWN or complaint.status in _DONE:
        return False
    if complaint.role == Part.SUPPORT:
        return not any(each.unit == unit and each.status == SupportStatus.DONE for each in complaint.support)
    return complaint.unit == unit


def _is_for_the_desk(unit: str, told: UnitRouted, complaint: ComplaintSnapshot) -> bool:
    """Also what it tried in vain to do with another's complaint: it is still to be done."""
    if told.reply:
        return not told.reply.accepted and complaint.role == Part.LEAD and complaint.unit != unit
    return told.why in _FOR_THE_DESK or told.stage == StageName.RIGHTS


def as_json(item: Item) -> bytes:
    """The snapshot itself with ``why`` and ``reason`` beside its fields, as one line."""
    return msgspec.json.encode({**msgspec.to_builtins(item.complaint), "why": item.why, "reason": item.reason or None})


def as_table(items: Iterable[Item], now: datetime) -> Table:
    """The same for people, deadlines in the words that citizens are told; one that has passed is red."""
    table = Table(box=None, pad_edge=False)
    for name in ("ticket", "priority", "status", "due"):
        table.add_column(name, no_wrap=True)
    for name in ("untuk apa", "complaint"):
        table.add_column(name, overflow="fold")
    for item, why, reason in items:
        late = "red" if item.deadline_at and item.deadline_at < now else "default"
        role = " (support)" if item.role == Part.SUPPORT else " (triage)" if item.lane == Lane.TRIAGE else ""
        others = f" (+{item.reporters - 1})" if item.reporters > 1 else ""
        others += f" ({item.supporters} dukung)" if item.supporters else ""
        chosen = item.suggested_category if item.suggested_category != item.category else ""
        known = (
            item.category,
            item.place.kecamatan if item.place else None,
            f"pilihan warga {chosen}" if chosen else "",
        )
        about = [each for each in known if each]
        table.add_row(
            item.ticket,
            f"{item.priority}{others}",
            item.status + role,
            f"[{late}]{due_in_words(item.deadline_at)}[/]" if item.deadline_at else "",
            escape(f"{why}: {reason}" if reason else why),
            escape(f"{', '.join(about) or '?'}: {item.text}"),
        )
    return table
