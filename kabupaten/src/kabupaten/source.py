"""Finds the YAML files of a region folder and reads them with the lines of their parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kabupaten.problems import Problem, RegionError, Where, refuse

#: libyaml's loader, if it is installed: it reads ten times as fast.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):  # type: ignore[misc]
    """A loader that tells where an invalid date stands."""

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as error:
            raise yaml.MarkedYAMLError(problem=f"{node.value}: {error}", problem_mark=node.start_mark) from error


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_timestamp)


@dataclass(frozen=True)
class Source:
    """A YAML file of a region, with the lines of its parts."""

    path: Path
    content: Any
    root: yaml.Node | None = None

    @classmethod
    def read(cls, folder: Path, name: str) -> Source:
        """Read the file ``name`` of the region ``folder`` or of the one it extends.

        Raises:
            RegionError: it is missing, is not YAML, or has a key twice.
        """
        return cls.parse(region_file(folder, name))

    @classmethod
    def parse(cls, path: Path) -> Source:
        """Read the file ``path``.

        Raises:
            RegionError: it can't be read, is not YAML, or has a key twice.
        """
        try:
            loader = _Loader(path.read_text(encoding="utf-8"))
            root = loader.get_single_node()
            refuse(_doubled(path, root))
            return cls(path, None if root is None else loader.construct_document(root), root)
        except OSError as error:
            raise RegionError([_unreadable(path, error)]) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or " ".join(str(error).split())
            line = mark.line + 1 if mark else None
            raise RegionError([Problem(str(path), line, f"not valid YAML: {problem}", "mend it there")]) from error

    def wrong(self, where: Where, problem: str, remedy: str) -> Problem:
        """Describe the problem at ``where``."""
        place = ".".join(map(str, where))
        return Problem(str(self.path), self.line(where), f"{place}: {problem}" if place else problem, remedy)

    def line(self, where: Where) -> int | None:
        """Find the line of the deepest part of ``where`` that is in the file."""
        node, line = self.root, None
        for part in where:
            if isinstance(node, yaml.MappingNode):
                # The last one: merged entries (<<) stand before the mapping's own.
                found = next(((k, v) for k, v in reversed(node.value) if k.value == str(part)), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                found = (node.value[part], node.value[part])
            else:
                found = None
            if found is None:
                break
            line, node = found[0].start_mark.line + 1, found[1]
        return line


def folders(region: Path) -> list[Path]:
    """List ``region`` and the folder that its ``sla.yaml`` names with ``extends``, if it does.

    Raises:
        RegionError: there is no such folder, or ``sla.yaml`` is not YAML.
    """
    if not (region / "sla.yaml").is_file():
        return [region]
    source = Source.parse(region / "sla.yaml")
    base = source.content.get("extends") if isinstance(source.content, dict) else None
    if not isinstance(base, str):  # another type is reported with the rest of the file
        return [region]
    if not (region / base).is_dir():
        problem = f"there is no folder {base}"
        raise RegionError([source.wrong(("extends",), problem, "write a path to it from here, such as ../soppeng")])
    return [region, (region / base).resolve()]


def region_file(region: Path, name: str) -> Path:
    """Find the file ``name`` in ``region`` or in the folder that it extends.

    Raises:
        RegionError: neither has it, or a folder may not be entered.
    """
    path = region / name
    if _is_file(path):
        return path
    for folder in folders(region)[1:]:
        if _is_file(folder / name):
            return folder / name
    remedy = f"write it, or name a folder that has {Path(name).name} with extends: in sla.yaml"
    raise RegionError([Problem(str(path), None, "it is missing", remedy)])


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError as error:  # its folder may not be entered
        raise RegionError([_unreadable(path, error)]) from error


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(str(path), None, f"it can't be read: {error.strerror}", "let everybody read it: chmod -R a+rX")


def _doubled(path: Path, node: Any) -> Iterator[Problem]:
    """Report a key that stands twice: YAML takes the last one and says nothing."""
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
