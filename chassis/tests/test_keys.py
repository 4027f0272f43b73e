"""Keys of other systems: their form, and why a key that opens nothing is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from chassis.keys import Key, KeyRefused, check, is_system, new_key

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
KEY = Key(id="3f9c01ab", system="satu-data", rights=("read", "send"), expires_at=datetime(2099, 1, 1, tzinfo=UTC))


def test_each_key_is_another_and_is_known_as_one_of_ours() -> None:
    first, second = new_key(), new_key()

    assert first != second
    assert all(each.startswith("lapor_") and len(each) == 49 for each in (first, second))


@pytest.mark.parametrize(
    ("name", "may"), [("satu-data", True), ("x", False), ("Satu Data", False), ("-data", False), ("a" * 41, False)]
)
def test_a_system_is_called_in_small_letters(name: str, may: bool) -> None:
    assert may == is_system(name)


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (None, "key_unknown"),
        (replace(KEY, revoked=True, expires_at=NOW), "key_revoked"),
        (replace(KEY, expires_at=NOW), "key_expired"),
        (replace(KEY, rights=["read"]), "key_not_allowed"),
    ],
    ids=["unknown", "revoked", "expired", "not allowed"],
)
def test_a_key_that_opens_nothing_says_why(key: Key | None, why: str) -> None:
    with pytest.raises(KeyRefused) as refused:
        check(key, "send", NOW)

    assert why == refused.value.why
