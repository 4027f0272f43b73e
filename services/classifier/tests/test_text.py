"""A citizen's spelling in one form: for the model's features, for the lexicon, and for comparing names."""

from __future__ import annotations

import pytest

from classifier.text import FUNCTION_WORDS, SHORT, char_ngrams, word_ngrams, words
from kabupaten.spelling import plain


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Jln yg RUSAK", ["jalan", "yang", "rusak"]),
        ("trmksh", ["terima", "kasih"]),
        ("rusaaaak", ["rusak"]),
        ("jalan2", ["jalan", "jalan"]),
        ("ladde\u2019 je'ne", ["ladde", "jene"]),
        ("\uff32\uff55\uff53\uff41\uff4b", ["rusak"]),  # full width
        ("lihat https://x.id/jalan?rusak=1 dan www.soppeng.id", ["lihat", "dan"]),
        ("hp [TELEPON] nik [NIK]", ["hp", "nik"]),
        ("rt 02 sudah 3 minggu", ["rt", "sudah", "minggu"]),
        ("", []),
    ],
)
def test_words_are_counted_in_one_spelling(text: str, found: list[str]) -> None:
    assert found == words(text)


def test_a_short_form_stands_for_words_that_are_no_short_forms_themselves() -> None:
    assert {} == {short: word for short, word in SHORT.items() for part in word.split() if part in SHORT}
    assert "jalan" not in FUNCTION_WORDS


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("  Jalan-jalan\n RUSAK ", "jalan jalan rusak"),
        ("ladde\u2019 \u0060wae\u00b4", "ladde' 'wae'"),
        ("RT 02/RW 1", "rt 02/rw 1"),
    ],
)
def test_the_lexicon_reads_small_letters_with_one_kind_of_blank_and_apostrophe(text: str, read: str) -> None:
    assert read == plain(text)


def test_the_model_counts_words_pairs_of_words_and_their_parts() -> None:
    assert ["jalan", "rusak", "jalan rusak"] == word_ngrams(["jalan", "rusak"])
    assert ("__ja", "_jal", "_al_", "__jal", "_jal_", "__jal_") == char_ngrams("jal")
