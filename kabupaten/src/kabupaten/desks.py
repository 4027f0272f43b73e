"""Who sorts, who looks at officials, and who gets what goes around: by the roles of ``units.yaml``, and never whom a
complaint accuses. Pure: the router gives it so, and the desk knows by it where a complaint would go."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

#: What comes back so often goes to the last desk.
MOST_RETURNS = 3
#: Conduct of officials: who looks at officials has it, whatever unit it is about.
CONDUCT_CATEGORY = "aparatur_korupsi"


class Holders(Protocol):
    """Who holds the roles among ``units``: the LAPOR admin, who looks at officials, the last resort."""

    @property
    def units(self) -> Mapping[str, Any]: ...
    @property
    def admin(self) -> str: ...
    @property
    def conduct(self) -> str: ...
    @property
    def last_resort(self) -> str: ...


def triage_unit(of: Holders, about: Collection[str]) -> str:
    """Name the triage lane's unit: the admin; about the admin, who looks at officials; about those, the last resort."""
    if of.conduct in about:
        return first_not(of, about, of.last_resort, of.admin)
    return first_not(of, about, of.admin, of.conduct, of.last_resort)


def conduct_unit(of: Holders, about: Collection[str]) -> str:
    """Name who looks at officials; that one accused, the last resort."""
    return first_not(of, about, of.conduct, of.last_resort, of.admin)


def last_unit(of: Holders, about: Collection[str]) -> str:
    """Name who gets what has gone around too often."""
    return first_not(of, about, of.last_resort, of.conduct, of.admin)


def first_not(of: Holders, about: Collection[str], *units: str) -> str:
    """Name the first that there is and that may judge it; if all are accused, still the first: nothing is nobody's."""
    there = [unit for unit in units if unit in of.units] or units
    return next((unit for unit in there if unit not in about), there[0])
