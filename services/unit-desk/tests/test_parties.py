"""Links of offices outside: each belongs to one complaint, one office and one end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from kabupaten.calendar import Calendar
from unit_desk.parties import (
    MOST_LETTERS,
    Handover,
    answer_id,
    is_answer_to,
    is_good,
    last_working,
    named,
    token,
    wrong,
)

ZONE = ZoneInfo("Asia/Makassar")
KEY = b"key-of-the-desk-of-the-test"
IT = Handover(
    id=UUID(int=7), unit="DISKOMINFO", complaint_id="c1", ticket="SPG-S000-00007", party="PLN",
    at=datetime(2026, 11, 28, tzinfo=UTC), link=1, expires_at=datetime(2026, 12, 28, tzinfo=UTC), revoked_at=None,
    over_at=None, letter="sent", tries=1, sent_at=None, problem=None, reminder=0,
    answered_at=None,
)  # fmt: skip


def test_a_link_says_which_hand_over_it_is_of() -> None:
    assert (IT.id, True) == (named(token(KEY, IT)), is_good(KEY, IT, token(KEY, IT)))


@pytest.mark.parametrize(
    "other",
    [
        {"complaint_id": "c2"},
        {"party": "BPN"},
        {"link": 2},
        {"expires_at": IT.expires_at + timedelta(days=1)},
        {"id": UUID(int=8)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_link_with_another_complaint_office_number_or_end_is_refused(other: dict[str, Any]) -> None:
    assert not is_good(KEY, IT, token(KEY, replace(IT, **other)))
    assert not is_good(KEY, IT, IT.id.hex + token(KEY, replace(IT, **other))[32:])


def test_nobody_without_the_key_makes_a_link() -> None:
    assert not is_good(KEY, IT, token(KEY + b"x", IT))


def test_answer_id_is_unique_and_names_its_hand_over() -> None:
    ids = {answer_id(IT.id) for _ in range(50)}

    assert 50 == len(ids)
    assert [True] * 50 == [is_answer_to(IT.id, each) for each in ids]
    assert not any(is_answer_to(UUID(int=8), each) for each in ids)


@pytest.mark.parametrize("text", ["", "x", "z" * 64, "é" * 64, token(KEY, IT) + "0", token(KEY, IT)[:-1]])
def test_invalid_token_names_no_hand_over(text: str) -> None:
    assert named(text) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Tulis dulu jawabannya."),
        ("sudah beres", "Terlalu singkat"),
        ("Tiang diganti pada tanggal …", "Masih ada …"),
        ("kata " * (MOST_LETTERS // 5) + "x", "Terlalu panjang: 2001 huruf"),
    ],
)
def test_unclear_answer_is_refused_with_a_reason(text: str, says: str) -> None:
    assert says in (wrong(text) or "")


def test_a_sentence_is_taken() -> None:
    assert wrong("Tiang diganti besok.") is None


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 11, 30, 9, tzinfo=ZONE), datetime(2026, 11, 30, 9, tzinfo=ZONE)),
        (datetime(2026, 11, 29, 9, tzinfo=ZONE), datetime(2026, 11, 28, tzinfo=ZONE)),  # a Sunday
        (datetime(2026, 12, 2, 9, tzinfo=ZONE), datetime(2026, 12, 2, tzinfo=ZONE)),  # a holiday
    ],
)
def test_nobody_is_reminded_on_a_day_off(now: datetime, last: datetime) -> None:
    calendar = Calendar(timezone=ZONE, holidays={date(2026, 12, 2): "hari libur"})

    assert last == last_working(calendar, now)
