"""A person who guesses wrong waits, longer each time, and nobody is locked out by others."""

from __future__ import annotations

from unit_desk.throttle import FORGOTTEN_S, HERE, PERSON, PLACE, Guesses, each_s, wait_s

NOBODY = Guesses()


def test_the_first_guesses_cost_nothing_and_then_each_costs_more() -> None:
    waits = [wait_s(Guesses(count=count), NOBODY, NOBODY) for count in range(1, HERE.free + 4)]

    assert [0, 0, 0, 0, 2, 4, 8, 16] == waits


def test_a_wait_ends() -> None:
    assert (1.5, 0) == tuple(wait_s(Guesses(count=5, since_s=since), NOBODY, NOBODY) for since in (0.5, 2.5))


def test_somebody_who_guesses_on_waits_a_quarter_of_an_hour_and_no_longer() -> None:
    assert HERE.longest_s == wait_s(Guesses(count=100_000), NOBODY, NOBODY)


def test_others_can_keep_nobody_out_for_long() -> None:
    assert PERSON.longest_s == wait_s(NOBODY, Guesses(count=5_000), NOBODY)


def test_wrong_guesses_are_forgotten_after_a_day() -> None:
    old = Guesses(count=1_000_000, since_s=FORGOTTEN_S + 1, full_in_s=FORGOTTEN_S)

    assert 0 == wait_s(old, old, old)


def test_one_place_can_t_try_many_people() -> None:
    free, next_ = (Guesses(count=count, full_in_s=count * each_s()) for count in (PLACE.burst - 1, PLACE.burst + 1))

    assert (0, 2 * each_s()) == (wait_s(NOBODY, NOBODY, free), wait_s(NOBODY, NOBODY, next_))
