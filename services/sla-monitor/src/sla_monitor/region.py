"""Reads a region's ``sla.yaml`` and ``calendar.yaml``, and says where and how to mend what is wrong in them."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
import msgspec
import yaml
from msgspec import Meta, Struct

from chassis.region import RegionError, region_file
from contracts.events import UpdateKind
from sla_monitor.calendar import WEEKDAYS, Calendar, LocalDay
from sla_monitor.domain import Policy, Rules, Stage

NEEDED_STAGES = ("completion", "closing")  # the router and the intakes know these by name
Weekday = Literal["senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"]
T = TypeVar("T")

_KINDS = "write a list of kinds of complaint.updated, such as [resolved]"
_REMEDIES = {
    "amount": "write a whole number above 0, such as amount: 3",
    "unit": "write working_days, hours or seconds",
    "warn_ratio": "write a number above 0 and up to 1, such as warn_ratio: 0.7",
    "at_deadline": "write breached or lapsed",
    "starts": _KINDS,
    "ends": _KINDS,
    "stops": _KINDS,
    "timezone": "write a name of the tz database, such as Asia/Makassar",
    "working_weekdays": "write a list of days, such as [senin, selasa, rabu, kamis, jumat]",
    "date": "write the date as 2026-03-23",
    "days_off": "write a list of {date: …, reason: …}, or []",
    "overrides": "write a list of {date: …, working: true or false, reason: …}, or []",
}


class _Stage(Struct, forbid_unknown_fields=True):
    starts: Annotated[list[UpdateKind], Meta(min_length=1)]
    amount: Annotated[int, Meta(gt=0, le=100_000)]
    unit: Literal["working_days", "hours", "seconds"]
    ends: list[UpdateKind] = []
    stops: list[UpdateKind] = []
    warn_ratio: Annotated[float, Meta(gt=0, le=1)] = 1
    at_deadline: Literal["breached", "lapsed"] = "breached"
    about: str = ""


class _Policy(Struct, forbid_unknown_fields=True):
    stages: dict[str, Any]
    about: str = ""


class _SlaFile(Struct, forbid_unknown_fields=True):
    default: str
    policies: dict[str, Any]
    extends: str = ""


class _DayOff(Struct, forbid_unknown_fields=True):
    date: datetime.date
    reason: Annotated[str, Meta(min_length=1)]


class _Override(Struct, forbid_unknown_fields=True):
    date: datetime.date
    working: bool
    reason: Annotated[str, Meta(min_length=1)]


class _CalendarFile(Struct, forbid_unknown_fields=True):
    timezone: str
    working_weekdays: Annotated[list[Weekday], Meta(min_length=1)]
    days_off: list[Any] = []
    overrides: list[Any] = []


def load_rules(directory: Path) -> Rules:
    """The policies and the calendar of a region folder.

    Raises:
        RegionError: a file is missing or wrong; the text names file, line and remedy.
    """
    source = _Source.read(directory, "sla.yaml")
    file = source.part(_SlaFile, ())
    policies = {name: _policy(source, name, raw) for name, raw in file.policies.items()}
    if file.default not in policies:
        raise source.wrong(("default",), f"there is no policy {file.default!r}", f"write one of: {', '.join(policies)}")
    for stage in NEEDED_STAGES:
        if stage not in policies[file.default].stages:
            raise source.wrong(
                ("policies", file.default, "stages"),
                f"the default policy has no stage {stage}",
                f"add {stage}, or make another policy the default",
            )
    return Rules(policies=policies, default=file.default, calendar=load_calendar(directory))


def load_calendar(directory: Path) -> Calendar:
    """The calendar of a region folder: the nation's holidays and cuti bersama, and the kabupaten's own days.

    Raises:
        RegionError: as for ``load_rules``.
    """
    source = _Source.read(directory, "calendar.yaml")
    file = source.part(_CalendarFile, ())
    try:
        timezone = ZoneInfo(file.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise source.wrong(("timezone",), f"there is no time zone {file.timezone!r}", _REMEDIES["timezone"]) from error
    names = [day.lower() for day in WEEKDAYS]
    return Calendar(
        timezone=timezone,
        working_weekdays=frozenset(names.index(day) for day in file.working_weekdays),
        # It adds a year when a day of that year is first asked for.
        holidays=holidays.country_holidays("ID", categories=("public", "government"), language="id"),
        local={
            **_local_days(source, "days_off", _DayOff, file.days_off),
            **_local_days(source, "overrides", _Override, file.overrides),
        },
    )


def _local_days(
    source: _Source, where: str, kind: type[_DayOff | _Override], rows: list[Any]
) -> dict[datetime.date, LocalDay]:
    days: dict[datetime.date, LocalDay] = {}
    for n, raw in enumerate(rows):
        row = source.part(kind, (where, n), raw)
        if row.date in days:
            raise source.wrong((where, n), f"{row.date} stands here twice", "keep one of the two")
        days[row.date] = LocalDay(working=isinstance(row, _Override) and row.working, reason=row.reason)
    return days


def _policy(source: _Source, name: str, raw: Any) -> Policy:
    stages = {}
    for stage, body in source.part(_Policy, ("policies", name), raw).stages.items():
        given = source.part(_Stage, ("policies", name, "stages", stage), body)
        stages[stage] = Stage(
            name=stage,
            starts=frozenset(given.starts),
            ends=frozenset(given.ends),
            stops=frozenset(given.stops),
            amount=given.amount,
            unit=given.unit,
            warn_ratio=given.warn_ratio,
            at_deadline=given.at_deadline,
        )
    return Policy(name=name, stages=stages)


@dataclass(frozen=True)
class _Source:
    """A YAML file, with the lines of its parts for error messages."""

    path: Path
    content: Any
    root: yaml.Node | None

    @classmethod
    def read(cls, directory: Path, name: str) -> _Source:
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
            remedy = _REMEDIES.get(field or "") if " - at " in text else None
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
