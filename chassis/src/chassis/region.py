"""Finds the files of a region folder, and says where in them something is wrong; a region may extend another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

#: libyaml's where the library has it: the categories are 2,000 lines, and it reads them ten times as fast.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Problem(NamedTuple):
    """One thing that is wrong in a region folder, and what to do about it. ``line`` is None where none is to blame."""

    file: str
    line: int | None
    problem: str
    remedy: str

    def __str__(self) -> str:
        at_line = f", line {self.line}" if self.line else ""
        return f"{self.file}{at_line}: {self.problem}. Remedy: {self.remedy}"


class RegionError(ValueError):
    """A region folder that can't be used; the text names the file and the remedy."""

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> RegionError:
        """All ``problems`` in one error, each on its line."""
        return cls("\n".join(map(str, problems)))


@dataclass(frozen=True)
class Source:
    """A YAML file of a region, with the lines of its parts."""

    path: Path
    content: Any
    root: yaml.Node | None

    @classmethod
    def read(cls, directory: Path, name: str) -> Source:
        """``name`` of the region folder ``directory``.

        Raises:
            RegionError: it is missing or is not YAML.
        """
        path = region_file(directory, name)
        content = _yaml(path)
        return cls(path, content, yaml.compose(path.read_text(), Loader=_Loader))

    def wrong(self, where: Sequence[str | int], problem: str, remedy: str) -> Problem:
        """The problem at ``where``, a path of keys and positions."""
        place = ".".join(str(part) for part in where)
        return Problem(str(self.path), self.line(where), f"{place}: {problem}" if place else problem, remedy)

    def line(self, where: Sequence[str | int]) -> int | None:
        """The line of the deepest part of ``where`` that is in the file."""
        node, line = self.root, None
        for part in where:
            if isinstance(node, yaml.MappingNode):
                found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                found = (node.value[part], node.value[part])
            else:
                found = None
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line


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


def read_zone(region: Path) -> ZoneInfo:
    """The time zone of ``calendar.yaml``.

    Raises:
        RegionError: the file is missing, or the tz database has no such zone.
    """
    calendar = read_region(region, "calendar.yaml")
    try:
        return ZoneInfo(calendar["timezone"])
    except (KeyError, TypeError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        path = region_file(region, "calendar.yaml")
        raise RegionError(
            f"{path}: there is no such timezone. Remedy: write a name of the tz database, such as Asia/Makassar"
        ) from error


def _yaml(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(), Loader=_Loader)  # noqa: S506  (a safe loader)
    except (yaml.YAMLError, ValueError) as error:  # a date like 2026-02-30 is a ValueError
        raise RegionError(f"{path} is not valid YAML: {error}") from error
