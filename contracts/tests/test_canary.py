"""Only a text that the prober wrote a moment ago is a canary, never one of a citizen or a stranger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from contracts import canary

KEY = b"k" * 24
NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)


def test_written_canary_is_recognised_and_read() -> None:
    text = canary.write(KEY, "sms", NOW)

    assert canary.is_canary(text)
    assert canary.is_canary(f" {text}\n")
    assert canary.read(KEY, f" {text}\n", NOW) == f"sms-{int(NOW.timestamp())}"


@pytest.mark.parametrize("late", [timedelta(minutes=11), timedelta(minutes=-11)], ids=["played-back", "from-ahead"])
def test_mistimed_canary_is_neither_valid_nor_a_complaint(late: timedelta) -> None:
    text = canary.write(KEY, "sms", NOW)

    assert canary.is_canary(text)
    assert canary.read(KEY, text, NOW + late) is None


def test_canary_with_another_key_is_neither_valid_nor_a_complaint() -> None:
    text = canary.write(b"somebody else's key", "web", NOW)

    assert canary.is_canary(text)
    assert canary.read(KEY, text, NOW) is None


@pytest.mark.parametrize("text", ["", "CANARY", "canary web-1 ab", "burung canary saya dicuri", "CANARY x y z"])
def test_citizen_text_is_not_a_canary(text: str) -> None:
    assert not canary.is_canary(text)
    assert canary.read(KEY, text, NOW) is None
