"""The acts that the desk offers on a complaint, and the checks before one is sent. Pure.

The router decides and refuses. These checks only say so earlier, so that nobody writes in vain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec import UNSET

from contracts import ticket as tickets
from contracts.events import ComplaintSnapshot, Evidence, UnitReplied, UnitRouted
from contracts.links import host_of, listed
from contracts.masking import mask
from contracts.vocabulary import (
    ACTIVE,
    FINAL,
    WITH_A_UNIT,
    Action,
    ComplaintType,
    Lane,
    Part,
    StageName,
    Status,
    SupportStatus,
    Why,
)
from kabupaten import desks
from kabupaten.hand_over_reason import says_why
from kabupaten.resolution_check import substance
from unit_desk.rules import Rules
from unit_desk.words import STATUS

#: Marks a gap in a ready sentence, which must be filled in before it is sent.
GAP = "…"
MOST_LETTERS = 4_000
#: The fewest words of a reason: it must say more than that the complaint is another unit's.
LEAST_WORDS = 3
PROOFS = ("image/jpeg", "image/png", "image/webp", "image/heic", "video/mp4", "application/pdf")
MOST_BYTES = 100_000_000


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that one reply does. ``slug`` is its address, ``words`` the field of the reply that holds the text.

    ``needs`` are further fields that must be filled in, ``optional`` those that may be. ``among`` are the choices where
    they depend on the person. ``read_by`` says who reads the text, where the other fields don't say it.
    """

    action: Action
    slug: str
    label: str
    says: str
    icon: str
    words: str = ""
    must_say: bool = False
    asks: str = ""
    read_by: str = ""
    needs: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    among: tuple[str, ...] = ()


