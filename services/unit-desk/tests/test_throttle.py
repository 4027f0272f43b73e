"""A person who guesses wrong waits, longer each time, and nobody is locked out by others."""

from __future__ import annotations

from unit_desk.throttle import FORGOTTEN_S, HERE, PERSON, Delays


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_first_guesses_cost_nothing_and_then_each_costs_more() -> None:
    delays = Delays(Clock())

    waits = []
    for _ in range(HERE[0] + 3):
        delays.wrong("a@b.id", "10.0.0.1")
        waits.append(delays.wait_s("a@b.id", "10.0.0.1"))

    assert [0, 0, 0, 0, 2, 4, 8, 16] == waits


def test_others_can_keep_nobody_out_for_long() -> None:
    clock = Clock()
    delays = Delays(clock)
    for n in range(5_000):
        delays.wrong("a@b.id", f"10.0.{n // 250}.{n % 250}")

    assert delays.wait_s("a@b.id", "192.0.2.1") <= PERSON[1]
    clock.now += PERSON[1]
    assert 0 == delays.wait_s("a@b.id", "192.0.2.1")


def test_wrong_guesses_are_forgotten_after_a_login_or_a_day() -> None:
    clock = Clock()
    delays = Delays(clock)
    for _ in range(9):
        delays.wrong("a@b.id", "10.0.0.1")
        delays.wrong("b@b.id", "10.0.0.2")

    delays.right("a@b.id", "10.0.0.1")
    assert (0, True) == (delays.wait_s("a@b.id", "10.0.0.1"), delays.wait_s("b@b.id", "10.0.0.2") > 0)
    clock.now += FORGOTTEN_S + 1
    delays.wrong("b@b.id", "10.0.0.2")
    assert 0 == delays.wait_s("b@b.id", "10.0.0.2")


def test_an_office_with_one_address_in_which_some_mistype_every_day_waits_never() -> None:
    clock = Clock()
    delays = Delays(clock)

    waits = []
    for n in range(5 * 24 * 10):
        waits.append(delays.wait_s(f"{n}@b.id", "10.0.0.1"))
        delays.wrong(f"{n}@b.id", "10.0.0.1")
        clock.now += 360

    assert {0} == set(waits)


def test_one_place_can_t_try_many_people() -> None:
    delays = Delays(Clock())
    for n in range(40):
        delays.wrong(f"{n}@b.id", "10.0.0.1")

    assert delays.wait_s("new@b.id", "10.0.0.1") > 0
    assert 0 == delays.wait_s("new@b.id", "10.0.0.2")
