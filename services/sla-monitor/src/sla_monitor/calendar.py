"""Which days are working days, and why the others are not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
JOINT_LEAVE = "cuti bersama"


@dataclass(frozen=True, kw_only=True)
class LocalDay:
    """What the kabupaten says about one day; it overrules weekday and national holiday."""

    working: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The days of a region. ``working_weekdays`` counts from Monday = 0; ``holidays`` are the nation's."""

    timezone: ZoneInfo
    working_weekdays: frozenset[int] = frozenset(range(5))
    holidays: Mapping[date, str] = field(default_factory=dict)
    local: Mapping[date, LocalDay] = field(default_factory=dict)


def day_off(calendar: Calendar, day: date) -> str | None:
    """Why nobody works on ``day``, in Indonesian; None on a working day."""
    if (local := calendar.local.get(day)) is not None:
        return None if local.working else f"libur: {local.reason}"
    if (holiday := calendar.holidays.get(day)) is not None:
        return f"libur: {holiday}"
    return None if day.weekday() in calendar.working_weekdays else WEEKDAYS[day.weekday()]


def knows_joint_leave(calendar: Calendar, year: int) -> bool:
    """Whether ``year`` has any cuti bersama. A year without is one whose decree the calendar has not got yet."""
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(365))
    return any(JOINT_LEAVE in (day_off(calendar, day) or "").lower() for day in days)