_BY_CITIZENS = "Warga membacanya kata demi kata. Bahasa biasa, tanpa nama atau nomor siapa pun."
ACTS: Mapping[str, Act] = {
    act.slug: act
    for act in (
        Act(
            action=Action.ACKNOWLEDGE, slug="terima", label="Terima", icon="surat", words="message",
            says="Unit Anda sudah membacanya dan menindaklanjutinya.", asks="Tambahan untuk warga",
        ),
        Act(
            action=Action.PROGRESS, slug="kerjakan", label="Kabarkan kemajuan", icon="tunggu", words="message",
            must_say=True, says="Pekerjaan sudah dimulai, atau ada yang baru.", asks="Apa yang sedang dikerjakan?",
        ),
        Act(
            action=Action.PROGRESS, slug="waktu", label="Minta tambahan waktu", icon="kalender", words="message",
            must_say=True, says="Warga membaca alasan dan perkiraan selesainya. Batas waktunya tidak berubah.",
            asks="Mengapa perlu waktu lebih lama?", needs=("day",),
        ),
        Act(
            action=Action.ASK, slug="tanya", label="Tanya warga", icon="tanya", words="message", must_say=True,
            says="Ada yang kurang jelas. Batas waktu berhenti sampai warga menjawab.", asks="Pertanyaan untuk warga",
        ),
        Act(
            action=Action.RESOLVE, slug="selesaikan", label="Selesaikan", icon="selesai", words="message",
            must_say=True, says="Pekerjaan sudah dilakukan.", asks="Apa yang sudah dikerjakan, di mana, dan hasilnya?",
            optional=("evidence",),
        ),
        Act(
            action=Action.ASK_HELP, slug="minta-bantuan", label="Minta bantuan", icon="unit", words="reason",
            must_say=True, says="Unit lain mengerjakan bagiannya. Laporan dan batas waktunya tetap di unit Anda.",
            asks="Apa yang Anda minta dari unit itu?", needs=("unit",),
            read_by="Dibaca unit itu, dan yang sudah membantu. Warga tidak membacanya.",
        ),
        Act(
            action=Action.RETURN, slug="kembalikan", label="Kembalikan", icon="buka", words="reason", must_say=True,
            says="Bukan urusan unit Anda. Petugas LAPOR! mencarikan unit lain.",
            asks="Mengapa bukan urusan unit Anda, dan urusan siapa?",
        ),
        Act(
            action=Action.HAND_OVER, slug="limpahkan", label="Limpahkan ke luar kabupaten", icon="pindah",
            words="reason", must_say=True, says="Urusan instansi di luar pemerintah kabupaten. Selesai di sini.",
            asks="Urusan siapa, dan mengapa? Warga membacanya.", needs=("to",),
            read_by=_BY_CITIZENS,
        ),
        Act(
            action=Action.DISPOSE, slug="teruskan", label="Teruskan ke unit", icon="unit", words="reason",
            says="Tentukan siapa yang mengerjakan, dan siapa yang membantu.", asks="Catatan untuk unit itu",
            needs=("unit",), optional=("support",),
        ),
        Act(
            action=Action.CORRECT, slug="perbaiki", label="Perbaiki kategori", icon="tulis",
            says="Mesin salah memahami, dan belajar dari ini.", needs=("category",),
        ),
        Act(
            action=Action.MERGE, slug="gabungkan", label="Gabungkan", icon="salin", words="reason",
            says="Laporan yang sama sudah ada.", asks="Alasan", needs=("into",),
        ),
        Act(
            action=Action.REJECT, slug="tolak", label="Tolak", icon="tolak", words="reason", must_say=True,
            says="Tidak dapat diproses. Laporan ini berakhir.", asks="Mengapa tidak dapat diproses? Warga membacanya.",
            read_by=_BY_CITIZENS,
        ),
        Act(
            action=Action.RIGHTS_DONE, slug="kabulkan", label="Kabulkan permintaan hak", icon="selesai",
            words="message", must_say=True, asks="Penjelasan",
            says="Hak pelapor atas data pribadinya (UU PDP). Dilaksanakan sistem, dan tidak dapat dibatalkan.",
        ),
        Act(
            action=Action.RIGHTS_DECLINE, slug="tidak-kabulkan", label="Tidak dapat dikabulkan", icon="tolak",
            words="message", must_say=True, says="Permintaan hak yang tidak dapat dipenuhi, dengan alasannya.",
            asks="Mengapa tidak dapat dipenuhi? Warga membacanya.",
        ),
        Act(
            action=Action.UPHOLD, slug="terima-keberatan", label="Terima keberatan", icon="buka", words="reason",
            must_say=True, says="Laporan dibuka kembali, dan unitnya mengerjakannya sekali lagi.",
            asks="Arahan untuk unit: apa yang harus diperbaiki?",
        ),
        Act(
            action=Action.DISMISS, slug="tolak-keberatan", label="Tolak keberatan", icon="tolak", words="message",
            must_say=True, says="Yang sudah dikerjakan dianggap cukup. Laporan ditutup.",
            asks="Mengapa sudah cukup? Warga membacanya.",
        ),
        Act(
            action=Action.CONFIRM, slug="sesuai", label="Sudah sesuai", icon="selesai", words="message",
            says="Anda sudah melihat hasilnya, dan masalahnya memang selesai.", asks="Tambahan untuk warga",
        ),
        Act(
            action=Action.REDO, slug="belum-sesuai", label="Belum sesuai, kembalikan", icon="buka", words="reason",
            must_say=True, says="Laporan kembali kepada unit yang mengerjakannya, dengan alasan Anda.",
            asks="Apa yang belum sesuai?",
            read_by="Dibaca unit yang mengerjakannya. Warga tahu bahwa dikerjakan lagi, dan tidak membaca alasannya.",
        ),
        Act(
            action=Action.UNDO, slug="batalkan", label="Batalkan tindakan", icon="kembali", words="reason",
            says="Laporan kembali seperti sebelum tindakan terakhir.", asks="Mengapa dibatalkan?",
            read_by=_BY_CITIZENS,
        ),
        Act(
            action=Action.REASSIGN, slug="alihkan", label="Ambil dan beri ke unit lain", icon="pindah",
            words="reason", must_say=True, says="Diambil dari unitnya dan diberikan kepada unit lain.",
            asks="Mengapa dialihkan?", needs=("unit",), optional=("support",),
            read_by="Dibaca unit lama dan unit baru. Warga tidak membacanya.",
        ),
        Act(
            action=Action.INSTRUCT, slug="arahan", label="Beri arahan resmi", icon="pesan", words="reason",
            must_say=True, says="Semua unit yang mengerjakannya membacanya. Warga tahu bahwa ada arahan.",
            asks="Apa yang harus dilakukan unit?",
            read_by="Dibaca unit yang mengerjakannya. Warga tahu bahwa ada arahan, dan tidak membaca isinya.",
        ),
        Act(
            action=Action.CORRECT, slug="jenis", label="Perbaiki jenis", icon="tulis",
            says="Pengaduan, permintaan informasi, atau aspirasi: batas waktunya dapat berbeda.", needs=("type",),
        ),
        Act(
            action=Action.PRIORITIZE, slug="mendesak", label="Ubah tingkat mendesak", icon="awas", words="reason",
            must_say=True, says="Lebih atau kurang mendesak. Batas waktunya ikut.",
            asks="Mengapa lebih atau kurang mendesak?", needs=("urgency",), read_by=_BY_CITIZENS,
        ),
    )
}  # fmt: skip
#: The acts by status, the likeliest next one first.
_NEXT: Mapping[str, tuple[str, ...]] = {
    Status.ROUTED: ("terima", "kerjakan", "tanya", "selesaikan", "minta-bantuan", "kembalikan", "limpahkan"),
    Status.ACKNOWLEDGED: ("kerjakan", "selesaikan", "tanya", "minta-bantuan", "waktu", "kembalikan", "limpahkan"),
    Status.IN_PROGRESS: ("selesaikan", "kerjakan", "tanya", "minta-bantuan", "waktu", "kembalikan", "limpahkan"),
    Status.WAITING_FOR_REPORTER: ("minta-bantuan",),
}
_OF_RIGHTS = ("kabulkan", "tidak-kabulkan")
_OF_AN_APPEAL = ("terima", "terima-keberatan", "tolak-keberatan")
#: The acts that confirm or reject a resolution; the first is not open to the person who resolved it.
OF_A_CONFIRMATION = ("sesuai", "belum-sesuai")
OF_A_DECISION = ("terima-keberatan", "tolak-keberatan")
_OF_TRIAGE = ("teruskan", "perbaiki", "gabungkan", "tolak")
_OF_A_HELPER = ("terima", "kerjakan", "selesaikan", "kembalikan")


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The filled-in form. ``proof`` is a file at another address, ``photos`` are kept by the desk; ``sentence`` is the
    text made of the words, where they are not sent as they stand."""

    words: str = ""
    to: str = ""
    unit: str = ""
    support: tuple[str, ...] = ()
    category: str = ""
    into: str = ""
    type: str = ""
    urgency: str = ""
    day: str = ""
    sentence: str = ""
    proof: Evidence | None = None
    photos: tuple[Evidence, ...] = ()
    problems: Mapping[str, str] = field(default_factory=dict)


def offered(told: UnitRouted, rules: Rules) -> list[Act]:
    """List the acts that the unit can do on a complaint now, the likeliest next one first."""
    complaint = told.complaint
    if not complaint or complaint.erased:
        return []
    slugs = _of_turn(told, complaint)
    if told.why == Why.RIGHTS_REQUESTED or told.stage == StageName.RIGHTS:
        slugs = [*_OF_RIGHTS, *slugs]
    return [ACTS[slug] for slug in slugs if slug != "kembalikan" or not _is_last_desk(complaint, rules)]


def _is_last_desk(complaint: ComplaintSnapshot, rules: Rules) -> bool:
    """Whether no unit is left that the complaint could be returned to, as far as the desk knows."""
    here, barred = complaint.unit, rules.accused(complaint.accuses)
    if complaint.role == Part.SUPPORT or complaint.lane != Lane.TRIAGE or here != desks.last_unit(rules, barred):
        return False
    if complaint.returns + 1 >= desks.MOST_RETURNS:
        return True
    homes = {desks.triage_unit(rules, barred)}
    if complaint.category == desks.CONDUCT_CATEGORY:
        homes.add(desks.conduct_unit(rules, barred))
    return homes == {here}


def _of_turn(told: UnitRouted, complaint: ComplaintSnapshot) -> list[str]:
    """Name the acts that the unit can do because it is its turn."""
    if complaint.role == Part.SUPPORT:
        mine = next((each for each in complaint.support if each.unit == told.unit), None)
        if mine is None or complaint.status not in WITH_A_UNIT or mine.status == SupportStatus.DONE:
            return []
        return [slug for slug in _OF_A_HELPER if slug != "terima" or mine.status == SupportStatus.ASKED]
    if complaint.unit != told.unit:
        return []
    if complaint.status == Status.APPEALED:
        return list(_OF_AN_APPEAL)
    if complaint.confirmation:
        return list(OF_A_CONFIRMATION)
    slugs = list(_NEXT.get(complaint.status, ()))
    return [*_OF_TRIAGE, *slugs] if complaint.lane == Lane.TRIAGE and complaint.status in ACTIVE else slugs


def missing(act: Act, typed: Typed, told: UnitRouted, rules: Rules) -> dict[str, str]:
    """Say by field what the router would refuse, and what nobody should read."""
    complaint = told.complaint
    assert complaint  # noqa: S101 - without a complaint no act is offered
    found = dict(typed.problems)
    if act.words and (said := _wrong_words(act, typed.words, complaint, rules)):
        found["words"] = said
    if len(typed.sentence) > MOST_LETTERS:
        found["words"] = f"Terlalu panjang: seluruhnya {len(typed.sentence)} huruf, paling banyak {MOST_LETTERS}."
    for name in _NEEDED.keys() & set(act.needs):
        wrong = _no_helper if act.action == Action.ASK_HELP else _NEEDED[name]
        if said := wrong(typed, told, rules):
            found[name] = said
    if "support" in act.optional and (said := _no_supporters(typed, complaint, rules)):
        found["support"] = said
    if "urgency" in act.needs and typed.urgency not in act.among:
        found["urgency"] = "Pilih tingkatnya."
    if act.action == Action.REASSIGN and "unit" not in found and typed.unit == complaint.unit:
        found["unit"] = "Laporan ini sudah di unit itu."
    if typed.proof and (said := wrong_proof(typed.proof, rules)):
        found["proof"] = said
    if "photos" not in found and must_prove(act, complaint, rules) and not (typed.photos or typed.proof):
        found["photos"] = "Kategori ini wajib disertai bukti. Tambahkan foto hasil pekerjaan."
    return found


def takes_photos(act: Act, complaint: ComplaintSnapshot) -> bool:
    """Whether ``act`` takes photos: anybody with a photo's address sees it, so not of confidential complaints."""
    return "evidence" in act.optional and complaint.role != Part.SUPPORT and not complaint.rahasia


