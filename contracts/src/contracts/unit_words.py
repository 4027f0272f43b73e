"""The words that units read in place of a code, at the desk and on the command line. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.events import Question
from contracts.vocabulary import Status, Urgency, Why

STATUS: Mapping[str, str] = {
    Status.ROUTED: "Baru",
    Status.ACKNOWLEDGED: "Diterima",
    Status.IN_PROGRESS: "Dikerjakan",
    Status.WAITING_FOR_REPORTER: "Menunggu warga",
    Status.RESOLVED: "Selesai, menunggu penilaian",
    Status.CLOSED: "Ditutup",
    Status.RETURNED: "Dikembalikan",
    Status.REOPENED: "Dibuka kembali",
    Status.HANDED_OVER: "Dilimpahkan",
    Status.REJECTED: "Ditolak",
    Status.MERGED: "Digabung",
    Status.CANCELLED: "Dibatalkan warga",
    Status.APPEALED: "Warga keberatan",
}
#: Why the unit sees a complaint.
WHY: Mapping[str, str] = {
    Why.ROUTED: "Diteruskan kepada Anda",
    Why.WITHDRAWN: "Bukan milik unit ini lagi",
    Why.UPDATED: "Ada perubahan",
    Why.FOLLOWED_UP: "Warga menambahkan sesuatu",
    Why.RIGHTS_REQUESTED: "Warga meminta haknya atas data pribadi",
    Why.DEADLINE_SET: "Batas waktu ditetapkan",
    Why.WARNED: "Batas waktu mendekat",
    Why.BREACHED: "Batas waktu terlewat",
    Why.ESCALATED: "Keterlambatan ini sampai ke atasan",
    Why.RETRACTED: "Ralat: batas waktu tidak terlewat",
    Why.REPLIED: "Balasan dijawab",
    Why.RATED: "Warga memberi penilaian",
    Why.SIMILAR: "Mungkin sama dengan laporan lain",
    Why.URGENT: "Mendesak, dan langsung ke unitnya",
    Why.HANDED_OVER: "Harus diteruskan ke luar kabupaten",
    Why.ERASED: "Isinya dihapus atas permintaan",
    Why.APPEALED: "Warga keberatan atas penyelesaiannya: putuskan",
    Why.INSTRUCTED: "Atasan memberi arahan",
    Why.UNDONE: "Tindakan terakhir dibatalkan",
}
URGENCY: Mapping[str, str] = {
    Urgency.RENDAH: "Rendah",
    Urgency.SEDANG: "Sedang",
    Urgency.TINGGI: "Mendesak",
    Urgency.DARURAT: "Darurat",
}


def answer_to(question: Question, status: str) -> str:
    """Say whether ``question`` was answered, given its complaint's ``status``."""
    if question.answered:
        return "sudah dijawab"
    return "menunggu jawaban" if status == Status.WAITING_FOR_REPORTER else "tidak dijawab"
