"""How many dead letters wait for a person, in whatever order letters and requests are read."""

from __future__ import annotations

import itertools

from chassis.letters import DISMISS, Letters, dismisses, settles


def read(*steps: tuple[str, object]) -> Letters:
    letters = Letters()
    for name, given in steps:
        getattr(letters, name)(*given) if isinstance(given, tuple) else getattr(letters, name)(given)
    return letters


def test_dead_letter_waits_until_replayed_or_dismissed_in_any_reading_order() -> None:
    steps = [
        ("letter", (b"t:0:7", 0, b"bytes")),
        ("letter", (b"t:0:8", 1, b"bytes")),
        ("letter", (b"t:0:9", 2, b"bytes")),
        ("request", b"0"),
        ("request", DISMISS + b"1"),
    ]

    assert {1} == {read(*order).waiting for order in itertools.permutations(steps)}


def test_one_that_fails_again_waits_again() -> None:
    assert 1 == read(("letter", (b"k", 0, b"x")), ("request", b"0"), ("letter", (b"k", 1, b"x"))).waiting


def test_erased_dead_letters_are_not_waiting() -> None:
    assert 0 == read(("letter", (b"k", 0, b"x")), ("letter", (b"k", 1, b"x")), ("letter", (b"k", 2, None))).waiting


def test_expired_dead_letters_stop_waiting_and_are_forgotten() -> None:
    letters = read(("letter", (b"a", 0, b"x")), ("letter", (b"b", 5, b"x")), ("request", b"0"))

    letters.forget_before(5)

    assert (1, set(), {b"b": {5}}) == (letters.waiting, letters.settled, letters.there)


def test_a_request_names_a_letter_whichever_way_or_none() -> None:
    assert [3, 3, None, None] == [settles(each) for each in (b"3", DISMISS + b"3", b"nonsense", None)]
    assert [False, True, False] == [dismisses(each) for each in (b"3", DISMISS + b"3", None)]
