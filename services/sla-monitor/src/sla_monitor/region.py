"""The region's policies and calendar, as the sla-monitor's rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import holidays

from kabupaten import Part, Region, load
from sla_monitor.rules import Rules

#: What the rules are made of, and whose names they use.
PARTS: tuple[Part, ...] = ("sla", "calendar", "units", "categories")


def load_rules(folder: Path) -> Rules:
    """Load the rules of the region ``folder``.

    Raises:
        RegionError: a file is missing or broken, or they don't fit together; all that is wrong is named.
    """
    return rules_of(load(folder, *PARTS))


def rules_of(region: Region) -> Rules:
    """Make the rules of ``region``, which has all ``PARTS``: with the nation's holidays and cuti bersama."""
    # It adds a year when a day of that year is first asked for.
    nation = holidays.country_holidays("ID", categories=("public", "government"), language="id")
    return Rules(
        policies=region.sla.policies, default=region.sla.default, calendar=replace(region.calendar, holidays=nation)
    )
