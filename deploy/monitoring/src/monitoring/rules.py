"""The texts of alert rules that dashboards repeat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

_RULES = Path(__file__).parents[2] / "rules"


def pages() -> dict[str, str]:
    """Return the runbook page of each alert: file and heading, from the project's root."""
    return {name: said["runbook"] for name, said in _annotations()}


def sentences() -> dict[str, tuple[str, str]]:
    """Return a sentence for each alert, without a colour: its ``title`` if its summary contains a value or a name."""
    return {name: (said["title"] if "{{" in said["summary"] else said["summary"], "") for name, said in _annotations()}


def _annotations() -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(_RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from ((rule["alert"], rule["annotations"]) for rule in group["rules"] if "alert" in rule)
