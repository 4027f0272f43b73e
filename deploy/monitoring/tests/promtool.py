"""Runs Prometheus' own test runner on our rules."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import yaml

from testing.programs import program

_NAME = re.compile(r"[a-zA-Z_:][\w:]*")
RULES = Path(__file__).parents[1] / "rules"


def groups_of(name: str) -> list[dict[str, Any]]:
    """Read the groups of rules in a file."""
    found: list[dict[str, Any]] = yaml.safe_load((RULES / name).read_text())["groups"]
    return found


def needed(groups: list[dict[str, Any]], alert: str) -> list[dict[str, Any]]:
    """Reduce ``groups`` to ``alert`` and the rules that it depends on: all of them take ten times as long."""
    rules = {_name(rule): rule for group in groups for rule in group["rules"]}
    wanted, found = {alert}, set()
    while wanted:
        found.add(name := wanted.pop())
        wanted |= (rules.keys() & _NAME.findall(rules[name]["expr"])) - found
    return [{**group, "rules": [rule for rule in group["rules"] if _name(rule) in found]} for group in groups]


def _name(rule: dict[str, Any]) -> str:
    return str(rule.get("record", rule.get("alert")))


def complaints_of(folder: Path, groups: list[dict[str, Any]], cases: list[dict[str, Any]], every: str = "1m") -> str:
    """Return the complaints of `promtool test rules` about ``cases``, given in its own form; empty if all hold.

    It evaluates all rules of ``groups`` at each step. ``every`` is the length of a step: with short ones, a case of
    weeks takes minutes.
    """
    rules, file = folder / "rules.yml", folder / "cases.yml"
    rules.write_text(yaml.safe_dump({"groups": groups}))
    file.write_text(yaml.safe_dump({"rule_files": [str(rules)], "evaluation_interval": every, "tests": cases}))
    command = [program("promtool", debian="prometheus"), "test", "rules", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    return "" if done.returncode == 0 else done.stdout + done.stderr
