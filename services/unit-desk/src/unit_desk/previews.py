"""The text that a citizen will read when a reply is sent, word for word. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from msgspec import UNSET

from contracts import ticket as tickets
from contracts.events import ComplaintSnapshot, ComplaintUpdated, UnitReplied, UnitRouted
from contracts.vocabulary import MOVES, Action, Lane, Note, Part, Right, Status, UpdateKind, Urgency
from intake.channel import CHANNELS, SMS, WEB, Channel
from intake.notices import Notice, NoticeKind
from intake.posts import ROOM, fitted
from intake.segments import count, fit
from unit_desk.rules import Rules

#: The subject of a step, where its kind does not say it.
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
#: The step as which each action is told, and the status after it.
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
    Action.UNDO: UpdateKind.IN_PROGRESS,  # unless the status before is known
    Action.REASSIGN: UpdateKind.ROUTED,
    Action.INSTRUCT: UpdateKind.NOTED,
    Action.PRIORITIZE: UpdateKind.CORRECTED,
    Action.CONFIRM: UpdateKind.NOTED,
    Action.REDO: UpdateKind.REOPENED,
}
#: The units that have the complaint read the reasons of these; its reporter does not.
_FOR_UNITS = frozenset({Action.UPHOLD, Action.INSTRUCT, Action.REASSIGN, Action.REDO})
#: Acts on a complaint that another unit leads.
_FROM_ABOVE = frozenset({Action.UNDO, Action.REASSIGN, Action.INSTRUCT, Action.PRIORITIZE, Action.CORRECT})
_BY: dict[str, str] = {
    SMS.service: "lewat SMS",
    WEB.service: "di halaman laporannya, dan lewat SMS atau surel bila ia memintanya",
    "x": "sebagai balasan di X",
    "facebook": "sebagai balasan di Facebook",
    "whatsapp": "lewat WhatsApp",
}
#: Additions by the system to a step, not known before it is sent.
_ADDED: dict[str, str] = {
    UpdateKind.WAITING_FOR_REPORTER: "Sistem menambahkan sampai kapan warga dapat menjawab.",
    UpdateKind.RESOLVED: "Sistem menambahkan sampai kapan warga dapat minta dibuka kembali.",
    UpdateKind.REOPENED: "Sistem menambahkan batas waktunya yang baru.",
}


@dataclass(frozen=True, kw_only=True)
class Preview:
    """``texts`` are the messages as read, ``by`` says how they get there, ``size`` their length where length costs.

    ``adds`` says what will be added that is not known yet. ``cut``: the end is left out, as it is too long.
    ``masked``: something in it is replaced, as everybody may read it.
    """

    texts: tuple[str, ...]
    by: str
    size: str = ""
    adds: str = ""
    cut: bool = False
    masked: bool = False

    @property
    def text(self) -> str:
        """All messages, one a line."""
        return "\n".join(self.texts)


def preview(
    told: UnitRouted, said: UnitReplied, rules: Rules, before: str = "", *, told_today: bool = False
) -> Preview:
    """Return what the reporter gets when ``said`` is sent. Only the leading unit reads the reply of a unit that
    helps, and only the unit that is asked reads a request for help.

    ``before`` is the status that an undo restores. ``told_today``: the last that the reporter was told, today, is that
    the complaint is worked on; that is not told twice a day.
    """
    complaint = told.complaint
    assert complaint  # noqa: S101 - without a complaint nobody replies
    written = (said.message or "") + (said.reason or "")
    masked = rules.masked(written) != written
    if complaint.role == Part.SUPPORT and said.action not in _FROM_ABOVE:
        words = rules.masked(said.message or said.reason or "") or "(tanpa keterangan)"
        return Preview(
            texts=(words,), by=f"{rules.units.get(complaint.unit, complaint.unit)}, bukan warga", masked=masked
        )
    if said.action == Action.ASK_HELP:
        asked = said.unit or ""
        by = f"{rules.units.get(asked, asked)}, bukan warga"
        return Preview(texts=(rules.masked(said.reason or ""),), by=by, masked=masked)
    channel = CHANNELS[tickets.INTAKES.get(tickets.door(complaint.ticket), WEB.service)]
    update = _update(told, said, rules, before)
    outline = complaint.rahasia and channel.public
    text = rules.texts.change(update, service=channel.service, outline=outline)
    if complaint.anonim and not channel.pages:
        by = "di halaman laporan saja: pelapor anonim tidak dikirimi pesan"
        return Preview(texts=(text,), by=by, masked=masked)
    if told_today and update.kind == UpdateKind.IN_PROGRESS:
        by = "di halaman laporannya saja: hari ini warga sudah dikabari bahwa laporannya sedang ditangani"
        return Preview(texts=(text,), by=by, masked=masked)
    sent = _sent(text, channel, complaint, rules)
    undated = update.kind == UpdateKind.REOPENED and complaint.urgency == Urgency.DARURAT
    return replace(sent, adds="" if undated else _ADDED.get(update.kind, ""), masked=masked)


def _sent(text: str, channel: Channel, complaint: ComplaintSnapshot, rules: Rules) -> Preview:
    """Return ``text`` as the channel of ``complaint`` carries it: cut, or split into posts."""
    number = complaint.ticket
    if channel.one_sms:
        sent = fit(text, rules.texts.elsewhere("more", number, rules.site))
        size = f"{count(sent)} SMS, {len(sent)} huruf"
        return Preview(texts=(sent,), by=_BY[channel.service], size=size, cut=count(text) > count(sent))
    if channel.pages or complaint.channel not in ROOM:
        return Preview(texts=(text,), by=_BY[WEB.service])
    key = str(complaint.seq + 1)
    step = Notice(id=0, ticket=number, kind=NoticeKind.STEP, key=key, address="", thread=None, text=text, attempts=0)
    said, left_out = fitted(step, rules.texts.social, complaint.channel)
    size = f"{len(said)} kiriman" if len(said) > 1 else ""
    return Preview(texts=tuple(said), by=_BY[complaint.channel], size=size, cut=bool(left_out))


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
    erases = note == Note.RIGHTS_DONE and erasing  # the citizen is told in fixed words, not the unit's
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
        # Only the unit reads what it has to do again.
        reason=rules.masked(said.reason) if said.reason and said.action not in _FOR_UNITS else UNSET,
        target=(target.name if target else said.to) or UNSET,
        contact=(target.contact if target else None) or UNSET,
        parent=said.into or UNSET,
        support=said.support,
        rahasia=complaint.rahasia,
    )


def _where(told: UnitRouted, complaint: ComplaintSnapshot, said: UnitReplied, rules: Rules) -> tuple[str, str]:
    """Name the unit that the reporter reads about, and the lane in which that unit has it."""
    match said.action:
        case Action.DISPOSE | Action.REASSIGN:
            unit = said.unit or told.unit
            return unit, Lane.TRIAGE if unit == rules.sorting else Lane.UNIT
        case Action.UNDO if complaint.status == Status.ROUTED:
            # It was returned. The lane matters only for the unit that sorts: if that has it in triage now, it was its
            # own work before; else it had it to sort.
            other = Lane.TRIAGE if complaint.lane == Lane.UNIT or complaint.unit != told.unit else Lane.UNIT
            return told.unit, other
        case Action.UNDO | Action.INSTRUCT:
            return complaint.unit, complaint.lane
    return told.unit, complaint.lane
