"""Words for units instead of codes: for a status, a stage of the clock, and how far a helper has come."""

from __future__ import annotations

from contracts.vocabulary import StageName, Status, SupportStatus

STATUS_WORDS: dict[str, str] = {
    Status.REGISTERED: "terdaftar",
    Status.ROUTED: "diteruskan",
    Status.ACKNOWLEDGED: "diterima petugas",
    Status.IN_PROGRESS: "sedang ditangani",
    Status.WAITING_FOR_REPORTER: "menunggu jawaban pelapor",
    Status.RESOLVED: "selesai ditangani",
    Status.CLOSED: "ditutup",
    Status.HANDED_OVER: "dilimpahkan",
    Status.REJECTED: "tidak dapat diproses",
    Status.MERGED: "digabung",
    Status.CANCELLED: "dibatalkan",
    Status.APPEALED: "menunggu putusan atas keberatan pelapor",
}

#: The promises of sla.yaml; any other stage is shown by its name.
STAGE_WORDS: dict[str, str] = {
    StageName.COMPLETION: "penyelesaian",
    StageName.CLOSING: "penutupan",
    StageName.DISPOSITION: "penerusan ke unit",
    StageName.ACKNOWLEDGEMENT: "penerimaan oleh unit",
    StageName.FOLLOW_UP: "tindak lanjut",
    StageName.RIGHTS: "permintaan hak atas data pribadi",
    StageName.APPEAL: "putusan atas keberatan",
    StageName.APPEAL_ACKNOWLEDGEMENT: "penerimaan keberatan",
    StageName.CONFIRMATION: "pemastian hasil",
}

SUPPORT_WORDS: dict[str, str] = {
    SupportStatus.ACKNOWLEDGED: "diterima",
    SupportStatus.IN_PROGRESS: "sedang dikerjakan",
    SupportStatus.DONE: "bagiannya selesai",
}
