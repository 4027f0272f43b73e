"""The stories that ``lapor demo`` can play, as data: the texts, who does what at which event, how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contracts.vocabulary import Action, FollowUpKind, Status

Reply = tuple[str, dict[str, Any]]
#: In a reply: the ticket that this complaint was found similar to.
SIMILAR = "(similar)"
#: Hops that end a promise.
BREACHED, MET = "breached: the promise is missed", "clock met (completion)"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """When a hop named like ``on`` is seen, the unit of that hop does ``replies``, or the citizen ``follows_up``, once.

    ``on`` is a pattern of hop names: ``* has it`` is any unit that was given the complaint.
    """

    on: str
    replies: tuple[Reply, ...] = ()
    follows_up: str | None = None


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A story. A hop plays the first turn that fits. It is over when all turns are played, ``ends`` was seen and the
    citizen was told.

    ``told`` is a word in the citizen's last message. ``twice``: the same text, by two channels. ``beside``: another
    story that is played concurrently, for comparison. ``photo``: the first complaint of each network has one, as the
    website's first always has.
    """

    about: str
    texts: tuple[str, ...]
    turns: tuple[Turn, ...] = ()
    ends: str = Status.RESOLVED
    told: str = "selesai"
    twice: bool = False
    photo: bool = False
    beside: Scenario | None = None


_DONE = "Sudah diperbaiki petugas di lokasi hari ini (uji)."
_WORK: tuple[Reply, ...] = ((Action.ACKNOWLEDGE, {}), (Action.RESOLVE, {"message": _DONE}))
_ADMIN = "DISKOMINFO has it"


def _dispose(unit: str, *support: str) -> Reply:
    return Action.DISPOSE, {"unit": unit, "support": list(support), "reason": f"urusan {unit}"}


SCENARIOS: dict[str, Scenario] = {
    "journey": Scenario(
        about="by SMS, web and X to the unit and back",
        texts=(
            "Jalan poros di depan pasar Cabenge berlubang, aspalnya terkelupas sepanjang minggu ini",
            "Air PDAM tidak mengalir sudah dua hari di Kelurahan Lapajung, pelanggan minta penjelasan",
            "Lampu jalan mati semua di sekitar terminal Lalabata, gelap sekali kalau malam",
            "Sampah menumpuk di pinggir jalan dekat pasar Takkalalla, sudah seminggu tidak diangkut",
            "Selokan tersumbat di Kelurahan Botto, kalau hujan air meluap ke halaman warga",
            "Bantuan PKH tetangga saya tidak cair padahal keluarga kurang mampu, mohon dicek datanya",
            "KTP elektronik saya belum jadi sejak tiga bulan lalu, blangko katanya habis terus",
            "Pupuk bersubsidi tidak ada di kios padahal sudah masuk musim tanam padi di Ganra",
        ),
        turns=(Turn(on="* has it", replies=_WORK),),
        photo=True,
    ),
    "breach": Scenario(
        about="a silent unit: warning, breach, apology, the head hears; beside it one that answers in time; "
        "wants `lapor up --region region/seconds`",
        texts=("Air PDAM tidak mengalir sudah dua hari di Kelurahan Lapajung, pelanggan minta penjelasan",),
        turns=(Turn(on="* is told: escalated"),),
        ends=BREACHED,
        told="maaf",
        beside=Scenario(
            about="answered after the warning, just in time",
            texts=("Lampu jalan mati semua di sekitar terminal Lalabata, gelap sekali kalau malam",),
            turns=(Turn(on="* is told: warned", replies=_WORK),),
            ends=MET,
        ),
    ),
    "confident": Scenario(
        about="understood without doubt, straight to its unit",
        texts=("Air PDAM tidak mengalir sudah empat hari di Kelurahan Lapajung, pelanggan tidak dapat air bersih",),
        turns=(Turn(on="PDAM has it", replies=_WORK),),
    ),
    "abstained": Scenario(
        about="not understood, so a person decides",
        texts=("Tabe pak, begini terus di tempat kami, tolong dilihat dulu supaya semua tenang kembali",),
        turns=(
            Turn(on=_ADMIN, replies=((Action.CORRECT, {"category": "sampah_kebersihan"}), _dispose("DLH"))),
            Turn(on="DLH has it", replies=_WORK),
        ),
    ),
    "urgent": Scenario(
        about="danger: a person sends it to the one who leads and the one who helps",
        texts=("Tolong cepat, banjir bandang di Desa Goarie, rumah terendam dan ada warga terjebak di atap",),
        turns=(
            Turn(on=_ADMIN, replies=(_dispose("BPBD", "PUPR"),)),
            Turn(
                on="PUPR has it", replies=((Action.PROGRESS, {"message": "Alat berat sudah dikirim ke lokasi (uji)."}),)
            ),
            Turn(on="BPBD is told: updated", replies=_WORK),
        ),
    ),
    "about-the-unit": Scenario(
        about="a complaint about a unit never goes to that unit",
        texts=("Petugas PDAM minta uang pelicin dua ratus ribu supaya air di rumah saya disambung",),
        turns=(Turn(on="INSPEKTORAT has it", replies=_WORK),),
    ),
    "outside-authority": Scenario(
        about="not the kabupaten's business: handed over with target and reason",
        texts=("Listrik PLN padam terus di rumah kami tiap malam, token sudah diisi tapi meteran tetap mati",),
        ends=Status.HANDED_OVER,
        told="dilimpahkan",
    ),
    "duplicate": Scenario(
        about="the same thing by two channels becomes one piece of work, and both reporters hear of it",
        texts=("Air PDAM mati total di Kelurahan Lapajung sejak hari Senin, satu kompleks tidak kebagian air",),
        turns=(
            Turn(on="DISKOMINFO is told: similar", replies=((Action.MERGE, {"into": SIMILAR}),)),
            Turn(on="PDAM is told: updated", replies=_WORK),
        ),
        twice=True,
    ),
    "returned-twice": Scenario(
        about="two units give it back; it stays somebody's until the third solves it",
        texts=("Sampah menumpuk di pinggir jalan dekat pasar Takkalalla, sudah seminggu tidak diangkut",),
        turns=(
            Turn(on="* has it", replies=((Action.RETURN, {"reason": "bukan di wilayah kerja kami (uji)"}),)),
            Turn(on=_ADMIN, replies=(_dispose("SATPOLPP"),)),
            Turn(on="SATPOLPP has it", replies=((Action.RETURN, {"reason": "bukan urusan ketertiban (uji)"}),)),
            Turn(on=_ADMIN, replies=(_dispose("DLH"),)),
            Turn(on="DLH has it", replies=_WORK),
        ),
    ),
    "reopened": Scenario(
        about="answered, but not solved for the citizen: reopened, and then solved",
        texts=("Lampu jalan mati semua di sekitar terminal Lalabata, gelap sekali kalau malam",),
        turns=(
            Turn(on="* has it", replies=_WORK),
            Turn(on=Status.RESOLVED, follows_up=FollowUpKind.REOPEN),
            Turn(on="reopened"),
            Turn(on="* has it", replies=_WORK),
            Turn(on=Status.RESOLVED),
        ),
    ),
}
