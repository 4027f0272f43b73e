"""Checks a whole region folder: for mistakes that services refuse, and for others that surely nobody meant."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from contracts.vocabulary import Note, StageName, Status
from kabupaten.categories import UNKNOWN
from kabupaten.load import PARTS, Part, Region, read_parts
from kabupaten.problems import Problem, RegionError, Where
from kabupaten.references import TYPES, texts_at
from kabupaten.routing import KABUPATEN, KECAMATAN, RoutingRule
from kabupaten.source import Source
from kabupaten.training import load_training
from kabupaten.units import A_UNIT

Sources = Mapping[Part, Source]
#: The step that begins the wait for a confirmation.
TO_CONFIRM = f"{Status.RESOLVED}/{Note.TO_CONFIRM}"


def problems(folder: Path) -> list[Problem]:
    """List all mistakes in the region ``folder``, each once; an empty list means that it fits together."""
    if not folder.is_dir():
        return [Problem(str(folder), None, "there is no such folder", "name a region folder, such as region/soppeng")]
    region, sources, found = read_parts(folder, PARTS)
    for needs, check in _CHECKS:
        if all(hasattr(region, part) for part in needs):
            found += check(region, sources)
    try:
        load_training(folder)
    except RegionError as error:
        found += error.problems
    return list(dict.fromkeys(found))


def _uncovered_categories(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that every category has a unit, or a rule that covers all of it."""
    ruled = {
        name
        for rule in region.routing.rules
        if (rule.hand_over or rule.lead) and not (rule.matters or rule.types or rule.places or _elsewhere(rule))
        for name in rule.categories
    }
    for name, category in region.categories.items():
        if name != UNKNOWN and not category.unit and name not in ruled:
            remedy = "give it a unit:, or a rule of its own in routing.yaml"
            yield sources["categories"].wrong(("categories", name), "it has no unit and no rule", remedy)


