"""Whether a hand-over tells its citizen why."""

from __future__ import annotations

import pytest

from kabupaten.hand_over_reason import says_why


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("bukan urusan kami", False),
        ("Bukan wewenang dinas ini.", False),
        ("urusan PLN", False),
        ("tiang listrik milik PLN", True),
        ("", False),
    ],
)
def test_a_reason_says_more_than_that_it_is_another_s(reason: str, says: bool) -> None:
    assert says == says_why(reason)
