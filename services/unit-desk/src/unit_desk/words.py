"""Words for codes, as people of a unit read them, with an icon and a colour. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from contracts import unit_words
from contracts.dates import due_in_words
from contracts.events import ComplaintSnapshot, UnitReplied, UnitRouted
from contracts.vocabulary import Action, ComplaintType, Lane, Part, StageName, SupportStatus, Urgency, Why
from kabupaten.calendar import WEEKDAYS
from unit_desk.notices import MORNING, Kind
from unit_desk.projection import due_of

#: A deadline nearer than this is soon.
SOON = timedelta(days=1)
STATUS, WHY, URGENCY = unit_words.STATUS, unit_words.WHY, unit_words.URGENCY
answer_to = unit_words.answer_to
STAGE: Mapping[str, str] = {
    StageName.COMPLETION: "penyelesaian",
    StageName.CLOSING: "penutupan",
    StageName.DISPOSITION: "penerusan ke unit",
    StageName.ACKNOWLEDGEMENT: "penerimaan",
    StageName.FOLLOW_UP: "tindak lanjut",
    StageName.RIGHTS: "permintaan hak",
    StageName.APPEAL: "putusan keberatan",
    StageName.APPEAL_ACKNOWLEDGEMENT: "penerimaan keberatan",
    StageName.CONFIRMATION: "pemastian hasil",
}
#: The act of a reply.
DONE: Mapping[str, str] = {
    Action.ACKNOWLEDGE: "menerima laporan",
    Action.PROGRESS: "mengabarkan kemajuan",
    Action.ASK: "bertanya kepada warga",
    Action.ASK_HELP: "meminta bantuan",
    Action.RESOLVE: "menyelesaikan laporan",
    Action.RETURN: "mengembalikan laporan",
    Action.HAND_OVER: "melimpahkan laporan",
    Action.DISPOSE: "meneruskan laporan",
    Action.CORRECT: "memperbaiki kategori",
    Action.MERGE: "menggabungkan laporan",
    Action.REJECT: "menolak laporan",
    Action.RELAY: "menyampaikan jawaban instansi luar",
    Action.RIGHTS_DONE: "mengabulkan permintaan hak",
    Action.RIGHTS_DECLINE: "menjawab permintaan hak",
    Action.UPHOLD: "menerima keberatan",
    Action.DISMISS: "menolak keberatan",
    Action.CONFIRM: "memastikan hasilnya sesuai",
    Action.REDO: "mengembalikan hasil yang belum sesuai",
    Action.UNDO: "membatalkan tindakan terakhir",
    Action.REASSIGN: "mengalihkan laporan ke unit lain",
    Action.INSTRUCT: "memberi arahan resmi",
    Action.PRIORITIZE: "mengubah tingkat mendesak",
}
SUPPORT: Mapping[str, str] = {
    SupportStatus.ASKED: "diminta membantu",
    SupportStatus.ACKNOWLEDGED: "sudah menerima",
    SupportStatus.IN_PROGRESS: "sedang mengerjakan",
    SupportStatus.DONE: "bagiannya selesai",
}
#: The subject of a notice, as mail and the page ``/kabar`` say it.
NOTICE: Mapping[str, str] = {
    Kind.DANGER: "Darurat",
    Kind.BREACH: "Batas waktu terlewat",
    Kind.ESCALATION: "Keterlambatan sampai ke atasan",
    Kind.RETURN: "Dikembalikan unit lain",
    Kind.INSTRUCTION: "Arahan atasan",
    Kind.APPEAL: "Warga keberatan",
    Kind.NEW: "Laporan baru",
    Kind.ADDED: "Warga menambahkan sesuatu",
    Kind.DUE: "Batas waktu mendekat",
    Kind.RIGHTS: "Permintaan hak atas data pribadi",
    Kind.OTHER: "Perlu dilihat",
    Kind.DRAFT: "Naskah menunggu persetujuan Anda",
    Kind.GIVEN_BACK: "Naskah Anda kembali, belum terkirim",
    Kind.ASSIGNED: "Ditugaskan kepada Anda",
    Kind.SILENT: "Kantor luar tidak menjawab",
    MORNING: "Daftar pagi",
}
#: The kinds of messages.
MESSAGE: Mapping[str, str] = {
    "alarm": "Segera",
    "gathered": "Kumpulan",
    "morning": "Daftar pagi",
    "code": "Kode masuk",
    "password": "Kode ganti kata sandi",
    "invitation": "Undangan",
}
#: The outcome of a message.
MESSAGE_STATE: Mapping[str, str] = {
    "pending": "menunggu dikirim",
    "sending": "sedang dikirim",
    "sent": "terkirim",
    "maybe_sent": "mungkin sampai",
    "refused": "gagal",
    "dropped": "tidak dikirim",
}
#: Why it was not sent.
DROPPED: Mapping[str, str] = {
    "limit": "sudah cukup banyak untuk sehari",
    "late": "sudah terlalu lama",
    "over": "sudah selesai sebelum dikirim",
    "left": "orangnya sudah keluar",
    "no number": "tidak ada nomor HP",
}
#: The channels of complaints and of messages.
CHANNEL: Mapping[str, str] = {
    "sms": "SMS",
    "web": "situs",
    "loket": "loket",
    "x": "X",
    "facebook": "Facebook",
    "whatsapp": "WhatsApp",
    "email": "surel",
}
KIND: Mapping[str, str] = {
    ComplaintType.PENGADUAN: "Pengaduan",
    ComplaintType.PERMINTAAN_INFORMASI: "Permintaan informasi",
    ComplaintType.ASPIRASI: "Aspirasi",
}


#: These alone don't put a complaint on a list.
_NO_CAUSE = frozenset({Why.DEADLINE_SET, Why.REPLIED})
#: The reasons of these need their cause in front; all other reasons can stand alone.
_WITH_REASON = frozenset({Why.WITHDRAWN, Why.INSTRUCTED, Why.HANDED_OVER})
#: The most words that a list shows as evidence for the category.
_MOST_WORDS = 3


@dataclass(frozen=True, kw_only=True)
class Sign:
    """Words with an icon of ``ikon.svg`` and a class of the stylesheet: each says it without the others."""

    text: str
    icon: str
    look: str


def urgency(complaint: ComplaintSnapshot) -> Sign | None:
    """Return the sign of a complaint that can't wait; None for any other."""
    match complaint.urgency:
        case Urgency.DARURAT:
            return Sign(text="Darurat", icon="awas", look="danger")
        case Urgency.TINGGI:
            return Sign(text="Mendesak", icon="awas", look="urgent")
    return None


