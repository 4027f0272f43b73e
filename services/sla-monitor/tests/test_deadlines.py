"""Deadlines worked out by hand with a wall calendar, against the real holidays of the region."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest
from byhand import RULES, midnight_after, term_of
from msgspec import structs

from kabupaten.calendar import Calendar, LocalDay
from kabupaten.sla import Term
from sla_monitor.deadlines import deadline
from sla_monitor.rules import Rules

# start · stage · the days that count, by hand · why. The deadline is the midnight that ends the last of them.
CASES = [
    ("2026-02-02T09:00+08:00", "completion", "02-03 02-04 02-05", "Monday; an ordinary week"),
    ("2026-02-27T10:02+08:00", "completion", "03-02 03-03 03-04", "Friday; Sat 28 and Sun 1 between"),
    ("2026-02-28T12:00+08:00", "completion", "03-02 03-03 03-04", "Saturday is day 0 like any other"),
    ("2026-03-01T12:00+08:00", "completion", "03-02 03-03 03-04", "Sunday is day 0; Monday is day 1"),
    ("2026-02-02T23:59:59+08:00", "completion", "02-03 02-04 02-05", "a second before midnight is still Monday"),
    ("2026-02-03T00:00+08:00", "completion", "02-04 02-05 02-06", "midnight is Tuesday already"),
    ("2026-02-02T15:59:59Z", "completion", "02-03 02-04 02-05", "23.59 WITA, told in UTC"),
    ("2026-02-02T16:00:00Z", "completion", "02-04 02-05 02-06", "Tuesday in WITA, Monday in UTC"),
    ("2026-02-02T23:30-05:00", "completion", "02-04 02-05 02-06", "Tuesday 12.30 WITA, Monday in New York"),
    ("2026-02-13T08:00+08:00", "completion", "02-18 02-19 02-20", "Mon 16 cuti bersama, Tue 17 Imlek"),
    ("2026-03-16T10:00+08:00", "completion", "03-17 03-25 03-26", "18-20, 23, 24 Nyepi and Lebaran between"),
    ("2026-03-17T10:00+08:00", "completion", "03-25 03-26 03-27", "eve of Nyepi: seven days off follow"),
    ("2026-03-19T10:00+08:00", "completion", "03-25 03-26 03-27", "received on Nyepi"),
    ("2026-03-20T23:59+08:00", "completion", "03-25 03-26 03-27", "received on a cuti bersama, one minute left"),
    ("2026-03-21T06:00+08:00", "completion", "03-25 03-26 03-27", "received on Idul Fitri, a Saturday"),
    ("2026-03-24T10:00+08:00", "completion", "03-25 03-26 03-27", "last cuti bersama is day 0"),
    ("2026-04-01T10:00+08:00", "completion", "04-02 04-06 04-07", "Fri 3 Wafat Yesus Kristus, weekend"),
    ("2026-04-30T10:00+08:00", "completion", "05-04 05-05 05-06", "Fri 1 May Hari Buruh, weekend"),
    ("2026-05-12T10:00+08:00", "completion", "05-13 05-18 05-19", "Thu 14 Kenaikan, Fri 15 cuti bersama"),
    ("2026-05-25T10:00+08:00", "completion", "05-26 05-29 06-02", "27 Idul Adha, 28 cuti; Mon 1 June Pancasila"),
    ("2026-08-14T10:00+08:00", "completion", "08-18 08-19 08-20", "Mon 17 Hari Kemerdekaan"),
    ("2026-12-23T10:00+08:00", "completion", "12-28 12-29 12-30", "Thu 24 cuti bersama, Fri 25 Natal"),
    ("2026-12-30T10:00+08:00", "completion", "12-31 01-04 01-06", "Fri 1 Jan; Tue 5 Jan 2027 Isra Mikraj"),
    ("2026-12-31T23:59+08:00", "completion", "01-04 01-06 01-07", "year end: day 1 is next year's"),
    ("2027-03-05T10:00+08:00", "completion", "03-16 03-17 03-18", "8 Nyepi, 9 cuti, 10-11 Lebaran, 12, 15 cuti"),
    ("2028-02-25T10:00+08:00", "completion", "02-29 03-01 03-02", "28 Lebaran day 2; the leap day counts"),
    ("2028-02-29T10:00+08:00", "completion", "03-01 03-02 03-03", "received on the leap day"),
    (
        "2026-03-10T10:00+08:00",
        "closing",
        "03-11 03-12 03-13 03-16 03-17 03-25 03-26 03-27 03-30 03-31",
        "ten days of silence, Lebaran not among them",
    ),
    (
        "2026-12-14T10:00+08:00",
        "closing",
        "12-15 12-16 12-17 12-18 12-21 12-22 12-23 12-28 12-29 12-30",
        "ten days of silence, Natal not among them",
    ),
    ("2026-01-15T10:00+08:00", "completion", "01-19 01-20 01-21", "Fri 16 Isra Mikraj, weekend"),
    ("2026-02-12T10:00+08:00", "completion", "02-13 02-18 02-19", "Fri 13; then weekend, cuti bersama, Imlek"),
    ("2026-03-13T23:59:59+08:00", "completion", "03-16 03-17 03-25", "two days before the long Lebaran, one after"),
    ("2026-03-14T00:00+08:00", "completion", "03-16 03-17 03-25", "Saturday's first moment is Saturday"),
    ("2026-03-18T08:00+08:00", "completion", "03-25 03-26 03-27", "received on the cuti bersama of Nyepi"),
    ("2026-03-22T20:00+08:00", "completion", "03-25 03-26 03-27", "received on the second day of Lebaran"),
    ("2026-03-24T23:59:59+08:00", "completion", "03-25 03-26 03-27", "the last second of the last cuti bersama"),
    ("2026-03-25T00:00+08:00", "completion", "03-26 03-27 03-30", "the first moment after Lebaran is day 0"),
    ("2026-03-24T15:59:59Z", "completion", "03-25 03-26 03-27", "23.59.59 WITA of a cuti bersama, told in UTC"),
    ("2026-03-24T16:00:00Z", "completion", "03-26 03-27 03-30", "Wednesday 25 in WITA, a holiday in UTC"),
    ("2026-06-12T10:00+08:00", "completion", "06-15 06-17 06-18", "Tue 16 Tahun Baru Islam"),
    ("2026-08-24T10:00+08:00", "completion", "08-26 08-27 08-28", "Tue 25 Maulid Nabi"),
    ("2026-12-31T15:59:59Z", "completion", "01-04 01-06 01-07", "the last second of the year in WITA"),
    ("2026-12-31T16:00:00Z", "completion", "01-04 01-06 01-07", "New Year in WITA, a holiday; Tue 5 Isra Mikraj"),
    ("2027-02-04T10:00+08:00", "completion", "02-08 02-09 02-10", "Fri 5 cuti bersama, Sat 6 Imlek"),
    ("2027-03-04T10:00+08:00", "completion", "03-05 03-16 03-17", "one day before the Lebaran of 2027, two after"),
    ("2027-03-08T10:00+08:00", "completion", "03-16 03-17 03-18", "received on Nyepi 2027, Lebaran follows"),
    ("2027-03-10T05:00+08:00", "completion", "03-16 03-17 03-18", "received on Idul Fitri 2027"),
    ("2027-03-15T23:59+08:00", "completion", "03-16 03-17 03-18", "the last cuti bersama of 2027's Lebaran"),
    ("2027-05-05T10:00+08:00", "completion", "05-07 05-10 05-11", "Thu 6 Kenaikan, no cuti bersama beside it"),
    ("2027-05-14T10:00+08:00", "completion", "05-21 05-24 05-25", "17 Idul Adha, 18-19 cuti, 20 Waisak"),
    ("2027-12-23T10:00+08:00", "completion", "12-27 12-28 12-29", "Fri 24 cuti bersama, Natal on a Saturday"),
    ("2027-12-29T10:00+08:00", "completion", "12-30 12-31 01-03", "1 Jan 2028 is a Saturday"),
    ("2028-02-24T10:00+08:00", "completion", "02-25 02-29 03-01", "28 Lebaran; the leap day is day 2"),
    ("2026-03-17T10:00+08:00", "acknowledgement", "03-25", "one day, but Lebaran lies before it"),
    ("2026-02-27T10:02+08:00", "follow-up", "03-02 03-03 03-04 03-05 03-06", "five days, Monday to Friday"),
    ("2026-05-12T10:00+08:00", "disposition", "05-13 05-18 05-19", "as long as completion"),
    (
        "2027-03-01T10:00+08:00",
        "closing",
        "03-02 03-03 03-04 03-05 03-16 03-17 03-18 03-19 03-22 03-23",
        "four days, the Lebaran of 2027, six days",
    ),
    (
        "2026-05-12T10:00+08:00",
        "closing",
        "05-13 05-18 05-19 05-20 05-21 05-22 05-25 05-26 05-29 06-02",
        "Kenaikan, Idul Adha and Pancasila between",
    ),
]
# With the kabupaten's own days below.
LOCAL_CASES = [
    ("2027-03-22T10:00+08:00", "03-24 03-29 03-30", "Tue 23 Hari Jadi; Thu 25 cuti, Fri 26 Wafat"),
    ("2027-03-23T10:00+08:00", "03-24 03-29 03-30", "received on the local day off"),
    ("2026-12-18T10:00+08:00", "12-19 12-21 12-22", "Saturday 19 is on duty"),
    ("2026-12-23T10:00+08:00", "12-24 12-28 12-29", "cuti bersama of the 24th was taken back"),
]
LOCAL = {
    date(2027, 3, 23): LocalDay(working=False, reason="Hari Jadi Soppeng"),
    date(2026, 12, 19): LocalDay(working=True, reason="masuk pengganti"),
    date(2026, 12, 24): LocalDay(working=True, reason="cuti bersama dibatalkan"),
}


@pytest.fixture
def rules() -> Rules:
    return RULES


def counted_days(start: str, term: Term, calendar: Calendar) -> tuple[str, datetime]:
    found = deadline(datetime.fromisoformat(start), term, calendar)
    return " ".join(f"{day.date:%m-%d}" for day in found.derivation if day.counted), found.at


@pytest.mark.parametrize(("start", "stage", "days", "why"), CASES, ids=[f"{c[0]} {c[3]}" for c in CASES])
def test_the_deadline_ends_the_last_day_that_counts(rules: Rules, start: str, stage: str, days: str, why: str) -> None:
    found = counted_days(start, term_of(rules, stage), rules.calendar)
    assert (days, midnight_after(days, start)) == found, why


@pytest.mark.parametrize(("start", "days", "why"), LOCAL_CASES, ids=[f"{c[0]} {c[2]}" for c in LOCAL_CASES])
def test_the_kabupatens_own_days_overrule_the_nations(rules: Rules, start: str, days: str, why: str) -> None:
    calendar = replace(rules.calendar, local=LOCAL)
    found = counted_days(start, term_of(rules, "completion"), calendar)
    assert (days, midnight_after(days, start)) == found, why


def test_the_derivation_names_every_day_from_the_receipt_and_why(rules: Rules) -> None:
    calendar = replace(rules.calendar, local=LOCAL)
    found = deadline(datetime.fromisoformat("2026-12-23T10:00+08:00"), term_of(rules, "completion"), calendar)
    assert [(str(day.date), day.counted, day.reason) for day in found.derivation] == [
        ("2026-12-23", False, "hari 0 (hari mulai)"),
        ("2026-12-24", True, "hari kerja 1 (cuti bersama dibatalkan)"),
        ("2026-12-25", False, "libur: Hari Raya Natal"),
        ("2026-12-26", False, "Sabtu"),
        ("2026-12-27", False, "Minggu"),
        ("2026-12-28", True, "hari kerja 2"),
        ("2026-12-29", True, "hari kerja 3"),
    ]
    assert ["start", "counted", "holiday", "weekend", "weekend", "counted", "counted"] == [
        day.kind for day in found.derivation
    ]
    assert [(day.code, day.amount, day.called) for day in found.derivation] == [
        ("start", 0, ""),
        ("working_day", 1, "cuti bersama dibatalkan"),
        ("holiday", 0, "Hari Raya Natal"),
        ("weekend", 0, ""),
        ("weekend", 0, ""),
        ("working_day", 2, ""),
        ("working_day", 3, ""),
    ]


@pytest.mark.parametrize(
    ("start", "why"),
    [("2026-02-28T12:00+08:00", "Sabtu"), ("2026-03-19T12:00+08:00", "libur: Hari Suci Nyepi")],
)
def test_a_receipt_on_a_day_off_says_so(rules: Rules, start: str, why: str) -> None:
    found = deadline(datetime.fromisoformat(start), term_of(rules, "completion"), rules.calendar)
    assert f"hari 0 ({why})" == found.derivation[0].reason


@pytest.mark.parametrize(
    ("amount", "ratio", "warn_at"),
    [
        (3, 0.7, "2026-03-04T02:24:00+08:00"),  # 2.1 days: all of Mon and Tue, 0.1 * 24 h of Wed
        (2, 0.5, "2026-03-03T00:00:00+08:00"),  # exactly Mon: the beginning of Tue
        (6, 5 / 6, "2026-03-09T00:00:00+08:00"),  # exactly Mon-Fri: not Saturday, the beginning of Mon
        (1, 0.25, "2026-03-02T06:00:00+08:00"),
        (3, 1, "2026-03-05T00:00:00+08:00"),  # the deadline itself, which means no warning
    ],
)
def test_the_warning_comes_when_its_share_of_the_counted_days_has_passed(
    rules: Rules, amount: int, ratio: float, warn_at: str
) -> None:
    term = structs.replace(term_of(rules, "completion"), amount=amount, warn_ratio=ratio)
    friday = datetime.fromisoformat("2026-02-27T10:02+08:00")
    assert datetime.fromisoformat(warn_at) == deadline(friday, term, rules.calendar).warn_at
