"""Every variable is documented once: the shared ones in chassis/README.md, the others with their service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from chassis.authentic import EventKeySettings
from chassis.settings import MigrateSettings, ServiceSettings
from intake.submissions import IntakeSettings

KINDS = (ServiceSettings, MigrateSettings, IntakeSettings, EventKeySettings)
SHARED = {name.upper() for kind in KINDS for name in kind.model_fields}


def _documented(readme: Path) -> set[str]:
    """The variables in the first column of the table whose first column is called "variable"."""
    names: set[str] = set()
    inside = False
    for line in readme.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[1] == "variable":
            inside = True
        elif inside:
            names |= set(re.findall(r"`([A-Z][A-Z0-9_]+)`", cells[1]))
    return names


def test_the_chassis_documents_what_all_read(root: Path) -> None:
    assert SHARED == _documented(root / "chassis" / "README.md")


def test_a_service_documents_what_only_it_reads(services: list[Any]) -> None:
    missing = {it.name: it.variables - SHARED - _documented(it.folder / "README.md") for it in services}

    assert {} == {name: variables for name, variables in missing.items() if variables}


def test_a_service_documents_nothing_it_does_not_read(services: list[Any]) -> None:
    unknown = {it.name: _documented(it.folder / "README.md") - it.variables for it in services}

    assert {} == {name: variables for name, variables in unknown.items() if variables}


def test_a_service_says_where_the_shared_variables_are(services: list[Any]) -> None:
    assert [] == [it.name for it in services if "chassis/README.md" not in (it.folder / "README.md").read_text()]


def test_every_variable_says_what_it_is(services: list[Any]) -> None:
    silent = [
        f"{it.name}: {name}"
        for it in services
        for name, field in it.settings.model_fields.items()
        if not field.description
    ]

    assert silent == []
