"""A unit's worklist, read from its compacted topic: the latest record of each complaint, if it is still open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec
from rich.console import Group
from rich.text import Text

from contracts.dates import due_in_words
from contracts.events import ComplaintSnapshot, FollowUp, UnitRouted
from contracts.topics import unit_of
from contracts.unit_words import STATUS, URGENCY, WHY, answer_to
from contracts.vocabulary import FINAL, FollowUpKind, Lane, Part, StageName, Status, SupportStatus, Urgency, Why
from lapor.kafka.reader import Found

#: The complaint is over, or the unit has answered and it is the reporter's turn.
_DONE = FINAL | {Status.RESOLVED, Status.MERGED}
#: Reasons that ask the unit they are sent to for something, whichever unit leads and whatever the status.
_FOR_THE_DESK = frozenset({Why.HANDED_OVER, Why.SIMILAR, Why.URGENT, Why.RATED, Why.ESCALATED, Why.RIGHTS_REQUESTED})
_FOLLOW_UPS: dict[str, str] = {
    FollowUpKind.ADDITION: "tambahan warga",
    FollowUpKind.RATING: "nilai {rating} dari 5",
    FollowUpKind.REOPEN: "minta dibuka lagi",
    FollowUpKind.CANCEL: "minta dibatalkan",
    FollowUpKind.APPEAL: "keberatan",
    FollowUpKind.RIGHTS_REQUEST: "minta hak atas data pribadinya",
    FollowUpKind.CONFIDENTIAL: "minta dirahasiakan",
}
#: Where a complaint's records for a unit lie: their topic and key.
Place = tuple[str, bytes | None]
_NEVER = datetime.max.replace(tzinfo=UTC)


class Item(NamedTuple):
    """A complaint and why it is on the list: ``why`` of the last record that is a cause, and its reason in words."""

    complaint: ComplaintSnapshot
    why: str
    reason: str


def open_items(unit: str, records: Iterable[Found]) -> list[Item]:
    """List what ``unit`` has to work on: the largest ``priority`` first, then the nearest deadline, then the oldest.

    A record may come twice, and an older one after a newer one: the largest ``seq`` counts, and among equals the last.
    """
    last: dict[str, tuple[ComplaintSnapshot, UnitRouted, UnitRouted]] = {}
    for found in records:
        data = found.event.data if found.event else None
        if not isinstance(data, UnitRouted) or not data.complaint:
            continue
        known = last.get(data.complaint.ticket)
        if known is None or data.complaint.seq >= known[0].seq:
            # A new deadline is no reason to have it: the record before says why it is here.
            cause = known[2] if known and data.why == Why.DEADLINE_SET and known[2].why != Why.WITHDRAWN else data
            last[data.complaint.ticket] = data.complaint, data, cause
    items = [
        Item(complaint, cause.why, _reason(cause))
        for complaint, told, cause in last.values()
        if _is_open(unit, told.why, complaint) or _is_for_the_desk(unit, told, complaint)
    ]
    return sorted(items, key=_order)


def _order(item: Item) -> tuple[float, datetime, datetime]:
    complaint = item.complaint
    return -complaint.priority, complaint.deadline_at or _NEVER, complaint.received_at


def newest(known: Mapping[Place, Found], records: Iterable[Found]) -> dict[Place, Found]:
    """Add ``records`` to ``known``: keep the latest of each complaint in each topic, and drop erased complaints."""
    last = dict(known)
    for found in records:
        place = found.topic, found.key
        if not found.value:
            last.pop(place, None)
        elif (told := _snapshot(found)) and (place not in last or told.seq >= _seq(last[place])):
            last[place] = found
    return last


def most_urgent(records: Iterable[Found], most: int) -> list[tuple[str, Item]]:
    """List the most urgent open complaints of all units' topics, each once, with the unit that has it."""
    of_unit = defaultdict[str, list[Found]](list)
    for found in records:
        of_unit[unit_of(found.topic) or ""].append(found)
    items = [(unit, item) for unit, its in of_unit.items() for item in open_items(unit, its)]
    # The unit that has it comes before units that help or look on.
    items.sort(key=lambda each: (_order(each[1]), each[0] != each[1].complaint.unit))
    once = {item.complaint.ticket: (unit, item) for unit, item in reversed(items)}
    return sorted(once.values(), key=lambda each: _order(each[1]))[:most]


def _snapshot(found: Found) -> ComplaintSnapshot | None:
    data = found.event.data if found.event else None
    return data.complaint or None if isinstance(data, UnitRouted) else None


def _seq(found: Found) -> int:
    told = _snapshot(found)
    return told.seq if told else -1


def latest(ticket: str, records: Iterable[Found]) -> ComplaintSnapshot | None:
    """Return the latest snapshot of ``ticket``; among equal ``seq`` the last record, since its links are the newest."""
    newest: ComplaintSnapshot | None = None
    for found in records:
        data = found.event.data if found.event else None
        if isinstance(data, UnitRouted) and data.complaint and data.complaint.ticket == ticket:
            newest = data.complaint if newest is None or data.complaint.seq >= newest.seq else newest
    return newest


