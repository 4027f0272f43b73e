"""Warnings, pauses, half days and office hours, worked out by hand with a wall calendar."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from byhand import RULES, midnight_after, term_of
from msgspec import structs

from contracts.vocabulary import DayKind
from kabupaten.calendar import Hours, LocalDay
from kabupaten.sla import Term
from kabupaten.sla import TimeUnit as Unit
from sla_monitor.deadlines import after, deadline, worked
from sla_monitor.rules import Rules
from sla_monitor.working_days import day_off, estimated, knows_joint_leave


@pytest.fixture
def rules() -> Rules:
    return RULES


# start · when to warn: 0.7 of three days of 24 h is 2 h 24 min into the third · the third day, by hand
WARNINGS = [
    ("2026-02-02T09:00+08:00", "2026-02-05T02:24+08:00", "Thu 5"),
    ("2026-03-16T10:00+08:00", "2026-03-26T02:24+08:00", "17, 25, 26: Lebaran between"),
    ("2026-12-30T10:00+08:00", "2027-01-06T02:24+08:00", "31, 4, 6: New Year and Isra Mikraj between"),
    ("2027-03-05T10:00+08:00", "2027-03-18T02:24+08:00", "16, 17, 18"),
    ("2028-02-25T10:00+08:00", "2028-03-02T02:24+08:00", "29, 1, 2"),
]


@pytest.mark.parametrize(("start", "warn_at", "why"), WARNINGS)
def test_the_unit_is_warned_early_on_the_third_day(rules: Rules, start: str, warn_at: str, why: str) -> None:
    found = deadline(datetime.fromisoformat(start), term_of(rules, "completion"), rules.calendar)
    assert datetime.fromisoformat(warn_at) == found.warn_at, why


# start · asked · answered · the days that count, by hand · why
PAUSES = [
    ("02-02T09:00", "02-03T10:00", "02-04T15:00", "02-04 02-05 02-06", "Tue 3 ended while waiting"),
    ("02-02T09:00", "02-03T10:00", "02-03T15:00", "02-03 02-04 02-05", "asked and answered on Tuesday: nothing lost"),
    ("02-02T09:00", "02-03T10:00", "02-07T11:00", "02-09 02-10 02-11", "Tue to Fri ended while waiting, then weekend"),
    ("02-02T09:00", "02-03T10:00", "02-04T00:00", "02-04 02-05 02-06", "answered at midnight: Tuesday had ended"),
    ("02-02T09:00", "02-02T11:00", "02-02T23:00", "02-03 02-04 02-05", "all on day 0"),
    ("02-02T09:00", "02-02T11:00", "02-03T01:00", "02-03 02-04 02-05", "day 0 ended while waiting; it never counts"),
    ("02-02T09:00", "02-05T23:59", "02-06T00:01", "02-03 02-04 02-06", "asked in the last minute of day 3"),
    ("03-16T10:00", "03-17T15:00", "03-25T09:00", "03-25 03-26 03-27", "Tue 17 ended while waiting, as did Lebaran"),
    ("03-12T10:00", "03-16T10:00", "03-18T10:00", "03-13 03-25 03-26", "16, 17 waiting; answered on a cuti bersama"),
    ("03-16T10:00", "03-20T10:00", "03-23T10:00", "03-17 03-25 03-26", "a pause within the holidays costs nothing"),
    ("12-30T10:00", "12-31T09:00", "01-04T10:00", "01-04 01-06 01-07", "over New Year: Thu 31 ended while waiting"),
]


@pytest.mark.parametrize(("start", "asked", "answered", "days", "why"), PAUSES, ids=[case[4] for case in PAUSES])
def test_a_day_that_ends_while_the_reporter_is_asked_does_not_count(
    rules: Rules, start: str, asked: str, answered: str, days: str, why: str
) -> None:
    begun, since, until = (
        datetime.fromisoformat(f"{2026 + (at < start)}-{at}+08:00") for at in (start, asked, answered)
    )
    found = deadline(begun, term_of(rules, "completion"), rules.calendar, [(since, until)])
    assert days == " ".join(f"{day.date:%m-%d}" for day in found.derivation if day.counted)
    assert midnight_after(days, f"2026-{start}") == found.at


def test_the_days_of_waiting_say_so(rules: Rules) -> None:
    start, asked, answered = (datetime.fromisoformat(f"2026-02-{at}:00+08:00") for at in ("02T09", "03T10", "05T09"))
    found = deadline(start, term_of(rules, "completion"), rules.calendar, [(asked, answered)])
    assert [(day.date.day, day.reason) for day in found.derivation] == [
        (2, "hari 0 (hari mulai)"),
        (3, "menunggu jawaban pelapor"),
        (4, "menunggu jawaban pelapor"),
        (5, "hari kerja 1"),
        (6, "hari kerja 2"),
        (7, "Sabtu"),
        (8, "Minggu"),
        (9, "hari kerja 3"),
    ]


HALF = {
    date(2026, 12, 19): LocalDay(working=True, reason="Sabtu dinas", half=True),
    date(2026, 12, 24): LocalDay(working=True, reason="menjelang Natal", half=True),
}
# start · the days that count, by hand · when to warn (50.4 h of work, a half day has 12) · why
HALF_DAYS = [
    ("12-18T10:00", "12-19 12-21 12-22 12-23", "12-22T14:24", "Sat 0.5, Mon 1.5, Tue 2.5, Wed 3.5"),
    ("12-22T10:00", "12-23 12-24 12-28 12-29", "12-28T14:24", "Wed 1, Thu 1.5, Natal, Mon 2.5, Tue 3.5"),
    ("12-16T10:00", "12-17 12-18 12-19 12-21", "12-19T02:24", "Thu 1, Fri 2, Sat 2.5, Mon 3.5"),
    ("12-19T10:00", "12-21 12-22 12-23", "12-23T02:24", "received on the half day: day 0 all the same"),
    ("12-17T10:00", "12-18 12-19 12-21 12-22", "12-21T14:24", "Fri 1, Sat 1.5, Mon 2.5, Tue 3.5"),
]


@pytest.mark.parametrize(("start", "days", "warn_at", "why"), HALF_DAYS)
def test_a_half_day_is_half_a_day(rules: Rules, start: str, days: str, warn_at: str, why: str) -> None:
    calendar = replace(rules.calendar, local=HALF)
    found = deadline(datetime.fromisoformat(f"2026-{start}+08:00"), term_of(rules, "completion"), calendar)
    assert days == " ".join(f"{day.date:%m-%d}" for day in found.derivation if day.counted), why
    assert midnight_after(days, f"2026-{start}") == found.at
    assert datetime.fromisoformat(f"2026-{warn_at}+08:00") == found.warn_at
    assert sum(day.share for day in found.derivation if day.counted) >= 3


def test_a_half_day_tells_how_far_the_count_is(rules: Rules) -> None:
    calendar = replace(rules.calendar, local=HALF)
    found = deadline(datetime.fromisoformat("2026-12-18T10:00+08:00"), term_of(rules, "completion"), calendar)
    assert [(day.reason, day.share) for day in found.derivation if day.counted] == [
        ("hari kerja 0,5 (setengah hari, Sabtu dinas)", 0.5),
        ("hari kerja 1,5", 1),
        ("hari kerja 2,5", 1),
        ("hari kerja 3,5", 1),
    ]


OFFICE = {
    **dict.fromkeys(range(4), ((time(7, 30), time(12)), (time(13), time(16)))),
    4: ((time(7, 30), time(11, 30)), (time(13), time(16, 30))),
}
# start · three working hours later, by hand · why
OFFICE_HOURS = [
    ("2026-02-02T10:00+08:00", "2026-02-02T14:00+08:00", "two hours until noon, one after the break"),
    ("2026-02-02T12:30+08:00", "2026-02-02T16:00+08:00", "in the break: from 13 to 16"),
    ("2026-02-27T16:00+08:00", "2026-03-02T10:00+08:00", "half an hour on Friday, 2.5 on Monday"),
    ("2026-02-28T10:00+08:00", "2026-03-02T10:30+08:00", "Saturday: Monday from 7.30"),
    ("2026-03-17T15:00+08:00", "2026-03-25T09:30+08:00", "one hour before Lebaran, two after"),
    ("2026-02-02T23:00+08:00", "2026-02-03T10:30+08:00", "at night: the next morning"),
    ("2026-02-02T07:00Z", "2026-02-03T09:30+08:00", "15.00 WITA: one hour until 16.00, two from 7.30"),
    ("2026-12-24T10:00+08:00", "2026-12-28T08:30+08:00", "two hours until noon of the half day, Natal, one hour"),
]


@pytest.mark.parametrize(("start", "end", "why"), OFFICE_HOURS)
def test_working_hours_pass_while_the_office_is_open(rules: Rules, start: str, end: str, why: str) -> None:
    calendar = replace(rules.calendar, local=HALF, office_hours=OFFICE)
    found = deadline(datetime.fromisoformat(start), Term(amount=3, unit="working_hours", warn_ratio=0.5), calendar)
    assert (datetime.fromisoformat(end), calendar.timezone) == (found.at, found.at.tzinfo), why
    assert datetime.fromisoformat(start) < found.warn_at < found.at


def test_working_hours_stand_still_while_the_reporter_is_asked(rules: Rules) -> None:
    calendar = replace(rules.calendar, office_hours=OFFICE)
    start, asked, answered = (datetime.fromisoformat(f"2026-02-{at}:00Z") for at in ("02T01", "02T02", "03T06"))
    found = deadline(start, Term(amount=3, unit="working_hours"), calendar, [(asked, answered)])
    # Monday 9 to 10, asked until Tuesday 14.00, then 14 to 16.
    assert found.at.isoformat() == "2026-02-03T16:00:00+08:00"
    assert [(day.counted, day.reason, day.code, day.amount) for day in found.derivation] == [
        (True, "1 jam 0 menit kerja", "working_time", 3600),
        (True, "2 jam 0 menit kerja", "working_time", 7200),
    ]


def test_office_hours_before_a_pause_count_once(rules: Rules) -> None:
    """Twenty hours of eight a day, but for one on Tuesday: Monday 8, Tuesday 7, Wednesday 5."""
    calendar = replace(rules.calendar, office_hours=dict.fromkeys(range(5), ((time(8), time(16)),)))
    start, asked, answered = (datetime.fromisoformat(f"2026-02-{at}:00+08:00") for at in ("02T08", "03T10", "03T11"))
    found = deadline(start, Term(amount=20, unit="working_hours"), calendar, [(asked, answered)])
    assert found.at.isoformat() == "2026-02-04T13:00:00+08:00"


@pytest.mark.parametrize("seed", range(30))
def test_working_hours_with_pauses_are_the_minutes_of_an_open_office_outside_of_them(rules: Rules, seed: int) -> None:
    """Counted a second time, minute by minute."""
    rng = random.Random(seed)
    calendar = replace(rules.calendar, local=HALF, office_hours=OFFICE)
    start = datetime(2026, 12, 14, tzinfo=calendar.timezone) + timedelta(minutes=rng.randrange(7 * 1440))
    moments = sorted(start + timedelta(minutes=rng.randrange(10 * 1440)) for _ in range(2 * rng.randrange(5)))
    pauses = list(zip(moments[::2], moments[1::2], strict=True))
    hours, now = rng.randint(1, 30), start
    left = hours * 60
    while left:
        spans = [] if day_off(calendar, now.date()) else OFFICE.get(now.weekday(), OFFICE[4])
        noon = now.date() in HALF and now.hour >= 12
        opened = any(opens <= now.time() < closes for opens, closes in spans) and not noon
        left -= opened and not any(since <= now < until for since, until in pauses)
        now += timedelta(minutes=1)

    found = deadline(start, Term(amount=hours, unit="working_hours"), calendar, pauses)

    assert now == found.at
    worked = [re.match(r"(\d+) jam (\d+) menit", day.reason) for day in found.derivation if day.counted]
    assert hours * 60 == sum(int(each[1]) * 60 + int(each[2]) for each in worked if each)


def test_calendar_days_count_them_all(rules: Rules) -> None:
    start = datetime.fromisoformat("2026-03-17T10:00+08:00")
    found = deadline(start, Term(amount=10, unit="days"), rules.calendar)
    assert (found.at.isoformat(), len(found.derivation)) == ("2026-03-28T00:00:00+08:00", 11)


def test_hours_stand_still_while_the_reporter_is_asked(rules: Rules) -> None:
    start = datetime.fromisoformat("2026-12-30T10:00+08:00")
    pause = (start + timedelta(hours=20), start + timedelta(hours=30))
    found = deadline(start, Term(amount=72, unit="hours", warn_ratio=0.7), rules.calendar, [pause])
    assert (start + timedelta(hours=82), start + timedelta(hours=60.4)) == (found.at, found.warn_at)
    assert "menunggu jawaban pelapor, 10 jam 0 menit tidak dihitung" == found.derivation[1].reason
    assert [("hours", 72), ("waited", 36_000)] == [(day.code, day.amount) for day in found.derivation]


@pytest.mark.parametrize(
    ("moment", "days", "end", "why"),
    [
        ("2026-02-06T00:00+08:00", 1, "2026-02-07T00:00+08:00", "the midnight that ends Thursday: all of Friday"),
        ("2026-02-07T00:00+08:00", 1, "2026-02-10T00:00+08:00", "the midnight that ends Friday: all of Monday"),
        ("2026-03-18T00:00+08:00", 3, "2026-03-28T00:00+08:00", "the midnight that ends Tue 17: 25, 26, 27"),
    ],
)
def test_the_ladder_counts_from_the_day_that_ends_with_the_breach(
    rules: Rules, moment: str, days: int, end: str, why: str
) -> None:
    found = after(datetime.fromisoformat(moment), Term(amount=days, unit="working_days"), rules.calendar)
    assert datetime.fromisoformat(end) == found, why


@pytest.mark.parametrize(("unit", "span"), [("seconds", timedelta(seconds=25)), ("hours", timedelta(hours=25))])
def test_seconds_and_hours_run_through_holidays(rules: Rules, unit: Unit, span: timedelta) -> None:
    term = structs.replace(term_of(rules, "completion"), amount=25, unit=unit, warn_ratio=0.5)
    start = datetime.fromisoformat("2026-03-21T06:00:00.5+08:00")
    found = deadline(start, term, rules.calendar)
    assert (start + span, start + span / 2) == (found.at, found.warn_at)
    assert [start.date()] == [day.date for day in found.derivation]


def test_both_times_are_in_the_regions_time_zone(rules: Rules) -> None:
    found = deadline(datetime.fromisoformat("2026-02-02T00:00Z"), term_of(rules, "completion"), rules.calendar)
    assert found.at.isoformat() == "2026-02-06T00:00:00+08:00"
    assert timedelta(hours=8) == found.warn_at.utcoffset()


def test_a_holiday_on_a_weekend_is_told_as_a_holiday(rules: Rules) -> None:
    name = "Hari Raya Idul Fitri"
    assert day_off(rules.calendar, date(2026, 3, 21)) == (DayKind.HOLIDAY, f"libur: {name}", name)


@pytest.mark.parametrize(("year", "known"), [(2026, True), (2027, True), (2028, False)])
def test_a_year_whose_cuti_bersama_is_not_decreed_yet_is_noticed(rules: Rules, year: int, known: bool) -> None:
    assert known == knows_joint_leave(rules.calendar, year)


def test_joint_leave_of_a_year_is_known_by_declaration_not_by_a_single_day(rules: Rules) -> None:
    day = LocalDay(working=False, reason="Cuti Bersama Hari Raya Idul Fitri")
    one = replace(rules.calendar, local={date(2028, 2, 29): day})
    assert not knows_joint_leave(one, 2028)
    assert knows_joint_leave(replace(one, joint_leave_complete=frozenset({2028})), 2028)


def test_a_day_that_depends_on_the_moon_is_estimated_until_the_kabupaten_confirms_it(rules: Rules) -> None:
    assert estimated(rules.calendar, 2027) == [date(2027, 3, 10), date(2027, 3, 11), date(2027, 5, 17)]
    sure = LocalDay(working=False, reason="Hari Raya Idul Fitri")
    calendar = replace(rules.calendar, local={date(2027, 3, 10): sure, date(2027, 3, 11): sure})
    assert estimated(calendar, 2027) == [date(2027, 5, 17)]


@pytest.mark.parametrize(
    ("since", "until", "office", "hours", "why"),
    [
        ("02-06T10:00", "02-09T10:00", {}, 24, "14 h of Friday, 10 of Monday"),
        ("12-18T12:00", "12-21T06:00", {}, 30, "12 of Friday, the half Saturday, 6 of Monday"),
        ("02-06T10:00", "02-09T10:00", OFFICE, 7.5, "1.5 and 3.5 on Friday, 2.5 on Monday"),
        ("02-07T10:00", "02-08T10:00", {}, 0, "a weekend"),
        ("02-02T10:00", "02-02T09:00", {}, 0, "the other way round"),
    ],
)
def test_how_much_working_time_lies_between(
    rules: Rules, since: str, until: str, office: dict[int, tuple[Hours, ...]], hours: float, why: str
) -> None:
    calendar = replace(rules.calendar, local=HALF, office_hours=office)
    start, end = (datetime.fromisoformat(f"2026-{at}+08:00") for at in (since, until))
    assert timedelta(hours=hours) == worked(start, end, calendar), why
