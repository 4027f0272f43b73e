"""The desk's data about the region: units, categories, targets, sentences, and the texts for citizens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import holidays

from contracts.links import mask_links
from contracts.masking import mask
from contracts.vocabulary import UnitRole
from intake.texts import PARTS as TEXTS
from intake.texts import Texts
from kabupaten import Part, Region
from kabupaten.calendar import Calendar
from kabupaten.categories import Category
from kabupaten.notices import Notices
from kabupaten.replies import ReadySentence
from kabupaten.routing import Powers, RoutingRule, Target
from kabupaten.units import Unit, Units

PARTS: tuple[Part, ...] = (*TEXTS, "replies", "notices")
#: The nation's holidays and cuti bersama.
_OFF = ("public", "government")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """``units`` are names by code, ``desks`` the codes of units whose people answer here, ``watching`` of those that
    look over all, ``approving`` of those whose head agrees first; ``sorting`` is the LAPOR! admin, ``conduct`` looks
    at officials, ``last_resort`` gets what no other unit may have; ``accused_with`` are for each unit those that may
    not read complaints that accuse it (see ``_accused_with``). ``site`` is the address of the website."""

    units: Mapping[str, str]
    short: Mapping[str, str]
    desks: tuple[str, ...]
    approving: frozenset[str]
    sorting: str
    conduct: str
    last_resort: str
    watching: frozenset[str]
    accused_with: Mapping[str, frozenset[str]]
    categories: Mapping[str, Category]
    targets: Mapping[str, Target]
    powers: Powers
    kabupaten: str
    kecamatan: tuple[str, ...]
    sentences: Sequence[ReadySentence]
    boilerplate: tuple[str, ...]
    evidence_hosts: tuple[str, ...]
    contacts: frozenset[str]
    calendar: Calendar
    notices: Notices
    texts: Texts
    site: str = ""

    @property
    def admin(self) -> str:
        """The LAPOR! admin, as ``kabupaten.desks`` calls it."""
        return self.sorting

    @property
    def zone(self) -> ZoneInfo:
        """The kabupaten's time zone."""
        return self.calendar.timezone

    @property
    def places(self) -> list[tuple[str, str]]:
        """The kecamatan, as a form offers them."""
        return [(name, name) for name in self.kecamatan]

    @property
    def desk_names(self) -> dict[str, str]:
        """The short names of the units whose people answer here, by code."""
        return {code: self.short[code] for code in self.desks}

    def masked(self, text: str) -> str:
        """Mask ``text`` as the router publishes it: without identifiers of citizens and links to unknown hosts."""
        return mask_links(mask(text, self.contacts), self.evidence_hosts, self.contacts)

    def party(self, name: str) -> Target | None:
        """Find the office outside with that name."""
        return next((each for each in self.targets.values() if each.name == name), None)

    def accused(self, about: Iterable[str]) -> frozenset[str]:
        """Name the units that may not read a complaint ``about`` these; the router keeps it from them, too."""
        return frozenset().union(*(self.accused_with.get(unit, frozenset({unit})) for unit in about))

    def not_for(self, unit: str) -> list[str]:
        """Name the units that ``unit`` may not read about: itself, those accused with it, and its predecessors."""
        return [unit, *(each for each, others in self.accused_with.items() if unit in others and each != unit)]

    def unit_of(self, category: str) -> str | None:
        """Name the unit that a category belongs to."""
        found = self.categories.get(category)
        return found.unit if found else None

    def confirms(self, category: str | None) -> bool:
        """Whether somebody else confirms a resolution in this category before the complaint is closed."""
        found = self.categories.get(category or "")
        return found is not None and found.confirm

    def category_name(self, category: str | None) -> str:
        """Return the name that people use for a category."""
        found = self.categories.get(category or "")
        return found.name if found and found.name else (category or "belum diketahui").replace("_", " ")


def rules_of(region: Region, site: str = "") -> Rules:
    """Collect the desk's data from ``region``, loaded with all ``PARTS``; ``site`` is the citizens' website."""
    units = region.units
    return Rules(
        units={row.code: row.name for row in units.rows},
        short={row.code: row.short or row.name for row in units.rows},
        desks=tuple(units.desks),
        approving=frozenset(row.code for row in units.rows if row.approval),
        sorting=units.holder(UnitRole.TRIAGE),
        conduct=units.holder(UnitRole.CONDUCT),
        last_resort=units.holder(UnitRole.FALLBACK),
        watching=over_all(units),
        accused_with=_accused_with(units.by_code, region.routing.rules),
        categories=region.categories,
        targets=region.routing.targets,
        powers=region.routing.powers,
        kabupaten=region.territory.name,
        kecamatan=tuple(each.name for each in region.territory.kecamatan),
        sentences=region.replies,
        boilerplate=region.routing.boilerplate,
        evidence_hosts=units.evidence_hosts,
        contacts=region.contacts,
        # The calendar loads the holidays of a year when a day of that year is first asked for.
        calendar=replace(region.calendar, holidays=holidays.country_holidays("ID", categories=_OFF, language="id")),
        notices=region.notices,
        texts=Texts(region),
        site=site,
    )


def over_all(units: Units) -> frozenset[str]:
    """Name the units whose people look over all: the last resort and its supervisor."""
    fallback = units.holder(UnitRole.FALLBACK)
    above = units.by_code[fallback].supervisor
    return frozenset({fallback, *([above] if above else [])})


def _accused_with(units: Mapping[str, Unit], rules: Sequence[RoutingRule]) -> dict[str, frozenset[str]]:
    """Map each unit to itself, its successors, and the units accused together with these (``accused`` in
    ``routing.yaml``). A successor is barred even before it takes over."""
    found = {}
    for code in units:
        chain = frozenset(_successors(units, code))
        groups = (frozenset(each for unit in rule.accused for each in _successors(units, unit)) for rule in rules)
        found[code] = chain.union(*(group for group in groups if not group.isdisjoint(chain)))
    return found


def _successors(units: Mapping[str, Unit], code: str) -> Iterator[str]:
    """Name ``code``, its successor, and so on."""
    follow: str | None = code
    while follow is not None:
        yield follow
        follow = units[follow].successor if follow in units else None
