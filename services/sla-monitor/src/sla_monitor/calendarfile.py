"""Reads a region's ``calendar.yaml``, and says where and how to mend what is wrong in it."""

from __future__ import annotations

import datetime
import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from msgspec import Meta, Struct

from chassis.region import Source
from contracts.dates import WEEKDAYS
from sla_monitor.calendar import Calendar, Hours, LocalDay
from sla_monitor.yamlfile import REMEDIES, part, refusal

Weekday = Literal["senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"]


class _DayOff(Struct, forbid_unknown_fields=True):
    date: datetime.date
    reason: Annotated[str, Meta(min_length=1)]


class _HalfDay(_DayOff, forbid_unknown_fields=True):
    pass


class _Override(Struct, forbid_unknown_fields=True):
    date: datetime.date
    working: bool
    reason: Annotated[str, Meta(min_length=1)]


class _CalendarFile(Struct, forbid_unknown_fields=True):
    timezone: str
    working_weekdays: Annotated[list[Weekday], Meta(min_length=1)]
    days_off: list[Any] = []
    half_days: list[Any] = []
    overrides: list[Any] = []
    office_hours: dict[str, Any] = {}
    joint_leave_complete: list[int] = []


def load_calendar(directory: Path) -> Calendar:
    """The calendar of a region folder: the nation's holidays and cuti bersama, and the kabupaten's own days.

    Raises:
        RegionError: as for ``load_rules``.
    """
    source = Source.read(directory, "calendar.yaml")
    file = part(source, _CalendarFile, ())
    try:
        timezone = ZoneInfo(file.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise refusal(
            source, ("timezone",), f"there is no time zone {file.timezone!r}", REMEDIES["timezone"]
        ) from error
    return Calendar(
        timezone=timezone,
        working_weekdays=frozenset(_weekday(day) for day in file.working_weekdays),
        # It adds a year when a day of that year is first asked for.
        holidays=holidays.country_holidays("ID", categories=("public", "government"), language="id"),
        local={
            **_local_days(source, "days_off", _DayOff, file.days_off),
            **_local_days(source, "half_days", _HalfDay, file.half_days),
            **_local_days(source, "overrides", _Override, file.overrides),
        },
        office_hours=_office_hours(source, file.office_hours),
        joint_leave_complete=frozenset(file.joint_leave_complete),
    )


def _weekday(name: str) -> int:
    return [day.lower() for day in WEEKDAYS].index(name)


def _office_hours(source: Source, raw: dict[str, Any]) -> dict[int, tuple[Hours, ...]]:
    hours = {}
    for day, spans in raw.items():
        where = ("office_hours", day)
        if day not in get_args(Weekday) or not isinstance(spans, list) or not spans:
            raise refusal(source, where, f"{day!r} has no hours that can be read", REMEDIES["office_hours"])
        read = hours[_weekday(day)] = tuple(_span(source, where, span) for span in spans)
        if any(begins < ended for (_, ended), (begins, _) in pairwise(read)):
            raise refusal(source, where, "its spans overlap or are out of order", REMEDIES["office_hours"])
    return hours


def _span(source: Source, where: tuple[str | int, ...], text: Any) -> Hours:
    found = re.fullmatch(r"([01]\d|2[0-3])[.:]([0-5]\d)-([01]\d|2[0-3])[.:]([0-5]\d)", str(text))
    if found is None or found[1] + found[2] >= found[3] + found[4]:
        raise refusal(source, where, f"{text!r} is not a span of hours", REMEDIES["office_hours"])
    return datetime.time(int(found[1]), int(found[2])), datetime.time(int(found[3]), int(found[4]))


def _local_days(
    source: Source, where: str, kind: type[_DayOff | _HalfDay | _Override], rows: list[Any]
) -> dict[datetime.date, LocalDay]:
    days: dict[datetime.date, LocalDay] = {}
    for n, raw in enumerate(rows):
        row = part(source, kind, (where, n), raw)
        if row.date in days:
            raise refusal(source, (where, n), f"{row.date} stands here twice", "keep one of the two")
        half = isinstance(row, _HalfDay)
        days[row.date] = LocalDay(working=half or getattr(row, "working", False), reason=row.reason, half=half)
    return days
