"""The people to reach in a unit, by day and hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kabupaten.calendar import WEEKDAYS, Weekday
from kabupaten.checks import problems
from kabupaten.load import load
from kabupaten.on_duty import Shift

#: 2 March 2026 is a Monday.
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def shift(hours: str, days: tuple[Weekday, ...]) -> Shift:
    return Shift(name="jaga", number="0484", hours=hours, days=days or WEEKDAYS)


@pytest.mark.parametrize(
    ("hours", "days", "at", "covers"),
    [
        ("08.00-16.00", (), (2, 8, 0), True),
        ("08.00-16.00", (), (2, 7, 59), False),
        ("08.00-16.00", (), (2, 16, 0), False),
        ("08.00-16.00", ("selasa",), (2, 9, 0), False),
        ("00.00-24.00", (), (2, 23, 59), True),
        ("16.00-08.00", ("senin",), (2, 20, 0), True),
        ("16.00-08.00", ("senin",), (3, 7, 59), True),  # the night of Monday ends on Tuesday
        ("16.00-08.00", ("senin",), (3, 8, 0), False),
        ("16.00-08.00", ("senin",), (2, 7, 0), False),
        ("16.00-08.00", ("minggu",), (2, 7, 0), True),
    ],
)
def test_a_shift_covers_its_hours_on_its_days(
    hours: str, days: tuple[Weekday, ...], at: tuple[int, int, int], covers: bool
) -> None:
    day, hour, minute = at
    assert covers == shift(hours, days).covers(MONDAY.replace(day=day, hour=hour, minute=minute))


def test_a_region_need_not_say_who_is_on_duty(folder: Path) -> None:
    (folder / "on_duty.yaml").unlink()
    assert {} == load(folder, "on_duty").on_duty


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('hours: "16.00-07.30"', 'hours: "16.00-25.00"', "'16.00-25.00' are no hours"),
        ('hours: "16.00-07.30"', 'hours: "16.00-16.00"', "'16.00-16.00' are no hours"),
        ("{name: Pusdalops BPBD, confirmed: false}", "{name: Pusdalops BPBD}", "it has no number"),
        ("  BPBD:", "  DAMKAR:", "units.yaml does not have DAMKAR"),
        ("days: [sabtu, minggu]", "days: [sabtu, ahad]", "ahad"),
    ],
)
def test_mistakes_in_on_duty_yaml_are_named(
    folder: Path, spoil: Callable[[str, str, str], int], old: str, new: str, problem: str
) -> None:
    spoil("on_duty.yaml", old, new)
    assert any(problem in str(each) for each in problems(folder))
