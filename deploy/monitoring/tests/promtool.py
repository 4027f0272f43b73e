"""Prometheus' own test runner for all our rules."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from testing.programs import program

RULES = Path(__file__).parents[1] / "rules"


def complaints_of(folder: Path, cases: list[dict[str, Any]], every: str = "1m") -> str:
    """Give what `promtool test rules` has against ``cases``, which are in its own form; empty if nothing.

    ``every``: how often rules are reckoned; what goes on for weeks takes minutes otherwise.
    """
    file = folder / "cases.yml"
    rules = [str(each) for each in sorted(RULES.glob("*.yml"))]
    file.write_text(yaml.safe_dump({"rule_files": rules, "evaluation_interval": every, "tests": cases}))
    command = [program("promtool", debian="prometheus"), "test", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return "" if done.returncode == 0 else done.stdout + done.stderr
