"""Dates and times in English, with the same function names as contracts.dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from inspect import isfunction

import pytest

from contracts import dates
from intake_web import english_dates

WITA = timezone(timedelta(hours=8), "WITA")
AT = datetime(2026, 11, 24, 9, 52, tzinfo=UTC)


def test_all_that_is_written_in_indonesian_is_written_in_english() -> None:
    written = {name for name, each in vars(dates).items() if isfunction(each)}

    assert written <= set(vars(english_dates))
    assert (7, 12, "Monday", "December") == (
        len(english_dates.WEEKDAYS),
        len(english_dates.MONTHS),
        english_dates.WEEKDAYS[0],
        english_dates.MONTHS[-1],
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kept for 1 years", "kept for 1 year"),
        ("21 days, 11 photos", "21 days, 11 photos"),
    ],
)
def test_one_thing_is_singular(text: str, said: str) -> None:
    assert said == english_dates.of_one(text)


def test_a_deadline_and_a_moment() -> None:
    midnight, ten = datetime(2026, 12, 3, 16, tzinfo=UTC), datetime(2026, 12, 3, 2, tzinfo=UTC)

    assert "Thursday 3 Dec" == english_dates.due_in_words(midnight, WITA)
    assert "Thursday 3 Dec, 10:00" == english_dates.due_in_words(ten, WITA)
    assert "Tuesday 24 November" == english_dates.day_in_words(date(2026, 11, 24))
    assert "24 November 2026, 17:52 WITA" == english_dates.time_in_words(AT, WITA)


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0, "today, 17:52"),
        (1, "yesterday, 17:52"),
        (3, "Tuesday 24 Nov, 17:52 (3 days ago)"),
        (20, "Tuesday 24 Nov, 17:52"),
        (99, "Tuesday 24 Nov 2026"),
    ],
)
def test_how_long_ago_it_was(days: int, said: str) -> None:
    assert said == english_dates.lately_in_words(AT, AT + timedelta(days=days), WITA)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_deadline_that_was_said_in_indonesian_is_the_same_day_in_english(month: int) -> None:
    for hour in (16, 2):
        due = datetime(2027, month, 5, hour, tzinfo=UTC)
        indonesian = f"Mohon maaf, belum dijawab sampai {dates.due_in_words(due, WITA)}. Unit sudah diingatkan."

        assert english_dates.due_in_words(due, WITA) == english_dates.due_said(indonesian)
    assert "" == english_dates.due_said("Petugas melanjutkan.")


@pytest.mark.parametrize(
    ("indonesian", "english"),
    [
        ("3 hari kerja", "3 working days"),
        ("1 hari kerja", "1 working day"),
        ("3 x 24 jam", "3 x 24 hours"),
        ("8 jam kerja", "8 working hours"),
        ("14 hari", "14 days"),
        ("5 detik", "5 seconds"),
        ("1 menit", "1 minute"),
    ],
)
def test_a_term(indonesian: str, english: str) -> None:
    assert english == english_dates.term(indonesian)
