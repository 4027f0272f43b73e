"""Finds the files of a region folder; a region may extend another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


class RegionError(ValueError):
    """A region folder that can't be used; the text names the file and the remedy."""


def region_file(directory: Path, name: str) -> Path:
    """``name`` in ``directory``, or in the folder that its ``sla.yaml`` names as ``extends``.

    Raises:
        RegionError: neither has it.
    """
    path = directory / name
    if path.is_file():
        return path
    policy = directory / "sla.yaml"
    base: str | None = (_yaml(policy) or {}).get("extends") if policy.is_file() else None
    if base and (directory / base / name).is_file():
        return (directory / base / name).resolve()
    raise RegionError(f"{path} is missing: a region folder needs {name}, or an sla.yaml that extends one that has it")


def read_region(directory: Path, name: str) -> Any:
    """The parsed YAML of ``name``.

    Raises:
        RegionError: it is missing or is not YAML.
    """
    return _yaml(region_file(directory, name))


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise RegionError(f"{path} is not valid YAML: {error}") from error
