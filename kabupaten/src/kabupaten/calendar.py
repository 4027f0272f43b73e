"""Reads ``calendar.yaml``: the days and hours on which the kabupaten works, besides the nation's holidays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from kabupaten.problems import Problem, Where, refuse
from kabupaten.source import Source
from kabupaten.validate import Words, parse, remedy

Weekday = Literal["senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
#: A span of the day with work: its begin and its end.
Hours = tuple[time, time]
_OFFICE_HOURS = 'write hours by day, in order and apart, such as {senin: ["07.30-12.00", "13.00-16.00"]}'
_SPAN = re.compile(r"([01]\d|2[0-4])[.:]([0-5]\d)-([01]\d|2[0-4])[.:]([0-5]\d)")
_DAY = 24 * 60
_QUIET = 'write hours, such as "21.00-06.00"'
_ZONE = "write a name of the tz database, such as Asia/Makassar"


@dataclass(frozen=True, kw_only=True)
class LocalDay:
    """The kabupaten's rule for one day; it overrides weekday and national holiday. ``half``: work until noon."""

    working: bool
    reason: str
    half: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Calendar:
    """The days of a region. ``working_weekdays`` counts from Monday = 0; ``holidays`` are the nation's.

    ``office_hours`` are by weekday; without any, no promise can be in working hours. ``quiet`` are the minutes of the
    day at which the quiet time begins and ends; nothing that can wait is sent then. For the years in
    ``joint_leave_complete`` the kabupaten says that all cuti bersama is entered. A calendar equals only itself, since
    results derived with it are cached.
    """

    timezone: ZoneInfo
    working_weekdays: frozenset[int] = frozenset(range(5))
    holidays: Mapping[date, str] = field(default_factory=dict)
    local: Mapping[date, LocalDay] = field(default_factory=dict)
    office_hours: Mapping[int, tuple[Hours, ...]] = field(default_factory=dict)
    joint_leave_complete: frozenset[int] = frozenset()
    quiet: tuple[int, int] | None = None

    def quiet_until(self, at: datetime) -> datetime | None:
        """Return the end of the quiet time that ``at`` lies in, to the minute, or None."""
        if self.quiet is None:
            return None
        begin, end = self.quiet
        local = at.astimezone(self.timezone)
        minute = local.hour * 60 + local.minute
        if not (begin <= minute < end if begin < end else minute >= begin or minute < end):
            return None
        day = local.date() if minute < end else local.date() + timedelta(days=1)
        return datetime.combine(day, time(), self.timezone) + timedelta(minutes=end)

    def is_working(self, day: date) -> bool:
        """Whether there is work on ``day``, if only for half a day."""
        if (local := self.local.get(day)) is not None:
            return local.working
        return day not in self.holidays and day.weekday() in self.working_weekdays


class _Day(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    date: date
    reason: Words


class _Override(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    date: date
    working: bool
    reason: Words


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    timezone: Annotated[str, remedy(_ZONE)]
    working_weekdays: Annotated[list[Weekday], remedy("write days, such as [senin, selasa]", min_length=1)]
    days_off: list[_Day] = []
    half_days: list[_Day] = []
    overrides: list[_Override] = []
    office_hours: Annotated[dict[str, list[Any]], remedy(_OFFICE_HOURS)] = {}
    joint_leave_complete: Annotated[list[int], remedy("write years, such as [2028]")] = []
    quiet_hours: str | None = None


def read_calendar(source: Source) -> Calendar:
    """Read ``calendar.yaml``, which does not contain the nation's holidays.

    Raises:
        RegionError: it does not fit; every mistake is named.
    """
    file = parse(source, _File)
    refuse(
        [
            *_check_zone(source, file),
            *_check_days(source, file),
            *_check_hours(source, file),
            *_check_quiet(source, file),
        ]
    )
    return Calendar(
        timezone=ZoneInfo(file.timezone),
        working_weekdays=frozenset(map(WEEKDAYS.index, file.working_weekdays)),
        local={  # the later rule wins
            **{day.date: LocalDay(working=False, reason=day.reason) for day in file.days_off},
            **{day.date: LocalDay(working=True, reason=day.reason, half=True) for day in file.half_days},
            **{day.date: LocalDay(working=day.working, reason=day.reason) for day in file.overrides},
        },
        office_hours={
            WEEKDAYS.index(day): tuple(filter(None, map(_span, spans))) for day, spans in file.office_hours.items()
        },
        joint_leave_complete=frozenset(file.joint_leave_complete),
        quiet=span_of(file.quiet_hours) if file.quiet_hours else None,
    )


def _check_zone(source: Source, file: _File) -> Iterator[Problem]:
    try:
        ZoneInfo(file.timezone)
    except (LookupError, ValueError, OSError):  # ZoneInfoNotFoundError is a LookupError
        yield source.wrong(("timezone",), f"there is no time zone {file.timezone!r}", _ZONE)


def _check_days(source: Source, file: _File) -> Iterator[Problem]:
    for name in ("days_off", "half_days", "overrides"):
        seen: set[date] = set()
        for n, day in enumerate(getattr(file, name)):
            if day.date in seen:
                yield source.wrong((name, n), f"{day.date} stands here twice", "keep one of the two")
            seen.add(day.date)


def _check_hours(source: Source, file: _File) -> Iterator[Problem]:
    for day, spans in file.office_hours.items():
        where: Where = ("office_hours", day)
        read = [(text, _span(text)) for text in spans]
        for text, hours in read:
            if hours is None:
                yield source.wrong(where, f"{text!r} is not a span of hours", _OFFICE_HOURS)
        if day not in WEEKDAYS or not spans:
            yield source.wrong(where, f"{day!r} has no hours that can be read", _OFFICE_HOURS)
        if any(begins[0] < ended[1] for ended, begins in pairwise(filter(None, (hours for _, hours in read)))):
            yield source.wrong(where, "its spans overlap or are out of order", _OFFICE_HOURS)


def _check_quiet(source: Source, file: _File) -> Iterator[Problem]:
    if file.quiet_hours is not None and span_of(file.quiet_hours) is None:
        yield source.wrong(("quiet_hours",), f"{file.quiet_hours!r} are no hours", _QUIET)


def span_of(hours: str) -> tuple[int, int] | None:
    """Return the minutes of the day at which ``hours`` begin and end, perhaps over midnight; None if unreadable."""
    found = _SPAN.fullmatch(hours)
    if found is None:
        return None
    begin, end = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    return (begin, end) if begin < _DAY and end <= _DAY and begin != end else None


def _span(text: Any) -> Hours | None:
    found = re.fullmatch(r"([01]\d|2[0-3])[.:]([0-5]\d)-([01]\d|2[0-3])[.:]([0-5]\d)", str(text))
    if found is None or found[1] + found[2] >= found[3] + found[4]:
        return None
    return time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