def _matters(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that the classifier finds every matter of a rule, and that a rule uses every matter it finds."""
    matters = {name: category.matters for name, category in region.categories.items()}
    used = set()
    for n, rule in enumerate(region.routing.rules):
        named = sorted(rule.categories) or list(matters)
        for matter in rule.matters:
            used |= {(name, matter) for name in named}
            if not any(matter in matters.get(name, {}) for name in named):
                remedy = f"add it with its phrases under matters: of {' or '.join(named[:3])} in categories.yaml"
                yield sources["routing"].wrong(("rules", n, "when", "matter"), f"nobody finds {matter}", remedy)
    for name, matter in ((name, matter) for name, its in matters.items() for matter in its):
        if (name, matter) not in used:
            where = ("categories", name, "matters", matter)
            yield sources["categories"].wrong(where, "no rule asks for it", "add a rule to routing.yaml, or drop it")


def _unreached_rules(region: Region, sources: Sources) -> Iterator[Problem]:
    """Report rules that no complaint reaches, because earlier ones take all of theirs."""
    rules = region.routing.rules
    for n, rule in enumerate(rules):
        cells = _cells(rule, list(region.categories))
        if cells and all(any(_takes(earlier, cell) for earlier in rules[:n]) for cell in cells):
            remedy = "move it before the wider ones, or drop it"
            yield sources["routing"].wrong(
                ("rules", n), "no complaint reaches it, earlier rules take all of them", remedy
            )


_Cell = tuple[str | None, ...]


def _cells(rule: RoutingRule, categories: list[str]) -> list[_Cell]:
    """List all that ``rule`` covers: category, matter, type, place, accused, protected; None: a value no rule names."""
    unnamed = ["(known)"] if rule.lead == KECAMATAN else [None]  # a camat leads only where a place is known
    axes = (
        rule.categories or categories, rule.matters or [None], rule.types or TYPES, rule.places or unnamed,
        rule.accused or [None], _named(rule) or [None],
    )  # fmt: skip
    return list(itertools.product(*axes))


def _named(rule: RoutingRule) -> frozenset[str]:
    return frozenset(["protected"] if rule.protected else [])


def _elsewhere(rule: RoutingRule) -> bool:
    """Whether the rule is only for places outside the kabupaten."""
    return rule.hand_over == KABUPATEN


def _takes(rule: RoutingRule, cell: _Cell) -> bool:
    if _elsewhere(rule) or (rule.lead == KECAMATAN and cell[3] is None):
        return False
    conditions = (rule.categories, rule.matters, rule.types, rule.places, rule.accused, _named(rule))
    return all(not named or value in named for named, value in zip(conditions, cell, strict=True))


def _confirmations(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that whoever must confirm gets a deadline, and that a superior hears if nobody does."""
    for name in (name for name, category in region.categories.items() if category.confirm):
        for policy in (region.sla.policies[each] for each in region.sla.default):
            stage = policy.stages.get(StageName.CONFIRMATION)
            lacks = (
                "no escalation" if stage and TO_CONFIRM in stage.starts else f"no stage that starts with {TO_CONFIRM}"
            )
            if stage is None or TO_CONFIRM not in stage.starts or not stage.escalation:
                remedy = f"take the stage {StageName.CONFIRMATION} of region/soppeng/sla.yaml into {policy.name}"
                where = ("categories", name, "confirm")
                yield sources["categories"].wrong(
                    where, f"{StageName.CONFIRMATION} has {lacks} in {policy.name}", remedy
                )


def _camats(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that every kecamatan has a unit, and that the kecamatan of every unit exists."""
    camats = {unit.kecamatan: n for n, unit in enumerate(region.units.rows) if unit.kecamatan}
    places = {place.name: n for n, place in enumerate(region.territory.kecamatan)}
    for name in places.keys() - camats:
        remedy = f"give a unit of units.yaml `kecamatan: {name}`"
        yield sources["territory"].wrong(("kecamatan", places[name]), f"{name} has no unit", remedy)
    for name in camats.keys() - places:
        where = ("units", camats[name], "kecamatan")
        yield sources["units"].wrong(where, f"territory.yaml has no kecamatan {name}", "write it as it stands there")


def _ended_units(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that every unit that has ended has a successor for its work."""
    today = datetime.now(region.calendar.timezone).date()
    for n, unit in enumerate(region.units.rows):
        if unit.valid_until and unit.valid_until < today and not unit.successor:
            remedy = "name a successor: who has its work now; until then triage gets it"
            yield sources["units"].wrong(("units", n), f"{unit.code} has ended and nobody has its work", remedy)


def _aliases(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that a name means only one unit to citizens."""
    rows = [
        (("units", n, "aliases", at), unit.code, alias)
        for n, unit in enumerate(region.units.rows)
        for at, alias in enumerate(unit.aliases)
    ]
    yield from _shared(sources["units"], rows, "keep it where citizens mean it")


def _lapor_names(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that each LAPOR! category of an export maps to only one of ours."""
    rows = [
        (("categories", name, "lapor", at), name, its)
        for name, category in region.categories.items()
        for at, its in enumerate(category.lapor)
    ]
    yield from _shared(sources["categories"], rows, "keep it where most of its complaints belong")


def _places(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that codes are unique and begin with the outer place's, and that a name is one village of its kecamatan."""
    source, territory = sources["territory"], region.territory
    named: list[tuple[Where, str, str]] = []
    codes: list[tuple[Where, str, str]] = []
    for n, place in enumerate(territory.kecamatan):
        where: Where = ("kecamatan", n)
        named += [(where, place.name, name) for name in (place.name, *place.aliases)]
        codes.append((where, place.name, place.code))
        yield from _lies_in(source, where, place.name, place.code, territory.code)
        villages: list[tuple[Where, str, str]] = []
        for at, village in enumerate(place.villages):
            here: Where = (*where, "villages", at)
            villages += [(here, str(at), name) for name in (village.name, *village.aliases)]
            codes.append((here, village.name, village.code))
            yield from _lies_in(source, here, village.name, village.code, place.code)
        yield from _shared(source, villages, f"within {place.name} a name is one village")
    yield from _shared(source, named, "a name is one kecamatan")
    yield from _shared(source, codes, "write each code once, as Kemendagri has it")


def _lies_in(source: Source, where: Where, name: str, code: str, outer: str) -> Iterator[Problem]:
    if not code.startswith(f"{outer}."):
        yield source.wrong((*where, "code"), f"{name} has {code}", f"it begins with {outer}.")


def _count(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that the file has as many villages as the decree; only the decree tells which one is missing."""
    found = Counter(village.kind for place in region.territory.kecamatan for village in place.villages)
    for kind, wanted in region.territory.count.items():
        if wanted != found[kind]:
            remedy = "compare the list with the decree, or mend the count"
            problem = f"there are {found[kind]} {kind}, and not {wanted}"
            yield sources["territory"].wrong(("count", kind), problem, remedy)


def _on_duty(region: Region, sources: Sources) -> Iterator[Problem]:
    """Check that the units of people on duty exist."""
    for unit in region.on_duty.keys() - region.units.by_code.keys():
        yield sources["on_duty"].wrong(("on_duty", unit), f"units.yaml does not have {unit}", A_UNIT)


def _plain_ascii(_: Region, sources: Sources) -> Iterator[Problem]:
    """Check that texts for SMS are plain ASCII: a single other letter turns one SMS into two."""
    texts: tuple[tuple[Part, str], ...] = (
        ("units", "units.*.name"),
        ("routing", "targets.*.name"),
        ("routing", "targets.*.contact"),
        ("routing", "rules.*.reason"),
        ("texts", "*.*"),
    )
    for part, at in texts:
        for where, text in texts_at(sources[part].content, at.split(".")):
            if odd := sorted({letter for letter in text if not letter.isascii()}):
                yield sources[part].wrong(where, f"{' '.join(odd)} costs a second SMS", "write plain ASCII")


def _shared(source: Source, rows: Iterable[tuple[Where, str, str]], remedy: str) -> Iterator[Problem]:
    """Report each of the (where, owner, name) rows whose name another owner has too."""
    owners: dict[str, str] = {}
    for where, owner, name in rows:
        known = owners.setdefault(name.casefold(), owner)
        if known != owner:
            told = "stands twice" if known.isdigit() else f"is {known}'s and {owner}'s"
            yield source.wrong(where, f"{name} {told}", remedy)


#: Each check with the parts that it needs; it is skipped if one of them could not be read, which is reported already.
_CHECKS: tuple[tuple[tuple[Part, ...], Callable[[Region, Any], Iterator[Problem]]], ...] = (
    (("categories", "routing"), _uncovered_categories),
    (("categories", "routing"), _matters),
    (("categories", "routing"), _unreached_rules),
    (("categories", "sla"), _confirmations),
    (("territory", "units"), _camats),
    (("calendar", "units"), _ended_units),
    (("units",), _aliases),
    (("categories",), _lapor_names),
    (("territory",), _places),
    (("territory",), _count),
    (("units", "routing", "texts"), _plain_ascii),
    (("units", "on_duty"), _on_duty),
)
