"""Helpers for the tables of dates that were worked out by hand."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from kabupaten.sla import Term
from sla_monitor.region import load_rules
from sla_monitor.rules import Rules

RULES = load_rules(Path(__file__).parents[3] / "region" / "soppeng")


def term_of(rules: Rules, name: str) -> Term:
    return rules.policies[rules.default[0]].stages[name].term


def midnight_after(days: str, start: str) -> datetime:
    year, last = int(start[:4]), days.split()[-1]
    year += last < start[5:10]
    return datetime.fromisoformat(f"{year}-{last}T00:00+08:00") + timedelta(days=1)