def due(complaint: ComplaintSnapshot, now: datetime, zone: tzinfo) -> Sign | None:
    """Say when it is due: late, soon, later, or that the clock is paused; None where nothing is promised."""
    at = due_of(complaint)
    if complaint.paused_until:
        return Sign(text="Waktu berhenti", icon="henti", look="paused")
    if at is None:
        return None
    if at <= now:
        late = "Belum ditanggapi, lewat" if complaint.acknowledge_by else "Terlambat"
        return Sign(text=f"{late} {span(now - at)}", icon="awas", look="late")
    if at - now < SOON:
        text = f"Tanggapi dalam {span(at - now)}" if complaint.acknowledge_by else f"{span(at - now)} lagi"
        return Sign(text=text, icon="tunggu", look="soon")
    return Sign(text=due_in_words(at, zone), icon="kalender", look="later")


def due_dated(complaint: ComplaintSnapshot, now: datetime, zone: tzinfo) -> str:
    """Say when it is due in words that stay true however late they are read; empty where nothing is promised."""
    at = due_of(complaint)
    if complaint.paused_until:
        return "Waktu berhenti"
    if at is None:
        return ""
    soon = "Tanggapi paling lambat" if complaint.acknowledge_by else "Batas waktu"
    return f"{'Terlambat sejak' if at <= now else soon} {due_in_words(at, zone)}"


def hours(minutes: tuple[int, int]) -> str:
    """Write from when to when, given minutes since midnight."""
    begin, end = (f"{each // 60:02}.{each % 60:02}" for each in minutes)
    return f"{begin}–{end}"


def did(said: UnitReplied) -> str:
    """Say what a reply did; an action that this version does not know is named by its code."""
    if said.action == Action.CORRECT and said.type and not said.category:
        return "memperbaiki jenis"
    return DONE.get(said.action, said.action)


def span(length: timedelta) -> str:
    """Say how long something is, in its largest unit."""
    minutes = int(length.total_seconds() // 60)
    for size, name in ((24 * 60, "hari"), (60, "jam")):
        if minutes >= size:
            return f"{minutes // size} {name}"
    return f"{max(1, minutes)} menit"


def duty(days: Sequence[str], hours: str) -> str:
    """Say when somebody is on duty: ``Senin sampai Jumat, 07.30–16.00``."""
    if not days:
        return "tidak berjaga"
    at = [WEEKDAYS.index(day) for day in WEEKDAYS if day in days]
    if len(at) == 7:
        said = "setiap hari"
    elif len(at) > 2 and at[-1] - at[0] == len(at) - 1:
        said = f"{WEEKDAYS[at[0]].title()} sampai {WEEKDAYS[at[-1]].title()}"
    else:
        said = ", ".join(WEEKDAYS[each].title() for each in at)
    return f"{said}, {'sepanjang hari' if hours == '00.00-24.00' else hours.replace('-', '–')}"


def role(complaint: ComplaintSnapshot) -> str:
    """Say that the unit helps; empty if it has to answer."""
    return "Anda membantu" if complaint.role == Part.SUPPORT else ""


def why_here(told: UnitRouted) -> str:
    """Say briefly why a complaint is on a list; empty where another line of the list says it, or no reason is known."""
    complaint, reason = told.complaint, told.reason or ""
    if told.reply and not told.reply.accepted:
        return f"Balasan tidak diterima sistem: {told.reply.reason or told.reply.code or told.why}"
    if told.why in _NO_CAUSE or not complaint or _is_asked_to_help(told, complaint):
        return ""
    why = WHY.get(told.why, told.why)
    if told.why == Why.ROUTED:
        words = ", ".join(_spoke_for(complaint))
        said = reason or "Diteruskan ke unit ini"
        return _capital(f"{said} ({words})" if words else said)
    if told.why == Why.UNDONE or not reason:  # the reason of an undo names the act by its code
        return why
    return f"{why}. {_capital(reason)}" if told.why in _WITH_REASON else _capital(reason)


def _is_asked_to_help(told: UnitRouted, complaint: ComplaintSnapshot) -> bool:
    """Whether the leading unit has asked this one for something, which the list shows anyway."""
    asked = any(each.unit == told.unit and each.request for each in complaint.support)
    return told.why == Why.ROUTED and complaint.role == Part.SUPPORT and asked


def _spoke_for(complaint: ComplaintSnapshot) -> Sequence[str]:
    """Return the words that spoke for its category, if it was routed to a unit by category."""
    if complaint.lane != Lane.UNIT:
        return ()
    found = (each.evidence for each in complaint.candidates if each.category == complaint.category)
    return next(found, [])[:_MOST_WORDS]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
