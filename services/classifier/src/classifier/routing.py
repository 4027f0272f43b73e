"""The rules of ``routing.yaml``, as far as they say who has the complaints of a category."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chassis.region import RegionError, read_region


@dataclass(frozen=True, kw_only=True)
class RoutingRule:
    """``lead`` is a unit's code or ``kecamatan``; None where the rule leaves it to the category, or hands over."""

    categories: tuple[str, ...]
    matters: tuple[str, ...]
    lead: str | None
    hands_over: bool


def routing_rules(region: Path) -> Iterator[RoutingRule]:
    """The rules in their order; none where the region has no such file.

    Raises:
        RegionError: the file is not YAML.
    """
    try:
        rules = (read_region(region, "routing.yaml") or {}).get("rules") or ()
    except RegionError:
        if (region / "routing.yaml").exists():
            raise
        return
    for rule in rules:
        when = rule.get("when") or {}
        yield RoutingRule(
            categories=_listed(when.get("category")),
            matters=_listed(when.get("matter")),
            lead=rule.get("lead"),
            hands_over="hand_over" in rule,
        )


def _listed(value: str | list[str] | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())
