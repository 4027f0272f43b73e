"""Every service looks the same from outside."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from typer import Typer
from typer.main import get_command


def test_a_service_has_its_files(services: list[Any]) -> None:
    for service in services:
        package = service.folder / "src" / service.package
        there = [service.folder / "README.md", service.folder / "tests", package / "__main__.py", package / "app.py"]

        assert [] == [path for path in there if not path.exists()]


def test_a_service_with_a_database_has_one_in_compose_and_no_other_has(
    services: list[Any], compose: dict[str, Any]
) -> None:
    wanted = {f"{service.name}-db" for service in services if service.owns_database}

    assert wanted == {name for name in compose["services"] if name.endswith("-db")}


def test_only_a_service_with_a_database_has_migrations(services: list[Any]) -> None:
    assert [] == [it.name for it in services if (it.folder / "migrations").exists() and not it.owns_database]


def test_a_service_with_a_database_can_migrate_it_and_compose_does(
    services: list[Any], compose: dict[str, Any]
) -> None:
    for service in services:
        main = importlib.import_module(f"{service.package}.__main__")
        (app,) = (value for value in vars(main).values() if isinstance(value, Typer))
        commands = set(get_command(app).commands)  # type: ignore[attr-defined]
        started = " ".join(compose["services"][service.name].get("command", []))

        assert "run" in commands
        assert service.owns_database == ("migrate" in commands) == (f"{service.name} migrate &&" in started)


def test_migrations_are_numbered_without_a_gap(root: Path) -> None:
    for folder in (*root.glob("services/*/migrations"), *root.glob("*/src/*/migrations")):
        numbers = sorted(int(path.name[:4]) for path in folder.glob("*.sql"))
        first = numbers[0]

        assert list(range(first, first + len(numbers))) == numbers, folder


def test_there_is_no_package_of_tests(root: Path) -> None:
    found = [path for path in root.glob("**/tests/**/__init__.py") if ".venv" not in path.parts]

    assert found == []


@pytest.mark.parametrize("where", ["contracts/src", "chassis/src", "intake/src", "look/src"])
def test_shared_packages_import_no_service(where: str, root: Path, services: list[Any]) -> None:
    imports = [
        f"{path.name}: {line}"
        for path in (root / where).rglob("*.py")
        for line in path.read_text().splitlines()
        for service in services
        if line.strip().startswith((f"import {service.package}", f"from {service.package}"))
    ]

    assert imports == []
