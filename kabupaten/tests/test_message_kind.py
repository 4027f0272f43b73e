"""The kind that a door suggests for a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from kabupaten.message_kind import kind_of_text, kind_words_of

REGION = Path(__file__).parents[2] / "region" / "soppeng"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Jalan poros di Cabenge berlubang, tolong diperbaiki", "pengaduan"),
        ("Berapa biaya dan apa syarat mengurus akta kelahiran?", "permintaan_informasi"),
        ("Usul, dibuatkan taman bermain anak di Lalabata", "aspirasi"),
        ("", "pengaduan"),
    ],
)
def test_words_tell_a_question_and_a_wish_from_a_complaint(text: str, kind: str) -> None:
    assert kind == kind_of_text(kind_words_of(REGION), text)
