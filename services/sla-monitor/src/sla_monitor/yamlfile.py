"""A YAML file that remembers its lines, so that a mistake is told with file, line and remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from chassis.region import RegionError, region_file

T = TypeVar("T")

KINDS = "write a list of kinds of complaint.updated, such as [resolved] or [routed/triage, noted/rights_done]"
REMEDIES = {
    "amount": "write a whole number above 0, such as amount: 3",
    "unit": "write working_days, days, working_hours, hours or seconds",
    "warn_ratio": "write a number above 0 and up to 1, such as warn_ratio: 0.7",
    "at_deadline": "write breached or lapsed",
    "starts": KINDS,
    "ends": KINDS,
    "stops": KINDS,
    "during": KINDS,
    "pause": "write {during: [waiting_for_reporter], amount: 5, unit: working_days}",
    "escalation": "write a list of {after: {amount: 1, unit: working_days}, to: [head, SETDA]}",
    "after": "write {amount: 1, unit: working_days}",
    "to": "write a list of head and codes of units.yaml, such as [head, SETDA]",
    "variants": "write a list of {type: […], urgency: […], category: […], amount: …, unit: …}",
    "default": "write the name of a policy, or a list of them whose dates join",
    "valid_from": "write the date as 2026-03-23",
    "valid_until": "write the date as 2026-03-23",
    "timezone": "write a name of the tz database, such as Asia/Makassar",
    "working_weekdays": "write a list of days, such as [senin, selasa, rabu, kamis, jumat]",
    "date": "write the date as 2026-03-23",
    "days_off": "write a list of {date: …, reason: …}, or []",
    "half_days": "write a list of {date: …, reason: …}, or []",
    "overrides": "write a list of {date: …, working: true or false, reason: …}, or []",
    "office_hours": 'write hours by day, such as {senin: ["07.30-12.00", "13.00-16.00"]}',
}


@dataclass(frozen=True)
class Source:
    """A YAML file, with the lines of its parts for error messages."""

    path: Path
    content: Any
    root: yaml.Node | None

    @classmethod
    def read(cls, directory: Path, name: str) -> Source:
        path = region_file(directory, name)
        try:
            text = path.read_text(encoding="utf-8")
            return cls(path, yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader))
        except (yaml.YAMLError, ValueError) as error:  # a date like 2026-02-30 is a ValueError
            mark = getattr(error, "problem_mark", None)
            line = f", line {mark.line + 1}" if mark else ""
            problem = getattr(error, "problem", None) or error
            raise RegionError(f"{path}{line}: not valid YAML: {problem}. Mend it there") from error

    def part(self, kind: type[T], where: tuple[str | int, ...], raw: Any = ...) -> T:
        """The part at ``where`` as ``kind``."""
        try:
            return msgspec.convert(self.content if raw is ... else raw, kind)
        except msgspec.ValidationError as error:
            text = str(error)
            problem = text.split(" - at ")[0]
            at = re.search(r"`\$\.(\w+)|unknown field `(\w+)`", text)
            field = (at[1] or at[2]) if at else None
            remedy = REMEDIES.get(field or "") if " - at " in text else None
            known = ", ".join(name for name in getattr(kind, "__struct_fields__", ()))
            raise self.wrong(
                (*where, field) if field else where,
                problem[:1].lower() + problem[1:],
                remedy or f"what belongs here: {known}",
            ) from error

    def wrong(self, where: tuple[str | int, ...], problem: str, remedy: str) -> RegionError:
        """The error that names file, line, place, problem and remedy."""
        place = ".".join(str(part) for part in where) or "the file"
        line = self._line(where)
        at_line = f", line {line}" if line else ""
        return RegionError(f"{self.path}{at_line}: {place}: {problem}. Remedy: {remedy}")

    def _line(self, where: tuple[str | int, ...]) -> int | None:
        """The line of the deepest part of ``where`` that is in the file."""
        node, line = self.root, None
        for part in where:
            if isinstance(node, yaml.MappingNode):
                found = [(k, v) for k, v in node.value if k.value == str(part)]
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                found = [(node.value[part], node.value[part])]
            else:
                found = []
            if not found:
                break
            line, node = found[-1][0].start_mark.line + 1, found[-1][1]
        return line
