"""What the rules of alerts say, as far as dashboards repeat it."""

from __future__ import annotations

from pathlib import Path

import yaml

_RULES = Path(__file__).parents[2] / "rules"


def pages() -> dict[str, str]:
    """Name the page of each alert: file and heading, from the project's root."""
    groups = (group for path in sorted(_RULES.glob("*.yml")) for group in yaml.safe_load(path.read_text())["groups"])
    alerts = (rule for group in groups for rule in group["rules"] if "alert" in rule)
    return {rule["alert"]: rule["annotations"]["runbook"] for rule in alerts}
