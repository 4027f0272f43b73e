"""A database belongs to one service, and nobody else can even find it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def _databases(compose: dict[str, Any]) -> list[str]:
    return [name for name in compose["services"] if name.endswith("-db")]


def _members(compose: dict[str, Any], network: str) -> set[str]:
    return {name for name, it in compose["services"].items() if network in it.get("networks", [])}


def test_every_database_is_alone_with_its_service(compose: dict[str, Any]) -> None:
    for database in _databases(compose):
        service = database.removesuffix("-db")

        assert [f"{service}-store"] == compose["services"][database]["networks"]
        assert {service, f"{service}-two", database} == _members(compose, f"{service}-store")


def test_the_network_of_a_database_leads_nowhere(compose: dict[str, Any]) -> None:
    for database in _databases(compose):
        assert compose["networks"][f"{database.removesuffix('-db')}-store"] == {"internal": True}


def test_no_database_has_a_port_outside(compose: dict[str, Any]) -> None:
    assert [] == [name for name in _databases(compose) if "ports" in compose["services"][name]]


def test_a_service_knows_the_address_of_its_own_database_only(compose: dict[str, Any]) -> None:
    owners = {}
    for name, it in compose["services"].items():
        addresses = [value for value in (it.get("environment") or {}).values() if "postgresql://" in str(value)]
        for address in addresses:
            url = urlsplit(address.split("${")[0] + address.rpartition("}")[2])
            owners[name] = (url.username, url.hostname, url.path)

    module = {database.removesuffix("-db"): database for database in _databases(compose)}
    assert owners == {
        process: (service.replace("-", "_"), database, "/" + service.replace("-", "_"))
        for service, database in module.items()
        for process in (service, f"{service}-two")
    }


def test_schemas_are_nowhere_but_with_their_owner(root: Path) -> None:
    kept = {path.relative_to(root).parts[0] for path in root.glob("*/**/migrations") if ".venv" not in path.parts}

    assert kept <= {"services", "chassis", "intake"}


def test_no_package_names_the_tables_of_another(root: Path) -> None:
    """The address of a database comes from DATABASE_URL alone; no code builds one."""
    guilty = [path for path in root.glob("services/*/src/**/*.py") if "postgresql://" in path.read_text()]

    assert guilty == []