def must_prove(act: Act, complaint: ComplaintSnapshot, rules: Rules) -> bool:
    """Whether the region requires proof of ``act`` for the complaint's category."""
    category = rules.categories.get(complaint.category or "")
    return takes_photos(act, complaint) and category is not None and category.proof


def _wrong_words(act: Act, words: str, complaint: ComplaintSnapshot, rules: Rules) -> str | None:
    words = words.strip()
    helps = complaint.role == Part.SUPPORT
    if not words:
        return f"Isi dulu: {act.asks[:1].lower()}{act.asks[1:]}" if act.must_say else None
    if GAP in words:
        return f"Masih ada {GAP} yang belum diisi."
    if len(words) > MOST_LETTERS:
        return f"Terlalu panjang: {len(words)} huruf, paling banyak {MOST_LETTERS}."
    if act.action == Action.RESOLVE:
        asked = complaint.type not in (None, ComplaintType.PENGADUAN)
        why_not = substance(words, rules.boilerplate, plan_is_answer=asked)
        return f"{why_not[:1].upper()}{why_not[1:]}." if why_not else None
    reason = act.words == "reason" or "day" in act.needs
    if reason and act.must_say and not helps and len(words.split()) < LEAST_WORDS:
        whose = act.action in (Action.RETURN, Action.HAND_OVER)
        return f"Terlalu singkat. {'Tulis urusan siapa dan mengapa' if whose else 'Tulis alasannya'}."
    if act.action == Action.HAND_OVER and not says_why(words):
        return "Itu belum alasan bagi warga. Tulis urusan siapa dan mengapa."
    return None


