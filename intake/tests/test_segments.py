"""How long an SMS is, and how one that is too long is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.segments import GSM, MAX_GSM, MAX_UCS2, count, fit

TAIL = "Selengkapnya: balas SOPPENG STATUS SPG-S0AB-12CDW"


def parts(text: str) -> int:
    """Count the SMS of ``text`` in another way than the code does: septets and UTF-16 units written out."""
    if GSM.issuperset(text):
        places = len("".join(f"\x1b{letter}" if letter in "^{}\\[~]|€" else letter for letter in text))
        return 1 if places <= 160 else -(-places // 153)
    places = len([*text.encode("utf-16-be")]) // 2
    return 1 if places <= 70 else -(-places // 67)


@pytest.mark.parametrize(
    "text",
    ["", "ya", "a" * MAX_GSM, "ᨍ" * MAX_UCS2, "🚧" * (MAX_UCS2 // 2), "€" * (MAX_GSM // 2)],
    ids=["none", "short", "gsm", "ucs2", "emoji", "extension"],
)
def test_text_that_fits_three_sms_is_unchanged(text: str) -> None:
    assert fit(text, TAIL) == text


@pytest.mark.parametrize(
    "text",
    ["a" * (MAX_GSM + 1), "ᨍ" * (MAX_UCS2 + 1), "🚧" * (MAX_UCS2 // 2 + 1), "€" * (MAX_GSM // 2 + 1), "kata " * 800],
    ids=["gsm", "ucs2", "emoji", "extension", "words"],
)
def test_text_longer_than_three_sms_is_cut_with_a_pointer_to_the_rest(text: str) -> None:
    cut = fit(text, TAIL)
    assert cut.endswith(f"... {TAIL}")
    assert parts(cut) == 3
    assert text.startswith(cut.removesuffix(f"... {TAIL}"))


def test_words_stay_whole() -> None:
    cut = fit("SPG-S0AB-12CDW sedang ditangani. " + "perbaikan, " * 100, "")
    assert cut.endswith(", perbaikan...")


def test_one_word_without_end_is_cut_somewhere() -> None:
    assert len(fit("x" * 5_000, TAIL)) == MAX_GSM


def test_a_tail_longer_than_three_sms_is_no_error() -> None:
    assert fit("x" * 5_000, "y" * 1_000) == "... " + "y" * 1_000


@given(st.text(st.sampled_from("ab €[\n🚧ᨍ.,"), max_size=600), st.sampled_from(["", TAIL, "🚧"]))
def test_nothing_is_ever_longer_than_three_sms(text: str, tail: str) -> None:
    sent = fit(text, tail)
    assert parts(sent) <= 3
    assert (parts(sent), parts(text)) == (count(sent), count(text))