def links(complaint: ComplaintSnapshot) -> list[str]:
    """List the links to all files that citizens attached to the complaint and to its follow-ups."""
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
    """Whether the unit has to act on a complaint that others may lead, also after its own action on it was refused."""
    if told.reply:
        return not told.reply.accepted and complaint.role == Part.LEAD and complaint.unit != unit
    return told.why in _FOR_THE_DESK or told.stage == StageName.RIGHTS


def as_json(item: Item) -> bytes:
    """Encode the snapshot with ``why`` and ``reason`` beside its fields, in one line."""
    return msgspec.json.encode({**msgspec.to_builtins(item.complaint), "why": item.why, "reason": item.reason or None})


def as_cards(items: Iterable[Item], now: datetime) -> Group:
    """Render items for people in two lines each, cut at the terminal's width: status and deadline, then reason and
    place. Deadlines are in the words that citizens are told; a complaint past its deadline is red."""
    return Group(*(line for item in items for line in (as_line(item.complaint, now), _second(item))))


def as_line(complaint: ComplaintSnapshot, now: datetime, unit: str = "") -> Text:
    """Render in a line the status, the deadline and more, after ``unit`` if it is given."""
    urgent = complaint.urgency in (Urgency.DARURAT, Urgency.TINGGI)
    facts = [
        URGENCY[str(complaint.urgency)].upper() if urgent else "",
        as_status(complaint),
        as_due(complaint, now),
        "dibuka kembali" if complaint.reopened else "",
        "warga menulis lagi" if complaint.unheard else "",
        f"{len(links(complaint))} foto" if links(complaint) else "",
        f"{complaint.reporters} pelapor" if complaint.reporters > 1 else "",
        f"{complaint.supporters} dukung" if complaint.supporters else "",
    ]
    late = complaint.deadline_at and complaint.deadline_at < now
    said = " · ".join(filter(None, facts))
    look = "red" if late or complaint.urgency == Urgency.DARURAT else ""
    return Text.assemble(
        (complaint.ticket, "bold"), "  ", f"{unit}  " if unit else "", (said, look), no_wrap=True, overflow="ellipsis"
    )


def _second(item: Item) -> Text:
    complaint, why = item.complaint, WHY.get(item.why, item.why)
    chosen = complaint.suggested_category or ""
    about = (complaint.category or "?").replace("_", " ")
    if chosen not in ("", complaint.category):
        about += f" (pilihan warga {chosen.replace('_', ' ')})"
    # Being routed here is the usual reason, so it is not named.
    what_for = "" if item.why == Why.ROUTED and not item.reason else f"{why}: {item.reason}" if item.reason else why
    said = " · ".join(filter(None, [what_for, as_place(complaint), about]))
    return Text(f"  {said}: {' '.join(complaint.text.split())}", style="dim", no_wrap=True, overflow="ellipsis")


def as_status(complaint: ComplaintSnapshot) -> str:
    """Say its status, and whether the unit only helps or has to find the unit responsible."""
    status = STATUS.get(complaint.status, complaint.status)
    if complaint.role == Part.SUPPORT:
        return f"membantu, {status.lower()}"
    return f"meja triase, {status.lower()}" if complaint.lane == Lane.TRIAGE else status


def as_due(complaint: ComplaintSnapshot, now: datetime) -> str:
    """Say until when it is to be answered; empty without a deadline."""
    if complaint.paused_until:
        return "waktu berhenti"
    if not complaint.deadline_at:
        return ""
    return f"{'terlambat, ' if complaint.deadline_at < now else ''}{due_in_words(complaint.deadline_at)}"


def as_place(complaint: ComplaintSnapshot) -> str:
    """Say where it is: the place as far as it was understood, and in the citizen's words."""
    place = complaint.place or None
    known = ", ".join(filter(None, [place.desa, place.kecamatan])) if place else ""
    return (
        f"{known} ({complaint.place_stated})" if known and complaint.place_stated else complaint.place_stated or known
    )


def as_point(complaint: ComplaintSnapshot) -> str:
    """Say which point the citizen's device gave, as people type it into a map."""
    where = complaint.position
    if not where:
        return ""
    return f"{where.lat}, {where.lon}" + (f" (kurang lebih {where.metres} m)" if where.metres else "")


def as_question(complaint: ComplaintSnapshot) -> str:
    """Say what the citizen was asked last, and whether they have answered; empty if they were asked nothing."""
    question = complaint.question
    if not question:
        return ""
    by = f"{question.unit}, " if question.unit != complaint.unit else ""
    return f"{question.text} ({by}{answer_to(question, complaint.status)})"


def as_follow_up(item: FollowUp) -> str:
    """Say what a citizen did later, with their words."""
    what = _FOLLOW_UPS.get(item.kind, item.kind).format(rating=item.rating)
    return f"{what}: {item.text}" if item.text else what