def _no_target(typed: Typed, told: UnitRouted, rules: Rules) -> str | None:
    triage = bool(told.complaint) and told.complaint.lane == Lane.TRIAGE  # type: ignore[union-attr]
    if not typed.to.strip():
        return "Pilih tujuannya."
    return None if triage or typed.to in rules.targets else "Bukan tujuan pelimpahan yang tercatat."


def helpers(told: UnitRouted, rules: Rules) -> dict[str, str]:
    """Name the units that may be asked to help, by code: not those that have the complaint, nor those it accuses."""
    complaint = told.complaint
    assert complaint  # noqa: S101
    barred = {told.unit, *rules.accused(complaint.accuses), *(each.unit for each in complaint.support)}
    return {code: name for code, name in rules.units.items() if code not in barred}


def _no_helper(typed: Typed, told: UnitRouted, rules: Rules) -> str | None:
    if typed.unit in helpers(told, rules):
        return None
    complaint = told.complaint
    assert complaint  # noqa: S101
    if typed.unit == told.unit:
        return "Itu unit Anda sendiri."
    if typed.unit in (each.unit for each in complaint.support):
        return "Unit itu sudah membantu."
    if typed.unit in rules.accused(complaint.accuses):
        return _why_not_for(typed.unit, complaint, rules)
    return "Pilih unitnya."


