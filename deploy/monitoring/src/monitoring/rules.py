"""What the rules of alerts say, as far as dashboards repeat it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

_RULES = Path(__file__).parents[2] / "rules"


def pages() -> dict[str, str]:
    """Name the page of each alert: file and heading, from the project's root."""
    return {name: said["runbook"] for name, said in _annotations()}


def sentences() -> dict[str, tuple[str, str]]:
    """Say what each alert is about, in no colour. What its summary tells of a value or a name stands in ``title``."""
    return {name: (said["title"] if "{{" in said["summary"] else said["summary"], "") for name, said in _annotations()}


def _annotations() -> Iterator[tuple[str, dict[str, str]]]:
    for path in sorted(_RULES.glob("*.yml")):
        for group in yaml.safe_load(path.read_text())["groups"]:
            yield from ((rule["alert"], rule["annotations"]) for rule in group["rules"] if "alert" in rule)
