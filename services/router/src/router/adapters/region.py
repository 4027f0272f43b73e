"""The region's units and categories, as the router's rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chassis.region import RegionError, read_region
from router.rules import Rules


def read_rules(region: Path) -> Rules:
    """The rules of ``region``.

    Raises:
        RegionError: a file is missing or broken, a role is vacant, or a category names an unknown unit.
    """
    units: list[dict[str, Any]] = read_region(region, "units.yaml")["units"]
    categories: dict[str, Any] = read_region(region, "categories.yaml")["categories"]
    names = {unit["code"]: unit["name"] for unit in units}
    rules = Rules(
        units=names,
        unit_of_category={key: c["unit"] for key, c in categories.items() if c.get("unit")},
        admin=_holder(units, "triage"),
        conduct=_holder(units, "conduct"),
        last_resort=_holder(units, "fallback"),
    )
    for category, unit in rules.unit_of_category.items():
        if unit not in names:
            raise RegionError(f"categories.yaml: {category} goes to {unit}, which units.yaml does not have")
    return rules


def _holder(units: list[dict[str, Any]], role: str) -> str:
    holders = [unit["code"] for unit in units if unit.get(role)]
    if len(holders) != 1:
        raise RegionError(f"units.yaml: exactly one unit must have `{role}: true`, found {holders or 'none'}")
    code: str = holders[0]
    return code
