"""Picks the unit that sorts, looks at officials, or gets a complaint that goes around: by the roles of ``units.yaml``.

An accused unit is passed over if another is left. Pure: the router assigns by it, and the desk predicts by it where a
complaint would go.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Protocol

#: A complaint that comes back this often goes to the last desk.
MOST_RETURNS = 3
#: Conduct of officials: the unit that looks at officials gets it, whatever unit it is about.
CONDUCT_CATEGORY = "aparatur_korupsi"


class Holders(Protocol):
    """``units``, and those of them with a role: the LAPOR admin, the unit that looks at officials, the last resort."""

    @property
    def units(self) -> Mapping[str, Any]: ...
    @property
    def admin(self) -> str: ...
    @property
    def conduct(self) -> str: ...
    @property
    def last_resort(self) -> str: ...


def triage_unit(of: Holders, about: Collection[str]) -> str:
    """Name the triage lane's unit: the admin; about the admin, the conduct unit; about that, the last resort."""
    if of.conduct in about:
        return first_not(of, about, of.last_resort, of.admin)
    return first_not(of, about, of.admin, of.conduct, of.last_resort)


def conduct_unit(of: Holders, about: Collection[str]) -> str:
    """Name the unit that looks at officials, or the last resort if that unit is accused."""
    return first_not(of, about, of.conduct, of.last_resort, of.admin)


def last_unit(of: Holders, about: Collection[str]) -> str:
    """Name the unit that gets a complaint that has gone around too often."""
    return first_not(of, about, of.last_resort, of.conduct, of.admin)


def first_not(of: Holders, about: Collection[str], *units: str) -> str:
    """Name the first existing unit that is not accused; if all are, the first: every complaint has a unit."""
    there = [unit for unit in units if unit in of.units] or units
    return next((unit for unit in there if unit not in about), there[0])
