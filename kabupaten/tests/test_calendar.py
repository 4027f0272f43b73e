"""calendar.yaml: what it may say, and the message about each mistake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from kabupaten import RegionError, load
from kabupaten.calendar import Calendar, LocalDay

Spoil = Callable[[str, str, str], int]


@pytest.mark.parametrize(
    ("old", "new", "remedy"),
    [
        ("Asia/Makassar", "Asia/Soppeng", "such as Asia/Makassar"),
        ("[senin,", "[monday,", "[senin, selasa"),
        ("days_off: []", "days_off: [{date: 2027-13-01, reason: x}]", "mend it there"),
        ("days_off: []", "days_off: [{date: besok, reason: x}]", "write the date as 2026-03-23"),
        ("days_off: []", "days_off: [2027-03-23]", "what belongs here: date, reason"),
        ("days_off: []", "days_off: [{date: 2027-03-23}]", "what belongs here: date, reason"),
        ("overrides: []", "overrides: [{date: 2027-03-23, reason: x}]", "date, working, reason"),
        (
            "overrides: []",
            "overrides: [{date: 2027-03-23, working: true, reason: x}, {date: 2027-03-23, working: false, reason: y}]",
            "keep one",
        ),
        ("half_days: []", "half_days: [{date: 2027-03-23}]", "what belongs here: date, reason"),
        ("half_days: []", "half_days: []\noffice_hours: {senin: 7-16}", "write hours by day"),
        ("half_days: []", 'half_days: []\noffice_hours: {senin: ["16.00-07.30"]}', "write hours by day"),
        ("half_days: []", 'half_days: []\noffice_hours: {senin: ["07.30-12.00", "11.00-16.00"]}', "in order and apart"),
        ("half_days: []", 'half_days: []\noffice_hours: {senin: ["13.00-16.00", "07.30-12.00"]}', "in order and apart"),
        ("half_days: []", 'half_days: []\noffice_hours: {monday: ["07.30-16.00"]}', "write hours by day"),
        ('"21.00-06.00"', '"21.00-21.00"', "write hours"),
        ('"21.00-06.00"', "malam", "write hours"),
    ],
)
def test_a_wrong_calendar_is_refused_with_file_and_remedy(
    folder: Path, spoil: Spoil, old: str, new: str, remedy: str
) -> None:
    line = spoil("calendar.yaml", old, new) + new.count("\n")
    with pytest.raises(RegionError) as caught:
        load(folder, "calendar")
    (problem,) = caught.value.problems
    assert (str(folder / "calendar.yaml"), line, True) == (problem.file, problem.line, remedy in problem.remedy)


def test_the_later_rule_of_a_day_wins_and_hours_are_by_weekday(folder: Path, spoil: Spoil) -> None:
    day, other = date(2026, 12, 24), date(2026, 12, 19)
    spoil("calendar.yaml", "days_off: []", f"days_off: [{{date: {day}, reason: libur}}]")
    spoil("calendar.yaml", "half_days: []", f"half_days: [{{date: {other}, reason: Sabtu dinas}}]")
    spoil("calendar.yaml", "overrides: []", f"overrides: [{{date: {day}, working: true, reason: masuk}}]")
    spoil("calendar.yaml", "joint_leave_complete: []", 'office_hours: {jumat: ["07.30-11.30", "13.00-16.30"]}')
    calendar = load(folder, "calendar").calendar
    assert "Asia/Makassar" == calendar.timezone.key
    assert {
        day: LocalDay(working=True, reason="masuk"),
        other: LocalDay(working=True, reason="Sabtu dinas", half=True),
    } == calendar.local
    assert {4: ((time(7, 30), time(11, 30)), (time(13), time(16, 30)))} == calendar.office_hours


@pytest.mark.parametrize("zone", ["Asia/Soppeng", "''", "[]"])
def test_a_time_zone_that_does_not_exist_is_named(folder: Path, zone: str) -> None:
    (folder / "calendar.yaml").write_text(f"timezone: {zone}\nworking_weekdays: [senin]")
    with pytest.raises(RegionError, match=r"calendar\.yaml, line 1: timezone: .* Remedy: write a name of the tz"):
        load(folder, "calendar")


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 3, 2), True),
        (date(2026, 3, 7), False),  # a Saturday
        (date(2026, 3, 14), True),  # a Saturday with work for once
        (date(2026, 3, 19), False),  # a holiday of the nation
        (date(2026, 3, 20), False),  # a day off of the kabupaten
    ],
)
def test_working_days_follow_the_week_national_holidays_and_local_days(day: date, working: bool) -> None:
    calendar = Calendar(
        timezone=ZoneInfo("Asia/Makassar"),
        holidays={date(2026, 3, 19): "Nyepi"},
        local={
            date(2026, 3, 14): LocalDay(working=True, reason="pengganti"),
            date(2026, 3, 20): LocalDay(working=False, reason="Hari Jadi"),
        },
    )

    assert working == calendar.is_working(day)


@pytest.mark.parametrize(
    ("hours", "at", "over"),
    [
        ("21.00-06.00", "2026-12-01T21:00", "2026-12-02T06:00"),
        ("21.00-06.00", "2026-12-31T23:59", "2027-01-01T06:00"),
        ("21.00-06.00", "2026-12-02T05:59", "2026-12-02T06:00"),
        ("21.00-06.00", "2026-12-02T06:00", None),
        ("21.00-06.00", "2026-12-02T20:59", None),
        ("12.00-13.30", "2026-12-02T12:00", "2026-12-02T13:30"),
        ("12.00-13.30", "2026-12-02T13:30", None),
        ("22.00-24.00", "2026-12-02T23:00", "2026-12-03T00:00"),
    ],
)
def test_quiet_hours_are_over_in_the_kabupatens_morning(
    folder: Path, spoil: Spoil, hours: str, at: str, over: str | None
) -> None:
    spoil("calendar.yaml", "21.00-06.00", hours)
    calendar = load(folder, "calendar").calendar
    asked = datetime.fromisoformat(at).replace(tzinfo=calendar.timezone).astimezone(UTC)

    until = calendar.quiet_until(asked)

    assert over == (until and f"{until.astimezone(calendar.timezone):%Y-%m-%dT%H:%M}")


def test_quiet_hours_are_optional_in_the_calendar(folder: Path, spoil: Spoil) -> None:
    spoil("calendar.yaml", 'quiet_hours: "21.00-06.00"', "")

    assert load(folder, "calendar").calendar.quiet_until(datetime(2026, 12, 1, 16, tzinfo=UTC)) is None
