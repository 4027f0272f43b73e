"""Ticket numbers survive being read aloud, typed on a telephone, and mistyped."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from contracts import ticket

bodies = st.text(alphabet=ticket.ALPHABET, min_size=7, max_size=7)
doors = st.sampled_from("SWM")


def _number(door: str, rest: str) -> str:
    body = door + rest
    return f"SPG-{body[:4]}-{body[4:]}{luhn.calc_check_digit(body, ticket.ALPHABET)}"


@pytest.mark.parametrize("channel", ticket.DOORS)
def test_a_minted_ticket_is_valid_and_tells_its_door(channel: str) -> None:
    number = ticket.mint(channel)

    assert re.fullmatch(r"SPG-[0-9A-Z]{4}-[0-9A-Z]{5}", number)
    assert (number, ticket.DOORS[channel]) == (ticket.parse(number), ticket.door(number))


def test_every_door_has_its_intake() -> None:
    assert set(ticket.DOORS.values()) == set(ticket.INTAKES)


@given(doors, bodies)
def test_a_ticket_is_read_as_it_was_written(door: str, rest: str) -> None:
    number = _number(door, rest)

    assert number == ticket.parse(number)


@given(doors, bodies, st.sampled_from(["", " ", "-", " - ", "  "]), st.booleans())
def test_case_spaces_and_dashes_do_not_matter(door: str, rest: str, between: str, lower: bool) -> None:
    number = _number(door, rest)
    typed = between.join(number.split("-"))

    assert number == ticket.parse(f" {typed.lower() if lower else typed} ")


@given(doors, bodies, st.sampled_from([("1", "I"), ("1", "L"), ("1", "l"), ("0", "O"), ("0", "o")]))
def test_letters_that_look_like_digits_are_read_as_digits(door: str, rest: str, alike: tuple[str, str]) -> None:
    number = _number(door, rest)

    assert number == ticket.parse("SPG-" + number[4:].replace(*alike))


@given(doors, bodies, st.integers(0, 8), st.sampled_from(ticket.ALPHABET))
def test_one_wrong_character_is_always_noticed(door: str, rest: str, at: int, wrong: str) -> None:
    plain = _number(door, rest).removeprefix("SPG-").replace("-", "")
    typo = plain[:at] + wrong + plain[at + 1 :]

    assert (ticket.parse(f"SPG-{typo[:4]}-{typo[4:]}") is not None) == (wrong == plain[at])


@pytest.mark.parametrize(
    "text", ["", "SPG", "SPG-1234-5678", "SPG-UUUU-UUUUU", "ABC-1234-56789", "SPG-S4K7-Q2MD", "laporan"]
)
def test_invalid_ticket_is_not_parsed(text: str) -> None:
    assert ticket.parse(text) is None