def _why_not_for(unit: str, complaint: ComplaintSnapshot, rules: Rules) -> str:
    """Say why ``unit`` may not read the complaint: which units it accuses, or may accuse."""
    if unit in complaint.accuses:
        return "Laporan ini menyangkut petugas unit itu, yang tidak boleh membacanya."
    whom = _whom(unit, complaint, rules)
    return f"Laporan ini menyangkut petugas {whom}, dan {rules.short.get(unit, unit)} tidak boleh membacanya."


def _whom(unit: str, complaint: ComplaintSnapshot, rules: Rules) -> str:
    """Name the units that the complaint accuses, or may accuse, and with which ``unit`` is accused."""
    return ", ".join(rules.short.get(each, each) for each in complaint.accuses if unit in rules.accused([each]))


def _no_unit(typed: Typed, told: UnitRouted, rules: Rules) -> str | None:
    complaint = told.complaint
    assert complaint  # noqa: S101
    if typed.unit not in rules.units:
        return "Pilih unitnya."
    if typed.unit in rules.accused(complaint.about_units):
        return _why_not_for(typed.unit, complaint, rules)
    return "Laporan ini sudah di unit itu." if typed.unit == told.unit else None


def _no_supporters(typed: Typed, complaint: ComplaintSnapshot, rules: Rules) -> str | None:
    barred = rules.accused(complaint.about_units)
    wrong = next((unit for unit in typed.support if unit in barred), None)
    return f"{rules.short.get(wrong, wrong)}: {_why_not_for(wrong, complaint, rules)}" if wrong else None


def warnings(act: Act, typed: Typed, told: UnitRouted, rules: Rules) -> list[str]:
    """Warn about consequences of ``act`` that don't prevent it."""
    complaint = told.complaint
    assert complaint  # noqa: S101
    if "unit" not in act.needs:
        return []
    doubtful = rules.accused(complaint.accuses)
    return [
        f"Laporan ini mungkin menyangkut petugas {_whom(unit, complaint, rules)}. "
        f"{rules.short.get(unit, unit)} akan membaca seluruhnya."
        for unit in (typed.unit, *typed.support)
        if unit in doubtful
    ]


def _no_category(typed: Typed, told: UnitRouted, rules: Rules) -> str | None:
    return None if typed.category in rules.categories else "Pilih kategorinya."


def _no_type(typed: Typed, told: UnitRouted, rules: Rules) -> str | None:
    if typed.type not in set(ComplaintType):
        return "Pilih jenisnya."
    return "Jenisnya sudah itu." if told.complaint and typed.type == told.complaint.type else None


