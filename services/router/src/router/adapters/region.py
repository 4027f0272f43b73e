"""The region's units, categories and routing table, as the router's rules."""

from __future__ import annotations

from pathlib import Path

from contracts.vocabulary import UnitRole
from kabupaten import Part, Region, load
from kabupaten.territory import same_place
from router.rules import Rules

#: The parts of the region that ``rules_of`` needs.
PARTS: tuple[Part, ...] = ("units", "categories", "routing", "calendar", "on_duty")


def read_rules(folder: Path) -> Rules:
    """Read the rules of the region ``folder``.

    Raises:
        RegionError: a file is missing or broken, or the files don't fit together; it names all that is wrong.
    """
    return rules_of(load(folder, *PARTS))


def rules_of(region: Region) -> Rules:
    """Make the rules of ``region``, which has all ``PARTS``."""
    units, routing = region.units, region.routing
    return Rules(
        units=units.by_code,
        unit_of_category={code: category.unit for code, category in region.categories.items()},
        confirmed=frozenset(code for code, category in region.categories.items() if category.confirm),
        proved=frozenset(code for code, category in region.categories.items() if category.proof),
        named={code: category.name for code, category in region.categories.items() if category.name},
        admin=units.holder(UnitRole.TRIAGE),
        conduct=units.holder(UnitRole.CONDUCT),
        last_resort=units.holder(UnitRole.FALLBACK),
        camat={same_place(unit.kecamatan): unit.code for unit in units.rows if unit.kecamatan},
        targets=routing.targets,
        routing=routing.rules,
        boilerplate=routing.boilerplate,
        similar_suggest=routing.similar.suggest,
        similar_merge=routing.similar.merge,
        powers=routing.powers,
        zone=region.calendar.timezone,
        on_duty=region.on_duty,
        contacts=region.contacts,
        evidence_hosts=units.evidence_hosts,
    )
