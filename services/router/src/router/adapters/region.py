"""The region's units, categories and routing table, as the router's rules."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta, tzinfo
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from chassis.region import Problem, RegionError, Source, read_contacts, read_zone
from contracts.events import UnitCode
from contracts.links import can_be_listed
from router.rules import KECAMATAN, RoutingRule, Rules, Target, Unit, same_place

ROLES = ("triage", "conduct", "fallback")
Words = Annotated[str, Meta(min_length=1)]
T = TypeVar("T")
Where = tuple[str | int, ...]


class _Unit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    code: UnitCode
    name: Words
    triage: bool = False
    conduct: bool = False
    fallback: bool = False
    kecamatan: Words | None = None
    grade: Literal["attested", "weak", "expected"] = "expected"
    aliases: list[str] = []
    valid_from: date | None = None
    valid_until: date | None = None
    successor: str | None = None
    supervisor: str | None = None
    contact: Words | None = None


class _Category(Struct, frozen=True, kw_only=True):  # the other keys are the classifier's
    unit: str | None = None


class _Target(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Words
    contact: Words | None = None


class _When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    category: str | list[str] = []
    matter: str | list[str] = []
    type: str | list[str] = []
    place: str | list[str] = []


class _Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    when: _When
    reason: Words
    hand_over: str | None = None
    lead: str | None = None
    support: list[str] = []


class _Similar(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    suggest: Annotated[float, Meta(gt=0, le=1)] = 0.75
    merge: Annotated[float, Meta(gt=0, le=1)] | None = None


class _Rest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    targets: Any = None
    rules: Any = None
    boilerplate: list[Words] = []
    similar: _Similar = _Similar()


TYPES = ("pengaduan", "permintaan_informasi", "aspirasi")
_REMEDY = "see the comment at the head of the file for what belongs here"


def read_rules(region: Path) -> Rules:
    """The rules of ``region``.

    Raises:
        RegionError: a file is missing or broken, or they don't fit together; all that is wrong is named at once.
    """
    sources = [Source.read(region, f"{name}.yaml") for name in ("units", "categories", "routing")]
    reading = _Reading(*sources)
    if reading.problems:
        raise RegionError.of(reading.problems)
    return reading.rules(read_zone(region), read_contacts(region))


class _Reading:
    """The three files row by row; what is wrong in them gathers in ``problems``."""

    def __init__(self, units: Source, categories: Source, routing: Source) -> None:
        self.problems: list[Problem] = []
        self.sources = (units, categories, routing)
        rows = self._rows(units, "units", _Unit, list)
        self.units = {row.code: (where, row) for where, row in rows}
        self.categories = {str(where[-1]): row for where, row in self._rows(categories, "categories", _Category, dict)}
        self.targets = {str(where[-1]): row for where, row in self._rows(routing, "targets", _Target, dict)}
        self.routing = list(self._rows(routing, "rules", _Rule, list))
        self.rest = self._rest(routing)
        self.hosts = list(self._hosts(units))
        if not self.problems:  # a row that can't be read would be missed by all that name it
            self.problems += [*_check_units(units, rows), *self._check_categories()]
            self.problems += [*self._check_routing(), *self._check_similar()]

    def _rows(
        self, source: Source, key: str, kind: type[T], shape: type[list[Any]] | type[dict[str, Any]]
    ) -> list[tuple[Where, T]]:
        whole = source.content.get(key) if isinstance(source.content, dict) else None
        if source.path.name == "routing.yaml" and not whole:  # by the categories' units alone
            return []
        if not isinstance(whole, shape) or not whole:
            what = "a list of rows" if shape is list else "a mapping of names"
            self.problems.append(source.wrong((), f"{source.path.name} has no `{key}:`", f"write {what} under {key}:"))
            return []
        rows: list[tuple[Where, T]] = []
        for name, raw in whole.items() if isinstance(whole, dict) else enumerate(whole):
            try:
                rows.append(((key, name), msgspec.convert(raw, kind)))
            except msgspec.ValidationError as error:
                self.problems.append(source.wrong((key, name), str(error), _REMEDY))
        return rows

    def _rest(self, routing: Source) -> _Rest:
        try:
            return msgspec.convert(routing.content or {}, _Rest)
        except msgspec.ValidationError as error:
            self.problems.append(routing.wrong((), str(error), _REMEDY))
            return _Rest()

    def _hosts(self, units: Source) -> Iterator[str]:
        """``evidence_hosts`` of units.yaml; without it no proof is taken."""
        given = units.content.get("evidence_hosts") if isinstance(units.content, dict) else None
        if not isinstance(given, list | None):
            self.problems.append(units.wrong(("evidence_hosts",), "it is no list", "write [soppengkab.go.id]"))
            return
        for n, entry in enumerate(given or ()):
            if isinstance(entry, str) and can_be_listed(entry):
                yield entry
                continue
            remedy = "write example.go.id for it alone, .example.go.id for all below it too, without https:// or path"
            self.problems.append(units.wrong(("evidence_hosts", n), f"{entry} is no host of one office", remedy))

    def _check_categories(self) -> Iterator[Problem]:
        source = self.sources[1]
        for name, row in self.categories.items():
            if row.unit is not None and row.unit not in self.units:
                where = ("categories", name, "unit")
                yield source.wrong(where, f"{name} goes to {row.unit}, which units.yaml does not have", _a_unit())

    def _check_similar(self) -> Iterator[Problem]:
        suggest, merge = self.rest.similar.suggest, self.rest.similar.merge
        if merge is not None and merge < suggest:
            remedy = "a person is asked before the router is sure: merge must not be below suggest"
            yield self.sources[2].wrong(("similar", "merge"), f"{merge} is below suggest, {suggest}", remedy)

    def _check_routing(self) -> Iterator[Problem]:
        source = self.sources[2]
        offices = {*self.units, KECAMATAN}
        places = {same_place(row.kecamatan) for _, row in self.units.values() if row.kecamatan}
        for where, row in self.routing:
            if row.when == _When():
                remedy = "say for which category, matter, type or place it holds"
                yield source.wrong((*where, "when"), "a rule for everything", remedy)
            if (row.hand_over is None) == (row.lead is None and not row.support):
                remedy = "write hand_over: TARGET, or lead: and support:"
                yield source.wrong(where, "a rule hands over or names units, one of the two", remedy)
            if row.hand_over is not None and row.hand_over not in self.targets:
                yield source.wrong(
                    (*where, "hand_over"), f"there is no target {row.hand_over}", "add it under targets:"
                )
            for name in {row.lead or KECAMATAN, *row.support} - offices:
                yield source.wrong((*where, "lead"), f"units.yaml does not have {name}", _a_unit())
            for name in set(_many(row.when.category)) - set(self.categories):
                yield source.wrong((*where, "when"), f"categories.yaml does not have {name}", "write a category of it")
            for name in set(_many(row.when.type)) - set(TYPES):
                yield source.wrong((*where, "when"), f"there is no type {name}", f"write one of: {', '.join(TYPES)}")
            for name in _many(row.when.place):
                if same_place(name) not in places:
                    yield source.wrong((*where, "when"), f"no unit has kecamatan: {name}", "write a kecamatan's name")

    def rules(self, zone: tzinfo, contacts: Collection[str]) -> Rules:
        """What was read; only asked when nothing is wrong."""
        rows = [row for _, row in self.units.values()]
        return Rules(
            units={
                row.code: Unit(
                    code=row.code,
                    name=row.name,
                    valid_from=row.valid_from,
                    valid_until=row.valid_until,
                    successor=row.successor,
                    supervisor=row.supervisor,
                )
                for row in rows
            },
            unit_of_category={name: row.unit for name, row in self.categories.items()},
            admin=_holders(rows, "triage")[0],
            conduct=_holders(rows, "conduct")[0],
            last_resort=_holders(rows, "fallback")[0],
            camat={same_place(row.kecamatan): row.code for row in rows if row.kecamatan},
            targets={name: Target(name=row.name, contact=row.contact) for name, row in self.targets.items()},
            routing=tuple(_rule(row) for _, row in self.routing),
            boilerplate=tuple(self.rest.boilerplate),
            similar_suggest=self.rest.similar.suggest,
            similar_merge=self.rest.similar.merge,
            zone=zone,
            contacts=contacts,
            evidence_hosts=tuple(self.hosts),
        )


def _rule(row: _Rule) -> RoutingRule:
    return RoutingRule(
        reason=row.reason,
        categories=frozenset(_many(row.when.category)),
        matters=frozenset(_many(row.when.matter)),
        types=frozenset(_many(row.when.type)),
        places=frozenset(map(same_place, _many(row.when.place))),
        hand_over=row.hand_over,
        lead=row.lead,
        support=tuple(row.support),
    )


def _many(given: str | list[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _a_unit() -> str:
    return "write a code of units.yaml, or add the unit there"


def _holders(rows: Iterable[_Unit], role: str) -> list[str]:
    return [row.code for row in rows if getattr(row, role)]


def _check_units(source: Source, rows: list[tuple[Where, _Unit]]) -> Iterator[Problem]:
    units = {row.code: row for _, row in rows}
    for role in ROLES:
        holders = _holders(units.values(), role)
        if len(holders) != 1:
            problem = f"exactly one unit must have `{role}: true`, found {holders or 'none'}"
            yield source.wrong(("units",), problem, f"give {role}: true to one unit")
    seen: set[str] = set()
    camats: dict[str, str] = {}
    for where, row in rows:
        if row.code in seen:
            yield source.wrong(where, f"{row.code} stands here twice", "keep one of the two rows")
        seen.add(row.code)
        if row.kecamatan and camats.setdefault(same_place(row.kecamatan), row.code) != row.code:
            yield source.wrong(where, f"{row.kecamatan} has two units", "a kecamatan has one unit")
        for name, other in (("successor", row.successor), ("supervisor", row.supervisor)):
            if other is not None and other not in units:
                yield source.wrong((*where, name), f"{row.code}: units.yaml does not have {other}", _a_unit())
        yield from _check_term(source, where, row, units)


def _check_term(source: Source, where: Where, row: _Unit, units: Mapping[str, _Unit]) -> Iterator[Problem]:
    if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
        yield source.wrong((*where, "valid_until"), f"{row.code} ends before it begins", "mend one of the dates")
    if row.successor and row.valid_until is None:
        remedy = "write valid_until: with its last day, or take the successor away"
        yield source.wrong((*where, "successor"), f"{row.code} has a successor but no end", remedy)
    chain, follow = [row.code], row.successor
    while follow is not None and follow in units and follow not in chain:
        chain.append(follow)
        follow = units[follow].successor
    if follow in chain:
        remedy = "a chain of successors ends in a unit without valid_until"
        problem = f"successors go in a circle: {' > '.join([*chain, str(follow)])}"
        yield source.wrong((*where, "successor"), problem, remedy)
    elif any(getattr(row, role) for role in ROLES):
        remedy = "name a successor that does not end, so that its role is never vacant"
        if units[chain[-1]].valid_until:
            yield source.wrong((*where, "valid_until"), f"{chain[-1]} ends and {row.code} holds a role", remedy)
        for one, other in pairwise(chain):
            end, begin = units[one].valid_until, units[other].valid_from
            if end and begin and begin > end + timedelta(days=1):
                problem = f"{other} begins after {one} has ended, and {row.code} holds a role"
                yield source.wrong((*where, "successor"), problem, f"write valid_from: {end + timedelta(days=1)} there")
