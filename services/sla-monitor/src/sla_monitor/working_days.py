"""Tells working days from days off: how much of a day counts, in which hours, and why nobody works on the others."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import NamedTuple

from contracts.dates import WEEKDAYS
from contracts.vocabulary import DayKind
from kabupaten.calendar import Calendar, Hours

#: Parts of names in the library of the nation's holidays, which has no other mark for leave decreed with them, …
JOINT_LEAVE = "cuti bersama"
#: … and for a day that depends on the moon and has no decree yet.
ESTIMATED = "(perkiraan)"
NOON = time(12)


class DayOff(NamedTuple):
    """Why nobody works on a day: ``reason`` says it in Indonesian; ``called`` is the name of a holiday."""

    kind: str
    reason: str
    called: str = ""


def day_off(calendar: Calendar, day: date) -> DayOff | None:
    """Return why nobody works on ``day``; None on a working day, even a half one."""
    if calendar.is_working(day):
        return None
    if (local := calendar.local.get(day)) is not None:
        return DayOff(DayKind.HOLIDAY, f"libur: {local.reason}", local.reason)
    if (holiday := calendar.holidays.get(day)) is not None:
        kind = DayKind.ESTIMATED if ESTIMATED in holiday else DayKind.HOLIDAY
        return DayOff(kind, f"libur: {holiday}", holiday)
    return DayOff(DayKind.WEEKEND, WEEKDAYS[day.weekday()])


def is_half(calendar: Calendar, day: date) -> bool:
    """Whether work on ``day`` ends at noon."""
    local = calendar.local.get(day)
    return local is not None and local.working and local.half


def office_hours(calendar: Calendar, day: date) -> list[Hours]:
    """List the office hours of ``day``, in local time; a weekend on duty has Friday's or, without them, Monday's."""
    if day_off(calendar, day) is not None:
        return []
    hours = calendar.office_hours
    spans = hours.get(day.weekday()) or hours.get(4) or hours.get(0) or ()
    if not is_half(calendar, day):
        return list(spans)
    return [(start, min(end, NOON)) for start, end in spans if start < NOON]


def knows_joint_leave(calendar: Calendar, year: int) -> bool:
    """Whether all cuti bersama of ``year`` is known: the nation's calendar has some, or the kabupaten says so."""
    days = (JOINT_LEAVE in (calendar.holidays.get(day) or "").lower() for day in _days_of(year))
    return year in calendar.joint_leave_complete or any(days)


def estimated(calendar: Calendar, year: int) -> list[date]:
    """List the days off in ``year`` that are only estimated, until a decree makes them sure."""
    return [day for day in _days_of(year) if (off := day_off(calendar, day)) and off.kind == DayKind.ESTIMATED]


def _days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
