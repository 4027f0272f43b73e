"""The region's policies and calendar, as the sla-monitor's rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import holidays

from kabupaten import Part, Region, load
from sla_monitor.rules import Rules

#: The parts of the region that the rules need, or whose names they use.
PARTS: tuple[Part, ...] = ("sla", "calendar", "units", "categories")


def load_rules(folder: Path) -> Rules:
    """Load the rules of the region ``folder``.

    Raises:
        RegionError: a file is missing or broken, or the files don't fit together; it names all that is wrong.
    """
    return rules_of(load(folder, *PARTS))


def rules_of(region: Region) -> Rules:
    """Make the rules of ``region``, which has all ``PARTS``: with the nation's holidays and cuti bersama."""
    # The library adds a year when a day of that year is first looked up.
    nation = holidays.country_holidays("ID", categories=("public", "government"), language="id")
    return Rules(
        policies=region.sla.policies, default=region.sla.default, calendar=replace(region.calendar, holidays=nation)
    )
