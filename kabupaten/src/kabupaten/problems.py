"""The mistakes in a region folder, as data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: Keys and positions that lead to a place in a file, such as ("units", 3, "name").
Where = tuple[str | int, ...]


class Problem(NamedTuple):
    """One mistake, and its remedy. ``line`` is None unless a line is to blame."""

    file: str
    line: int | None
    problem: str
    remedy: str

    def __str__(self) -> str:
        at_line = f", line {self.line}" if self.line else ""
        return f"{self.file}{at_line}: {self.problem}. Remedy: {self.remedy}"


class RegionError(ValueError):
    """A region folder that can't be used. ``problems`` has each problem once; the text has one on a line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(dict.fromkeys(problems))
        super().__init__("\n".join(map(str, self.problems)))


def refuse(problems: Iterable[Problem]) -> None:
    """Raise ``problems``, if there are any.

    Raises:
        RegionError: there is a problem.
    """
    if found := list(problems):
        raise RegionError(found)
