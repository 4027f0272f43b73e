"""Who gets a complaint: pure rules over the region's units and categories."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

#: Conduct of officials: the inspectorate looks at it, whatever unit it is about.
CONDUCT_CATEGORY = "aparatur_korupsi"
#: A person decides about these before any unit sees them.
URGENT = frozenset({"tinggi", "darurat"})
_URGENCIES = ("rendah", "sedang", "tinggi", "darurat")
#: What is said instead of an answer.
BOILERPLATE = (
    "terima kasih atas laporannya",
    "terima kasih atas laporan anda",
    "terima kasih atas informasinya",
    "terima kasih atas partisipasinya",
    "laporan anda kami terima",
    "laporan anda sudah kami terima",
    "laporan anda telah kami terima",
    "sudah kami terima",
    "telah kami terima",
    "sudah diterima",
    "telah diterima",
    "sudah kami catat",
    "telah kami catat",
    "sudah dicatat",
    "telah dicatat",
    "sudah ditindaklanjuti",
    "telah ditindaklanjuti",
    "sudah kami tindak lanjuti",
    "telah kami tindak lanjuti",
    "sudah ditangani",
    "telah ditangani",
    "sudah kami tangani",
    "sudah dikerjakan",
    "telah dikerjakan",
    "sudah diproses",
    "telah diproses",
    "sudah selesai",
    "telah selesai",
    "sudah beres",
    "akan ditindaklanjuti",
    "akan kami tindak lanjuti",
    "akan segera ditindaklanjuti",
    "segera ditindaklanjuti",
    "ditindaklanjuti",
    "tindak lanjut",
    "tindak lanjuti",
    "akan kami koordinasikan",
    "akan dikoordinasikan",
    "sudah dikoordinasikan",
    "telah dikoordinasikan",
    "sudah kami koordinasikan",
    "telah kami koordinasikan",
    "sudah kami sampaikan",
    "telah kami sampaikan",
    "sudah disampaikan",
    "telah disampaikan",
    "sudah diteruskan",
    "telah diteruskan",
    "sudah kami teruskan",
    "telah kami teruskan",
    "akan kami teruskan",
    "akan kami sampaikan",
    "dengan dinas terkait",
    "dengan instansi terkait",
    "dengan pihak terkait",
    "ke dinas terkait",
    "ke bidang terkait",
    "ke bagian terkait",
    "ke instansi terkait",
    "ke pihak terkait",
    "kepada pihak terkait",
    "kepada bidang terkait",
    "pihak terkait",
    "dinas terkait",
    "bidang terkait",
    "sedang diproses",
    "sedang kami proses",
    "dalam proses",
    "masih diproses",
    "sedang ditangani",
    "sedang ditindaklanjuti",
    "menjadi perhatian kami",
    "menjadi bahan evaluasi",
    "menjadi masukan bagi kami",
    "sesuai prosedur",
    "sesuai ketentuan",
    "sesuai ketentuan yang berlaku",
    "sesuai aturan yang berlaku",
    "mohon ditunggu",
    "mohon bersabar",
    "mohon kesabarannya",
    "mohon maaf atas ketidaknyamanannya",
    "harap bersabar",
    "harap maklum",
    "atas perhatiannya",
)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """``unit_of_category`` has every category, with its lead unit if it has one.

    ``admin`` plays LAPOR admin, ``conduct`` looks at officials, ``last_resort`` gets what nobody else may have.
    """

    units: Mapping[str, str]
    unit_of_category: Mapping[str, str | None]
    admin: str
    conduct: str
    last_resort: str
    boilerplate: Collection[str] = BOILERPLATE
    similar_suggest: float = 0.75
    similar_merge: float = 0.95


@dataclass(frozen=True, kw_only=True)
class Understood:
    """What is known about a complaint when it is assigned."""

    category: str | None
    confidence: float = 0.0
    abstained: bool = False
    urgency: str = "sedang"
    about_units: Collection[str] = ()
    place_conflict: bool = False
    spam: bool = False


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """``lane`` is ``unit`` or ``triage``; ``reason`` is for people, in Indonesian."""

    lane: str
    unit: str
    reason: str
    support: list[str] = field(default_factory=list)


def triage_unit(rules: Rules, about: Collection[str]) -> str:
    """The triage lane's unit: the admin; about the admin, who looks at officials; about those, the last resort."""
    if rules.conduct in about:
        return _first_not(about, rules.last_resort, rules.admin)
    return _first_not(about, rules.admin, rules.conduct, rules.last_resort)


def last_unit(rules: Rules, about: Collection[str]) -> str:
    """Who gets what has gone around too often."""
    return _first_not(about, rules.last_resort, rules.conduct, rules.admin)


def _first_not(about: Collection[str], *units: str) -> str:
    """The first that may judge it; if all are accused, still the first: nothing is nobody's."""
    return next((unit for unit in units if unit not in about), units[0])


def triage(rules: Rules, about: Collection[str], reason: str) -> Assignment:
    """To a person, with the reason."""
    return Assignment(lane="triage", unit=triage_unit(rules, about), reason=reason)


def _conduct(rules: Rules, about: Collection[str]) -> str:
    return _first_not(about, rules.conduct, rules.last_resort, rules.admin)


def assign(rules: Rules, found: Understood) -> Assignment:
    """The unit responsible for what was understood, or the triage lane when a person should look first."""
    about = found.about_units
    if found.category == CONDUCT_CATEGORY:
        return Assignment(lane="triage", unit=_conduct(rules, about), reason="menyangkut perilaku aparatur")
    if found.category is None or found.abstained:
        return triage(rules, about, "isi laporan belum dapat dikenali dengan yakin")
    if found.urgency in URGENT:
        return triage(rules, about, f"mendesak ({found.urgency})")
    if found.spam:
        return triage(rules, about, "tampaknya bukan laporan")
    if found.place_conflict:
        return triage(rules, about, "tempat yang disebut tidak cocok dengan kecamatannya")
    unit = rules.unit_of_category.get(found.category)
    if unit is None:
        return triage(rules, about, f"kategori {found.category} tidak punya unit di kabupaten ini")
    if unit in about:
        reason = f"laporan tentang {unit} tidak diteruskan ke {unit}"
        return Assignment(lane="triage", unit=_conduct(rules, about), reason=reason)
    return Assignment(lane="unit", unit=unit, reason=f"kategori {found.category}")


def accused(rules: Rules, about: Iterable[str]) -> list[str]:
    """The units a complaint is about."""
    return list(dict.fromkeys(about))


def supervisor(rules: Rules, unit: str) -> str:
    """Who looks at what ``unit`` does not get right."""
    return rules.last_resort


def priority(urgency: str | None, confidence: float, reporters: int = 1) -> int:
    """In which order to work: the highest first, and among equals the oldest.

    Urgency counts before all else (each step 10,000), then each further reporter (100, up to 99 of them), then how
    uncertain the classifier was (0 to 100). What is not understood yet counts as *sedang* and wholly uncertain.
    """
    rank = _URGENCIES.index(urgency) if urgency in _URGENCIES else _URGENCIES.index("sedang")
    return 10_000 * rank + 100 * min(max(reporters - 1, 0), 98) + round(100 * (1 - min(max(confidence, 0.0), 1.0)))
