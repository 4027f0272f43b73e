"""Dates as people in Indonesia say them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from contracts.dates import lately_in_words

NOW = datetime(2026, 11, 27, 17, 30, tzinfo=UTC)  # half past one in the night of Saturday there


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (datetime(2026, 11, 27, 16, 5, tzinfo=UTC), "hari ini, 00.05"),
        (datetime(2026, 11, 27, 15, 59, tzinfo=UTC), "kemarin, 23.59"),
        (datetime(2026, 11, 24, 9, 52, tzinfo=UTC), "Selasa 24 Nov, 17.52 (4 hari lalu)"),
        (datetime(2026, 10, 1, 2, 0, tzinfo=UTC), "Kamis 1 Okt, 10.00"),
        (datetime(2025, 11, 24, 9, 52, tzinfo=UTC), "Senin 24 Nov 2025"),
    ],
)
def test_past_time_is_worded_by_its_day_and_how_long_ago_it_was(at: datetime, said: str) -> None:
    assert said == lately_in_words(at, NOW, ZoneInfo("Asia/Makassar"))
