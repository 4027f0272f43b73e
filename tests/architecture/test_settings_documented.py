"""Every variable is documented once: the shared ones in chassis/README.md, the others with their service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_settings import BaseSettings

from chassis.authentic import EventKeySettings
from chassis.settings import MigrateSettings, ServiceSettings
from intake.submissions import IntakeSettings

KINDS = (ServiceSettings, MigrateSettings, IntakeSettings, EventKeySettings)
SHARED = {name.upper() for kind in KINDS for name in kind.model_fields}


def _documented(readme: Path) -> set[str]:
    """Return the variables in the first column of the table whose first column is called "variable"."""
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


def _faults(settings: type[BaseSettings], name: str) -> list[str]:
    """Return the types of errors of the field ``name`` when it is empty."""
    try:
        settings.model_validate({name: ""})
    except ValidationError as error:
        return [fault["type"] for fault in error.errors() if fault["loc"] == (name,)]
    return []


def test_optional_settings_accept_empty_values_but_for_named_ones(services: list[Any]) -> None:
    """A line of .env without a value reaches the container as an empty variable."""
    optional = {
        (it.name, name): it.settings
        for it in services
        for name, field in it.settings.model_fields.items()
        if type(None) in get_args(field.annotation)
    }
    refused = {key for key, settings in optional.items() if _faults(settings, key[1])}

    assert len(optional) > 40
    # Required: without one, something would be less safe than intended, or links lead nowhere. X is on by default.
    everywhere = {"kafka_ca_file", "database_password", "canary_key"}
    own = {("intake-web", "web_public_url"), ("unit-desk", "desk_public_url")}
    assert own == {key for key in refused if key[1] not in everywhere and not key[1].startswith("x_")}
    assert {"missing"} == {
        fault for key in refused if key[1].startswith("x_") for fault in _faults(optional[key], key[1])
    }


def test_services_accept_the_empty_values_of_the_example_file(services: list[Any], root: Path) -> None:
    left = set(re.findall(r"^(?:# )?([A-Z0-9_]+)=$", (root / ".env.example").read_text(), re.MULTILINE))
    readers = [(it, name) for it in services for name in sorted(left & it.variables)]

    assert len(readers) > 10
    assert [] == [(it.name, name) for it, name in readers if _faults(it.settings, name.lower())]
