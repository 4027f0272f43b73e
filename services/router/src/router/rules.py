"""Who gets a complaint: pure rules over the region's units and categories."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

#: Conduct of officials: the inspectorate looks at it, whatever unit it is about.
CONDUCT_CATEGORY = "aparatur_korupsi"
#: A person decides about these before any unit sees them.
URGENT = frozenset({"tinggi", "darurat"})


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