def _no_parent(typed: Typed, told: UnitRouted, rules: Rules) -> str | None:
    into = tickets.parse(typed.into)
    if into is None:
        return "Tulis nomor laporan yang sama, misalnya SPG-S4K7-Q2MDN."
    if told.complaint and into == told.complaint.ticket:
        return "Itu nomor laporan ini sendiri."
    merged = told.complaint.merged if told.complaint else []
    return f"Ke laporan ini sudah digabung {', '.join(merged)}: ia sendiri tidak dapat digabung." if merged else None


def wrong_parent(complaint: ComplaintSnapshot, parent: ComplaintSnapshot, rules: Rules) -> str | None:
    """Say why a complaint can't be merged into ``parent``, by the last state of it that its unit was told."""
    if parent.status == Status.MERGED:
        return f"{parent.ticket} sendiri sudah digabung. Pakai nomor induknya."
    if parent.status in FINAL | {Status.RESOLVED, Status.APPEALED}:
        return f"{parent.ticket} berstatus {STATUS[parent.status].lower()}: tidak dapat ditambah lagi."
    if parent.rahasia:
        return f"{parent.ticket} rahasia: langkahnya tidak boleh terbaca di laporan lain. Jawab masing-masing."
    working = {parent.unit, *(each.unit for each in parent.support)} & rules.accused(complaint.about_units)
    if working:
        who = ", ".join(sorted(rules.short.get(unit, unit) for unit in working))
        return f"{parent.ticket} ditangani {who}, yang tidak boleh membaca laporan ini."
    return None


_NEEDED = {"to": _no_target, "unit": _no_unit, "category": _no_category, "into": _no_parent, "type": _no_type}


def wrong_proof(proof: Evidence, rules: Rules) -> str | None:
    """Say why a proof can't be published. The router accepts only listed hosts, as our page calls the proof ours."""
    host = host_of(proof.url) if proof.url[:6].lower() == "https:" and len(proof.url) <= 1_000 else None
    if host is None:
        return "Alamatnya harus dimulai dengan https://. Salin alamat berkas itu dari peramban."
    if not listed(host, rules.evidence_hosts):
        there = ", ".join(each.lstrip(".") for each in rules.evidence_hosts) or "belum ada"
        return f"{host} bukan tempat bukti. Yang tercatat: {there}."
    if mask(proof.url) != proof.url:
        return "Alamatnya memuat nomor pribadi. Beri berkasnya nama lain."
    if proof.media_type not in PROOFS:
        return "Jenis berkas ini tidak diterima. Kirim foto, video MP4 atau PDF."
    return None if 0 < proof.bytes <= MOST_BYTES else "Berkasnya kosong atau lebih dari 100 MB."


def reply_of(act: Act, typed: Typed, ticket: str) -> UnitReplied:
    """Make the reply that does ``act``."""
    words = typed.sentence or typed.words.strip()
    said = {act.words: words} if act.words and words else {}
    wanted = {*act.needs, *act.optional}
    return UnitReplied(
        ticket=ticket,
        action=act.action.value,
        message=said.get("message", UNSET),
        reason=said.get("reason", UNSET),
        to=typed.to.strip() if "to" in wanted else UNSET,
        unit=typed.unit if "unit" in wanted else UNSET,
        category=typed.category if "category" in wanted else UNSET,
        type=typed.type if "type" in wanted else UNSET,
        urgency=typed.urgency if "urgency" in wanted else UNSET,
        into=(tickets.parse(typed.into) or typed.into) if "into" in wanted else UNSET,
        support=list(typed.support) if "support" in wanted else [],
        evidence=[*typed.photos, *([typed.proof] if typed.proof else [])] if "evidence" in wanted else [],
    )


def slug_of(said: UnitReplied) -> str:
    """Name the act that ``said`` was written with; empty for an action that this version does not know."""
    if said.action == Action.CORRECT:
        return "perbaiki" if said.category else "jenis"
    return next((slug for slug, act in ACTS.items() if act.action == said.action), "")


def sentences(act: Act, complaint: ComplaintSnapshot, rules: Rules) -> list[str]:
    """List the ready sentences for ``act``, the category's own first; empty where its words go into a sentence."""
    if "day" in act.needs:
        return []
    fit = [each for each in rules.sentences if each.action == act.action]
    own = [each.text for each in fit if complaint.category in each.categories]
    return own + [each.text for each in fit if not each.categories]
