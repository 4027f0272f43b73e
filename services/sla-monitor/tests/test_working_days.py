"""Days off and their reasons, half days, and the hours of a day."""

from __future__ import annotations

from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from kabupaten.calendar import Calendar, LocalDay
from sla_monitor.working_days import DayOff, day_off, estimated, is_half, knows_joint_leave, office_hours

MONDAY, FRIDAY, SATURDAY = date(2026, 3, 2), date(2026, 3, 6), date(2026, 3, 7)
WHOLE = ((time(7, 30), time(12)), (time(13), time(16)))
CALENDAR = Calendar(
    timezone=ZoneInfo("Asia/Makassar"),
    holidays={
        date(2026, 3, 3): "Hari Raya",
        date(2026, 3, 4): "Idulfitri (perkiraan)",
        date(2026, 3, 5): "Nyepi",
        SATURDAY: "Libur",
    },
    local={
        date(2026, 3, 5): LocalDay(working=True, reason="piket"),
        date(2026, 3, 9): LocalDay(working=False, reason="HUT Soppeng"),
        date(2026, 3, 10): LocalDay(working=True, reason="Ramadan", half=True),
        date(2026, 3, 14): LocalDay(working=True, reason="pengganti"),
    },
    office_hours={0: WHOLE, 1: WHOLE, 4: ((time(7, 30), time(11)),)},
)


@pytest.mark.parametrize(
    ("day", "why"),
    [
        (MONDAY, None),
        (date(2026, 3, 3), DayOff("holiday", "libur: Hari Raya", "Hari Raya")),
        (date(2026, 3, 4), DayOff("estimated", "libur: Idulfitri (perkiraan)", "Idulfitri (perkiraan)")),
        (date(2026, 3, 5), None),  # the kabupaten overrules the nation's holiday
        (SATURDAY, DayOff("holiday", "libur: Libur", "Libur")),  # a holiday is told before the weekend
        (date(2026, 3, 8), DayOff("weekend", "Minggu")),
        (date(2026, 3, 9), DayOff("holiday", "libur: HUT Soppeng", "HUT Soppeng")),
        (date(2026, 3, 14), None),  # a Saturday on duty
    ],
)
def test_a_day_is_off_for_a_reason_or_there_is_work(day: date, why: DayOff | None) -> None:
    assert why == day_off(CALENDAR, day)


@pytest.mark.parametrize(
    ("day", "hours"),
    [
        (MONDAY, [*WHOLE]),
        (date(2026, 3, 3), []),
        (date(2026, 3, 10), [(time(7, 30), time(12))]),  # half a day ends at noon
        (date(2026, 3, 14), [(time(7, 30), time(11))]),  # a weekend on duty has Friday's
    ],
)
def test_a_day_has_the_hours_of_its_weekday_until_noon_if_it_is_half_a_one(
    day: date, hours: list[tuple[time, time]]
) -> None:
    assert hours == office_hours(CALENDAR, day)


def test_a_day_off_is_no_half_one() -> None:
    off = Calendar(timezone=CALENDAR.timezone, local={MONDAY: LocalDay(working=False, reason="libur", half=True)})

    assert (False, True) == (is_half(off, MONDAY), is_half(CALENDAR, date(2026, 3, 10)))


def test_joint_leave_is_known_from_a_listed_day_or_a_kabupaten_setting() -> None:
    named = Calendar(timezone=CALENDAR.timezone, holidays={FRIDAY: "Cuti Bersama Nyepi"})
    said = Calendar(timezone=CALENDAR.timezone, joint_leave_complete=frozenset({2027}))
    years = (2026, 2027)

    assert ([True, False], [False, True]) == tuple(
        [knows_joint_leave(calendar, year) for year in years] for calendar in (named, said)
    )


def test_estimates_of_a_year_are_those_that_still_keep_somebody_from_work() -> None:
    assert ([date(2026, 3, 4)], []) == (estimated(CALENDAR, 2026), estimated(CALENDAR, 2027))
