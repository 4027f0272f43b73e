"""What a citizen will get when a reply is sent, word for word. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec import UNSET

from contracts import ticket as tickets
from contracts.events import ComplaintSnapshot, ComplaintUpdated, UnitReplied, UnitRouted
from contracts.vocabulary import MOVES, Action, Lane, Note, Part, Right, Status, UpdateKind
from intake.segments import GSM
from unit_desk.rules import Rules

#: What a step is about, where its kind does not say that.
_NOTES: dict[str, Note] = {
    Action.RIGHTS_DONE: Note.RIGHTS_DONE,
    Action.RIGHTS_DECLINE: Note.RIGHTS_DECLINED,
    Action.UPHOLD: Note.APPEAL_UPHELD,
    Action.DISMISS: Note.APPEAL_DISMISSED,
    Action.UNDO: Note.UNDONE,
    Action.INSTRUCT: Note.INSTRUCTED,
    Action.PRIORITIZE: Note.URGENCY_CHANGED,
    Action.CONFIRM: Note.CONFIRMED,
    Action.REDO: Note.NOT_CONFIRMED,
}
#: The step that each action is told as, and the status after it.
_TOLD: dict[str, UpdateKind] = {
    Action.ACKNOWLEDGE: UpdateKind.ACKNOWLEDGED,
    Action.PROGRESS: UpdateKind.IN_PROGRESS,
    Action.ASK: UpdateKind.WAITING_FOR_REPORTER,
    Action.RESOLVE: UpdateKind.RESOLVED,
    Action.RETURN: UpdateKind.RETURNED,
    Action.HAND_OVER: UpdateKind.HANDED_OVER,
    Action.DISPOSE: UpdateKind.ROUTED,
    Action.CORRECT: UpdateKind.CORRECTED,
    Action.REJECT: UpdateKind.REJECTED,
    Action.MERGE: UpdateKind.MERGED,
    Action.RIGHTS_DONE: UpdateKind.NOTED,
    Action.RIGHTS_DECLINE: UpdateKind.NOTED,
    Action.UPHOLD: UpdateKind.REOPENED,
    Action.DISMISS: UpdateKind.CLOSED,
    Action.UNDO: UpdateKind.IN_PROGRESS,  # and not known better
    Action.REASSIGN: UpdateKind.ROUTED,
    Action.INSTRUCT: UpdateKind.NOTED,
    Action.PRIORITIZE: UpdateKind.CORRECTED,
    Action.CONFIRM: UpdateKind.NOTED,
    Action.REDO: UpdateKind.REOPENED,
}
#: These its reporter does not read, but the units that have it.
_FOR_UNITS = frozenset({Action.UPHOLD, Action.INSTRUCT, Action.REASSIGN, Action.REDO})
#: These are done with what another unit leads.
_FROM_ABOVE = frozenset({Action.UNDO, Action.REASSIGN, Action.INSTRUCT, Action.PRIORITIZE, Action.CORRECT})
_BY: dict[str, str] = {
    "intake-sms": "lewat SMS",
    "intake-web": "di halaman laporannya, dan lewat SMS atau surel bila ia memintanya",
    "intake-social": "sebagai balasan di media sosial",
}
#: Letters of one SMS, and of each part of a longer one (3GPP TS 23.040).
_ONE, _PART, _ONE_WIDE, _PART_WIDE = 160, 153, 70, 67


@dataclass(frozen=True, kw_only=True)
class Preview:
    """``text`` is what is read, ``by`` how it gets there, ``size`` how long it is where that costs.

    ``masked``: something in it is replaced, for everybody may read it.
    """

    text: str
    by: str
    size: str = ""
    masked: bool = False


def preview(told: UnitRouted, said: UnitReplied, rules: Rules, before: str = "") -> Preview:
    """Say what the reporter gets when ``said`` is sent; who helps is read by the unit that leads alone, and what that
    asks by the one that is asked.

    ``before`` is the status that it has again when an act is taken back.
    """
    complaint = told.complaint
    assert complaint  # noqa: S101 - what has none is not replied to
    written = (said.message or "") + (said.reason or "")
    masked = rules.masked(written) != written
    if complaint.role == Part.SUPPORT and said.action not in _FROM_ABOVE:
        words = rules.masked(said.message or said.reason or "") or "(tanpa keterangan)"
        return Preview(text=words, by=f"{rules.units.get(complaint.unit, complaint.unit)}, bukan warga", masked=masked)
    if said.action == Action.ASK_HELP:
        asked = said.unit or ""
        by = f"{rules.units.get(asked, asked)}, bukan warga"
        return Preview(text=rules.masked(said.reason or ""), by=by, masked=masked)
    service = tickets.INTAKES.get(tickets.door(complaint.ticket), "intake-web")
    update = _update(told, said, rules, before)
    outline = complaint.rahasia and service == "intake-social"
    text = rules.texts.change(update, service=service, outline=outline)
    if complaint.anonim and service != "intake-web":
        return Preview(text=text, by="di halaman laporan saja: pelapor anonim tidak dikirimi pesan", masked=masked)
    return Preview(text=text, by=_BY[service], size=_size(text) if service == "intake-sms" else "", masked=masked)


def _update(told: UnitRouted, said: UnitReplied, rules: Rules, before: str) -> ComplaintUpdated:
    complaint = told.complaint
    assert complaint  # noqa: S101
    kind, note = _TOLD[said.action], _NOTES.get(said.action)
    if complaint.status == Status.APPEALED and said.action == Action.ACKNOWLEDGE:
        kind, note = UpdateKind.NOTED, Note.APPEAL_ACKNOWLEDGED
    if said.action == Action.CORRECT and not said.category:
        note = Note.TYPE_CORRECTED
    if said.action == Action.RESOLVE and rules.confirms(complaint.category):
        note = Note.TO_CONFIRM
    closes = said.action == Action.CONFIRM and bool(complaint.confirmation) and complaint.confirmation.closes  # type: ignore[union-attr]
    if closes:
        kind, note = UpdateKind.CLOSED, None
    if said.action == Action.UNDO and before in MOVES:
        kind = UpdateKind(before)
    unit, lane = _where(told, complaint, said, rules)
    erasing = any(item.right == Right.ERASURE for item in complaint.follow_ups)
    erases = note == Note.RIGHTS_DONE and erasing  # it is said when it is done, and in no unit's words
    target = rules.targets.get(said.to or "")
    return ComplaintUpdated(
        complaint_id=complaint.complaint_id,
        ticket=complaint.ticket,
        seq=complaint.seq + 1,
        kind=kind,
        status=kind.value if kind in MOVES else complaint.status,
        channel=complaint.channel,
        origin=tickets.INTAKES.get(tickets.door(complaint.ticket), ""),
        received_at=complaint.received_at,
        unit=unit,
        lane=lane,
        category=complaint.category,
        type=complaint.type,
        note=note.value if note else UNSET,
        code="erased" if erases else "confirmed" if closes else UNSET,
        urgency=complaint.urgency,
        message=rules.masked(said.message) if said.message and not erases else UNSET,
        # What is to be done again is said to the unit alone.
        reason=rules.masked(said.reason) if said.reason and said.action not in _FOR_UNITS else UNSET,
        target=(target.name if target else said.to) or UNSET,
        contact=(target.contact if target else None) or UNSET,
        parent=said.into or UNSET,
        support=said.support,
        rahasia=complaint.rahasia,
    )


def _where(told: UnitRouted, complaint: ComplaintSnapshot, said: UnitReplied, rules: Rules) -> tuple[str, str]:
    """Name the unit that its reporter reads of, and the lane in which that has it."""
    match said.action:
        case Action.DISPOSE | Action.REASSIGN:
            unit = said.unit or told.unit
            return unit, Lane.TRIAGE if unit == rules.sorting else Lane.UNIT
        case Action.UNDO if complaint.status == Status.ROUTED:
            # It was returned: who sorts gave it back from the lane in which it is not now.
            other = Lane.TRIAGE if complaint.lane == Lane.UNIT or complaint.unit != told.unit else Lane.UNIT
            return told.unit, other
        case Action.UNDO | Action.INSTRUCT:
            return complaint.unit, complaint.lane
    return told.unit, complaint.lane


def _size(text: str) -> str:
    plain = GSM.issuperset(text)
    one, part = (_ONE, _PART) if plain else (_ONE_WIDE, _PART_WIDE)
    many = 1 if len(text) <= one else min(3, -(-len(text) // part))
    return f"{many} SMS, {len(text)} huruf"
