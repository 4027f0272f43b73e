"""Whether messages about a complaint reached the citizen, in words for the unit that answered it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from contracts.dates import day_in_words
from contracts.vocabulary import Arrival, MessageKind, NoArrival
from unit_desk import words

#: The carrier of a message, as named in "tidak diterima …".
_CARRIER: Mapping[str, str] = {"sms": "operator seluler", "email": "server surat"}
_UNREACHABLE: Mapping[str, str] = {
    "sms": "nomornya tidak dapat dihubungi",
    "email": "alamat surelnya tidak menerima kiriman",
}
_ON_PAGE = "hanya terbaca di halaman laporannya"
_NEVER: Mapping[str, str] = {
    NoArrival.NO_CONTACT: f"Warga tidak meninggalkan kontak: {_ON_PAGE}",
    NoArrival.STOPPED: f"Warga tidak ingin dikirimi pesan (STOP): {_ON_PAGE}",
    NoArrival.LIMITED: f"Tidak dikirim, warga sudah menerima cukup banyak pesan sehari itu: {_ON_PAGE}",
    NoArrival.SAME_DAY: f"Tidak dikirim lagi, warga sudah dikabari hari itu: {_ON_PAGE}",
    NoArrival.UNASKED: f"Tidak dikirim, jaringannya tidak mengizinkan kami menyapa lebih dulu: {_ON_PAGE}",
    NoArrival.AWAITS_YES: f"Tidak dikirim, warga tidak menjawab apakah alamat surelnya benar: {_ON_PAGE}",
    NoArrival.UNDONE: "Tidak dikirim: dibatalkan sebelum warga sempat dikabari",
    NoArrival.UNREACHABLE: f"Tidak dikirim, kontak warga tidak dapat dihubungi lagi: {_ON_PAGE}",
}
_KIND: Mapping[str, str] = {
    MessageKind.RECEIPT: "Tanda terima",
    MessageKind.DANGER: "Tanda terima dan nomor darurat",
    MessageKind.STEP: "Kabar perkembangan",
    MessageKind.DEADLINE: "Perubahan batas waktu",
    MessageKind.APOLOGY: "Permintaan maaf atas keterlambatan",
    MessageKind.CORRECTION: "Ralat permintaan maaf",
    MessageKind.ADDED: "Tanda terima tambahan warga",
}
#: The states in which a message may be sent again: it did not arrive, or may not have.
MISSING = (Arrival.FAILED, Arrival.PERHAPS)
_STILL = "Isinya tetap terbaca di halaman laporan warga."


@dataclass(frozen=True, kw_only=True)
class Line:
    """The outcome of a message: words with an icon of ``ikon.svg``. ``called``: the kind of message. ``at``: when; None
    while it waits, or if it was not sent. ``failed``: somebody may have to act. ``again``: the message's id, if it may
    be sent again.
    """

    called: str
    text: str
    icon: str
    at: datetime | None = None
    failed: bool = False
    again: str = ""


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """The outcome of each message: ``under`` the reply (its id) or the event (its number) that it tells about, and
    ``others`` that tell about neither."""

    under: Mapping[str, Sequence[Line]]
    others: Sequence[Line]

    @property
    def failed(self) -> int:
        """The number of ``others`` that did not arrive."""
        return sum(line.failed for line in self.others)


def advice(sorting: str) -> str:
    """Say what can be done about a message that did not arrive: an operator of ``sorting`` can send it again. Operators
    have a button for it; for them ``sorting`` is empty."""
    if not sorting:
        return _STILL
    return f"{_STILL} Bila mendesak, minta {sorting} mengirimnya lagi dengan menyebut nomor laporan ini."


def placed(
    rows: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]], now: datetime, zone: tzinfo
) -> Arrivals:
    """Put each message of ``rows`` under the first event of its step; ``events`` are given the latest first."""
    first = {each["seq"]: each for each in events}
    under: dict[str, list[Line]] = {}
    others: list[Line] = []
    for row in rows:
        event = first.get(row["seq"])
        if line := line_of(row, now, zone):
            (under.setdefault(key_of(event), []) if event else others).append(line)
    return Arrivals(under=under, others=others)


def key_of(event: Mapping[str, Any]) -> str:
    """Return the key of a place in the story: the id of a reply, or the number of any other event."""
    return event["reply_id"] or str(event.get("n", ""))


def line_of(row: Mapping[str, Any], now: datetime, zone: tzinfo) -> Line | None:
    """Say what became of a message; None for a state that only a newer version knows."""
    called = _KIND.get(row["kind"], _KIND[MessageKind.STEP])
    if row["again"]:
        return Line(called=called, text="Diminta dikirim lagi", icon="tunggu")
    said = _said(row["state"], row["why"], row["channel"] or "", row["until"], now.astimezone(zone))
    if said is None:
        return None
    text, icon, failed = said
    over = row["state"] not in (Arrival.WAITING, Arrival.NOT_SENT)
    again = row["message_id"] if row["state"] in MISSING else ""
    return Line(called=called, text=text, icon=icon, failed=failed, at=row["at"] if over else None, again=again)


def _said(
    state: str, why: str | None, channel: str, until: datetime | None, now: datetime
) -> tuple[str, str, bool] | None:
    by = f" lewat {words.CHANNEL.get(channel, channel)}" if channel else ""
    carrier = _CARRIER.get(channel, words.CHANNEL.get(channel, "yang membawanya"))
    match state:
        case Arrival.WAITING if why == NoArrival.AWAITS_YES:
            return f"Menunggu warga membenarkan alamat surelnya, sampai itu {_ON_PAGE}", "tunggu", False
        case Arrival.WAITING if until:
            return f"Menunggu jam kirim ({_hour(until, now)})", "tunggu", False
        case Arrival.WAITING:
            return f"Menunggu dikirim{by}", "tunggu", False
        case Arrival.SENT:
            return f"Terkirim{by}{', belum ada kabar sampai' if channel == 'sms' else ''}", "pesan", False
        case Arrival.DELIVERED:
            return f"Terkirim{by}, sampai di ponsel", "selesai", False
        case Arrival.FAILED if why == NoArrival.UNREACHABLE:
            return f"Belum sampai: {_UNREACHABLE.get(channel, 'kontaknya tidak dapat dihubungi')}", "awas", True
        case Arrival.FAILED:
            return f"Belum sampai: tidak diterima {carrier}", "awas", True
        case Arrival.PERHAPS:
            return f"Mungkin sampai{by}: sambungan terputus, dan tidak dikirim dua kali", "tanya", False
        case Arrival.NOT_SENT:
            return _NEVER.get(why or "", f"Tidak dikirim: {_ON_PAGE}"), "henti", why == NoArrival.UNREACHABLE
    return None


def _hour(until: datetime, now: datetime) -> str:
    """Write when a message is sent: ``07.00``, ``besok 07.00``, or with the day."""
    local = until.astimezone(now.tzinfo)
    days = (local.date() - now.date()).days
    day = "" if days <= 0 else "besok " if days == 1 else f"{day_in_words(local.date())} "
    return f"{day}{local:%H.%M}"
