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
    units: list[dict[str, Any]] = _read(region, "units")
    categories: dict[str, dict[str, Any]] = _read(region, "categories")
    try:
        names = {unit["code"]: unit["name"] for unit in units}
        unit_of_category = {key: category.get("unit") for key, category in categories.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise RegionError("units.yaml needs a code and a name for each unit, categories.yaml a mapping") from error
    rules = Rules(
        units=names,
        unit_of_category=unit_of_category,
        admin=_holder(units, "triage"),
        conduct=_holder(units, "conduct"),
        last_resort=_holder(units, "fallback"),
    )
    for category, unit in rules.unit_of_category.items():
        if unit is not None and unit not in names:
            raise RegionError(f"categories.yaml: {category} goes to {unit}, which units.yaml does not have")
    return rules


def _read(region: Path, name: str) -> Any:
    found = read_region(region, f"{name}.yaml")
    if not isinstance(found, dict) or not found.get(name):
        raise RegionError(f"{name}.yaml has no `{name}:`")
    return found[name]


def _holder(units: list[dict[str, Any]], role: str) -> str:
    holders = [unit["code"] for unit in units if unit.get(role)]
    if len(holders) != 1:
        raise RegionError(f"units.yaml: exactly one unit must have `{role}: true`, found {holders or 'none'}")
    code: str = holders[0]
    return code
