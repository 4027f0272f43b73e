"""How words are written: spellings of one name become one."""

from __future__ import annotations

import pytest

from kabupaten.spelling import fold


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Takkalalla", "takalala", True),
        ("La\u2019labata", "Lalabata", True),
        ("Wat\u00e9n", "waten", True),
        ("Watta", "wata", False),  # short names differ by little
        ("Lilirilau", "Liliriaja", False),
    ],
)
def test_names_are_the_same_however_they_are_spelt(one: str, other: str, same: bool) -> None:
    assert same is (fold(one) == fold(other))
