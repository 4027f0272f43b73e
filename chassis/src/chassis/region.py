"""Finds the files of a region folder, and says where in them something is wrong; a region may extend another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import yaml

from contracts.links import links_in

#: libyaml's where the library has it: the categories are 2,000 lines, and it reads them ten times as fast.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: A number of 7 to 15 digits (ITU-T E.164), or an e-mail address.
_CONTACT = re.compile(r"[+(]?\d(?:[ ().-]{0,2}\d){6,14}|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


class _Loader(_Safe):  # type: ignore[misc]
    """Says where a date is that is none."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.MarkedYAMLError(problem=f"{node.value}: {error}", problem_mark=node.start_mark) from error


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


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
            RegionError: it is missing, is not YAML, or says something twice.
        """
        path = region_file(directory, name)
        content, root = _parsed(path)
        return cls(path, content, root)

    def wrong(self, where: Sequence[str | int], problem: str, remedy: str) -> Problem:
        """The problem at ``where``, a path of keys and positions."""
        place = ".".join(str(part) for part in where)
        return Problem(str(self.path), self.line(where), f"{place}: {problem}" if place else problem, remedy)

    def line(self, where: Sequence[str | int]) -> int | None:
        """The line of the deepest part of ``where`` that is in the file."""
        node, line = self.root, None
        for part in where:
            if isinstance(node, yaml.MappingNode):
                # The last one: what the mapping merges (<<) stands before its own.
                found = next(((k, v) for k, v in reversed(node.value) if k.value == str(part)), None)
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
    base: str | None = (_parsed(policy)[0] or {}).get("extends") if policy.is_file() else None
    if base and (directory / base / name).is_file():
        return (directory / base / name).resolve()
    raise RegionError(f"{path} is missing: a region folder needs {name}, or an sla.yaml that extends one that has it")


def has_region_file(directory: Path, name: str) -> bool:
    """Tell whether there is a file ``name``, for what a region may leave out."""
    try:
        return region_file(directory, name).is_file()
    except RegionError:
        return False


def read_region(directory: Path, name: str) -> Any:
    """The parsed YAML of ``name``.

    Raises:
        RegionError: it is missing, is not YAML, or says something twice.
    """
    return _parsed(region_file(directory, name))[0]


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


def read_contacts(region: Path) -> frozenset[str]:
    """Telephone numbers, e-mail addresses and links in each ``contact:`` of units.yaml and routing.yaml, as written.

    They are offices', public, and not to be masked. Numbers of fewer than seven digits are left out: none is masked.

    Raises:
        RegionError: a file is missing, is not YAML, or says something twice.
    """
    units, routing = read_region(region, "units.yaml"), read_region(region, "routing.yaml") or {}
    rows = [*units["units"], *(routing.get("targets") or {}).values()]
    contacts = [str(row["contact"]) for row in rows if row.get("contact")]
    return frozenset(found for contact in contacts for found in [*_CONTACT.findall(contact), *links_in(contact)])


def _parsed(path: Path) -> tuple[Any, yaml.Node | None]:
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        root = loader.get_single_node()
        if doubled := list(_doubled(path, root)):
            raise RegionError.of(doubled)
        return (None if root is None else loader.construct_document(root)), root
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or " ".join(str(error).split())
        line = mark.line + 1 if mark else None
        raise RegionError.of([Problem(str(path), line, f"not valid YAML: {problem}", "mend it there")]) from error


def _doubled(path: Path, node: Any) -> Iterator[Problem]:
    """A key that stands twice: YAML takes the last one and says nothing."""
    if node is None or node.id == "scalar":
        return
    seen: set[str] = set()
    for part in node.value:
        if node.id == "sequence":
            yield from _doubled(path, part)
            continue
        key, value = part
        if str(key.value) in seen:
            yield Problem(str(path), key.start_mark.line + 1, f"{key.value} stands twice", "keep one of the two")
        seen.add(str(key.value))
        yield from _doubled(path, value)
