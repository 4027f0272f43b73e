"""Which language a text is in."""

from __future__ import annotations

import pytest

from classifier.extractors.language import language_of
from kabupaten.spelling import plain


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("jalan rusak mi kodong, tolong ki pak", "id"),
        ("degaga wae ri bolaku siminggu mi", "bug"),
        ("Masolang ladde’ lalengnge ri kampongku", "bug"),
        ("tena je'ne battu ri ballakku, niak tau garring", "mak"),
        ("dalan ning ngarep omahku wis rusak ora didandani", "jv"),
        ("the road is broken please fix it", "en"),
        ("123 456", "other"),
    ],
)
def test_the_language_is_hinted(text: str, language: str) -> None:
    assert language == language_of(plain(text))
