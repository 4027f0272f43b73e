"""A text in plain digits: what is copied, where each letter came from, and which digits form one run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.digits import BREAK, Reading, has_digits, in_digits, other_readings, plain_copy, runs


def digits(text: str, reading: Reading = Reading.PLAIN) -> str:
    """The copy in digits, with one blank where there are some."""
    return " ".join(in_digits(plain_copy(text), reading).letters.split())


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("Hp 0812", "hp 0812"),
        ("\uff10\uff18", "08"),  # full width
        ("\u0660\u0668", "08"),  # Arabic
        ("0\ufe0f\u20e38\ufe0f\u20e3", "08"),  # keycaps
        ("0\u200b8\u00ad1", "081"),  # invisible characters
        ("\u043e8", "o8"),  # Cyrillic
        ("\U0001f51f", "10"),
        ("5\u00b0", f"5{BREAK}"),
        ("0\u20118", "0-8"),
        ("&#48;&#x38;%31<b>2</b>", "0812"),
        ("50% & <3", "50% & <3"),
        ("a\u24d0b", "a(a)b"),  # an "a" in a circle is an "@"
        ("\u24d0\u24d1", "ab"),  # but not among others
    ],
)
def test_a_copy_is_in_small_letters_and_plain_digits(text: str, letters: str) -> None:
    assert letters == plain_copy(text).letters


@given(st.text(max_size=40))
def test_every_letter_of_a_copy_knows_where_it_came_from(text: str) -> None:
    copy = in_digits(plain_copy(text), Reading.PLAIN)
    spans = list(zip(copy.starts, copy.ends, strict=True))

    assert len(copy.letters) == len(spans)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)


def test_the_digits_of_a_number_word_stand_for_the_whole_word() -> None:
    text = "hp dua belas, \u0661"
    copy = in_digits(plain_copy(text), Reading.PLAIN)
    places = zip(copy.letters, copy.starts, copy.ends, strict=True)

    assert [("1", "dua belas"), ("2", "dua belas"), ("1", "\u0661")] == [
        (letter, text[start:end]) for letter, start, end in places if letter.isdigit()
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("nol delapan satu dua", "0 8 1 2"),
        ("dua belas", "12"),
        ("tiga puluh empat", "34"),
        ("tiga puluh", "30"),
        ("dobel satu", "11"),
        ("tripel 7", "777"),
        ("noldelapansatudua", "0 8 1 2"),
        ("nomorkunol delapan", "nomorku 0 8"),
        ("satuan", "satuan"),  # only whole words
        ("mohon", "mohon"),
        ("o8l2", "0812"),  # letters typed instead of digits
        ("tiga kali nol", "3 kali 0"),
    ],
)
def test_number_words_and_misread_letters_are_written_in_digits(text: str, written: str) -> None:
    assert written == digits(text)


@pytest.mark.parametrize(
    ("text", "reading", "written"),
    [
        ("tiga kali nol", Reading.TIMES, "000"),
        ("o82ISSoIS478", Reading.LETTERS, "082155015478"),
    ],
)
def test_ambiguous_digits_have_another_reading(text: str, reading: Reading, written: str) -> None:
    assert [reading] == list(other_readings(plain_copy(text)))
    assert written == digits(text, reading)


def test_a_text_that_can_be_meant_in_one_way_has_no_other_reading() -> None:
    assert [] == list(other_readings(plain_copy("jalan rusak, hp 081234567890")))


@pytest.mark.parametrize(
    ("letters", "fewest", "enough"),
    [
        ("0812", 4, True),
        ("0812", 5, False),
        ("nol delapan satu dua", 4, True),
        ("satu dua tiga empat", 4, False),  # no spelt number without a zero or an eight
        ("08 satu dua", 4, False),
        ("08 nol dua", 4, True),
    ],
)
def test_digits_and_number_words_are_counted(letters: str, fewest: int, enough: bool) -> None:
    assert enough is has_digits(letters, fewest)


@pytest.mark.parametrize(
    ("letters", "lines"),
    [
        ("7312 0101-0190", ["7312 0101-0190"]),
        ("hp +62 812", ["+62 812"]),
        ("0812 , 3456", ["0812,3456"]),
        ("0812\n3456", ["0812\n3456"]),
        ("0812\n\n3456", ["0812", "3456"]),
        ("0812 (3456", ["0812*3456"]),
        ("0812 strip 3456", ["0812*3456"]),
        ("0812 dan 3456", ["0812", "3456"]),
        (f"0812{BREAK}3456", ["0812", "3456"]),
        ("tidak ada", []),
    ],
)
def test_a_run_goes_over_what_people_write_between_groups_and_no_further(letters: str, lines: list[str]) -> None:
    assert lines == [run.line for run in runs(letters)]


def test_each_group_of_a_run_knows_its_place_in_line_and_text() -> None:
    (run,) = runs("hp +62 - 812")

    places = list(zip(run.at, run.starts, run.ends, strict=True))
    assert [(4, 6), (9, 12)] == [(start, end) for _, start, end in places]
    assert ["62", "812"] == [run.line[at : at + end - start] for at, start, end in places]
