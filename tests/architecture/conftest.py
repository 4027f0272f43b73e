"""Fixtures of the architecture tests: the services, their settings, the compose file."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic_settings import BaseSettings

from chassis.settings import DatabaseSettings

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(Path(__file__).parent))


@dataclass(frozen=True, kw_only=True)
class Service:
    """One folder under services/. A service without a settings.py reads what every service with a database reads."""

    name: str
    folder: Path
    settings: type[BaseSettings]

    @property
    def package(self) -> str:
        return self.name.replace("-", "_")

    @property
    def owns_database(self) -> bool:
        return issubclass(self.settings, DatabaseSettings)

    @property
    def variables(self) -> set[str]:
        return {name.upper() for name in self.settings.model_fields}

    @property
    def required(self) -> set[str]:
        return {name.upper() for name, field in self.settings.model_fields.items() if field.is_required()}


def _settings(folder: Path) -> type[BaseSettings]:
    package = folder.name.replace("-", "_")
    if not (folder / "src" / package / "settings.py").exists():
        return DatabaseSettings
    module = importlib.import_module(f"{package}.settings")
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__
    )
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def services() -> list[Service]:
    folders = sorted(path.parent for path in ROOT.glob("services/*/pyproject.toml"))
    return [Service(name=folder.name, folder=folder, settings=_settings(folder)) for folder in folders]


@pytest.fixture(scope="session")
def compose() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return parsed
