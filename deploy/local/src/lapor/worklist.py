"""A unit's worklist, read from its compacted topic: the last word on each complaint, and only what is still open."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec
from rich.markup import escape
from rich.table import Table

from contracts.events import ComplaintSnapshot, UnitRouted
from lapor.reading import Found

#: It is over, or the next word is the reporter's: the unit has answered.
_DONE = frozenset({"resolved", "closed", "handed_over", "rejected", "cancelled", "merged"})
_NEVER = datetime.max.replace(tzinfo=UTC)


def open_items(unit: str, records: Iterable[Found]) -> list[ComplaintSnapshot]:
    """What ``unit`` has to work on: the largest ``priority`` first, then the nearest deadline, then the oldest.

    A record may come twice, and an older one after a newer one: the largest ``seq`` counts, of equals the last.
    """
    latest: dict[str, UnitRouted] = {}
    for found in records:
        data = found.event.data if found.event else None
        if not isinstance(data, UnitRouted) or not data.complaint:
            continue
        known = latest.get(data.complaint.ticket)
        if known is None or not known.complaint or data.complaint.seq >= known.complaint.seq:
            latest[data.complaint.ticket] = data
    items = [last.complaint for last in latest.values() if last.complaint and _is_open(unit, last.why, last.complaint)]
    return sorted(items, key=lambda it: (-it.priority, it.deadline_at or _NEVER, it.received_at))


def _is_open(unit: str, why: str, complaint: ComplaintSnapshot) -> bool:
    if why == "withdrawn" or complaint.status in _DONE:
        return False
    if complaint.role == "support":
        return not any(each.unit == unit and each.status == "done" for each in complaint.support)
    return complaint.unit == unit


def as_json(item: ComplaintSnapshot) -> bytes:
    """The snapshot itself, as one line."""
    return msgspec.json.encode(item)


def as_table(items: Iterable[ComplaintSnapshot], now: datetime) -> Table:
    """The same for people; a deadline that has passed is red."""
    table = Table(box=None, pad_edge=False)
    for name in ("ticket", "priority", "status", "due"):
        table.add_column(name, no_wrap=True)
    table.add_column("complaint", overflow="fold")
    for item in items:
        due = item.deadline_at.astimezone() if item.deadline_at else None
        role = " (support)" if item.role == "support" else " (triage)" if item.lane == "triage" else ""
        others = f" (+{item.reporters - 1})" if item.reporters > 1 else ""
        about = [each for each in (item.category, item.place.kecamatan if item.place else None) if each]
        table.add_row(
            item.ticket,
            f"{item.priority}{others}",
            item.status + role,
            f"[{'red' if due < now else 'default'}]{due:%d %b %H:%M}[/]" if due else "",
            escape(f"{', '.join(about) or '?'}: {item.text}"),
        )
    return table
