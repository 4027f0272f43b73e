"""Reads ``units.yaml``: the units that answer complaints, their roles, and how long they exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from contracts.events import UnitCode
from contracts.links import can_be_listed
from contracts.vocabulary import UnitRole
from kabupaten.lexicon import unreadable
from kabupaten.problems import Problem, Where, refuse
from kabupaten.source import Source
from kabupaten.territory import same_place
from kabupaten.validate import Words, parse, remedy

#: The remedy for a code that no unit has.
A_UNIT = "write a code of units.yaml, or add the unit there"
_Code = Annotated[UnitCode, remedy("write capitals, digits and hyphens, such as KEC-GANRA")]


class Unit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of units.yaml. ``valid_from`` is its first day, ``valid_until`` its last; None: no bound.

    ``people`` are phrases for those who work for it, or whom it looks after, without its name; ``sites`` are phrases
    for where they work, and never act themselves. ``short`` is its name in an SMS, if the full one is long. With
    ``desk`` its people answer at the desk, too; with ``approval`` an answer that ends a complaint leaves the desk only
    when the unit's head agrees.
    """

    code: _Code
    name: Words
    short: Words | None = None
    triage: bool = False
    conduct: bool = False
    fallback: bool = False
    kecamatan: Words | None = None
    grade: Annotated[Literal["attested", "weak", "expected"], remedy("write attested, weak or expected")] = "expected"
    aliases: tuple[Words, ...] = ()
    people: tuple[Words, ...] = ()
    sites: tuple[Words, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    successor: str | None = None
    supervisor: str | None = None
    contact: Words | None = None
    desk: bool = False
    approval: bool = False

    def valid(self, day: date) -> bool:
        """Whether the unit exists on ``day``."""
        return (self.valid_from or day) <= day <= (self.valid_until or day)

    @property
    def has_role(self) -> bool:
        """Whether it plays a role in the handling of complaints itself."""
        return self.triage or self.conduct or self.fallback


class Units(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``rows`` in the order of the file. Proofs may lie at ``evidence_hosts``; with no host, no proof is accepted."""

    rows: Annotated[tuple[Unit, ...], Meta(min_length=1)] = field(name="units")
    evidence_hosts: Annotated[tuple[str, ...], remedy("write [soppengkab.go.id]")] = ()

    @property
    def by_code(self) -> dict[str, Unit]:
        """Each unit by its code."""
        return {row.code: row for row in self.rows}

    @property
    def desks(self) -> list[str]:
        """The codes of the units whose people answer at the desk."""
        return [row.code for row in self.rows if row.desk]

    def holder(self, role: UnitRole) -> str:
        """Name the unit that plays ``role``."""
        return next(row.code for row in self.rows if getattr(row, role))


def read_units(source: Source) -> Units:
    """Read ``units.yaml``.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    units = parse(source, Units)
    refuse([*_hosts(source, units), *_roles(source, units), *_rows(source, units)])
    return units


def _hosts(source: Source, units: Units) -> Iterator[Problem]:
    for n, host in enumerate(units.evidence_hosts):
        if not can_be_listed(host):
            advice = "write example.go.id for it alone, .example.go.id for all below it too, without https:// or path"
            yield source.wrong(("evidence_hosts", n), f"{host} is no host of one office", advice)


def _roles(source: Source, units: Units) -> Iterator[Problem]:
    for role in UnitRole:
        holders = [row.code for row in units.rows if getattr(row, role)]
        if len(holders) != 1:
            problem = f"exactly one unit must have `{role}: true`, found {holders or 'none'}"
            yield source.wrong(("units",), problem, f"give {role}: true to one unit")


def _rows(source: Source, units: Units) -> Iterator[Problem]:
    seen: set[str] = set()
    camats: dict[str, str] = {}
    for n, row in enumerate(units.rows):
        where = ("units", n)
        if row.code in seen:
            yield source.wrong(where, f"{row.code} stands here twice", "keep one of the two rows")
        seen.add(row.code)
        if row.kecamatan and camats.setdefault(same_place(row.kecamatan), row.code) != row.code:
            yield source.wrong(where, f"{row.kecamatan} has two units", "a kecamatan has one unit")
        if row.supervisor == row.code:
            advice = "name another unit; what is appealed about it is decided there"
            yield source.wrong((*where, "supervisor"), f"{row.code} is its own supervisor", advice)
        if row.approval and not row.desk:
            advice = "write desk: true too, or take approval out: a unit's own programs ask nobody"
            yield source.wrong((*where, "approval"), f"{row.code} has no desk", advice)
        yield from _term(source, where, row, units.by_code)
        for name, phrases in (("people", row.people), ("sites", row.sites)):
            yield from unreadable(source, (*where, name), phrases, {})


def _term(source: Source, where: Where, row: Unit, units: Mapping[str, Unit]) -> Iterator[Problem]:
    if row.valid_from and row.valid_until and row.valid_until < row.valid_from:
        yield source.wrong((*where, "valid_until"), f"{row.code} ends before it begins", "mend one of the dates")
    if row.successor and row.valid_until is None:
        advice = "write valid_until: with its last day, or take the successor away"
        yield source.wrong((*where, "successor"), f"{row.code} has a successor but no end", advice)
    chain, follow = [row.code], row.successor
    while follow is not None and follow in units and follow not in chain:
        chain.append(follow)
        follow = units[follow].successor
    if follow in chain:
        advice = "a chain of successors ends in a unit without valid_until"
        problem = f"successors go in a circle: {' > '.join([*chain, str(follow)])}"
        yield source.wrong((*where, "successor"), problem, advice)
    elif row.has_role:
        advice = "name a successor that does not end, so that its role is never vacant"
        if units[chain[-1]].valid_until:
            yield source.wrong((*where, "valid_until"), f"{chain[-1]} ends and {row.code} holds a role", advice)
        for one, other in pairwise(chain):
            end, begin = units[one].valid_until, units[other].valid_from
            if end and begin and begin > end + timedelta(days=1):
                problem = f"{other} begins after {one} has ended, and {row.code} holds a role"
                yield source.wrong((*where, "successor"), problem, f"write valid_from: {end + timedelta(days=1)} there")
