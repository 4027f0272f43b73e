"""All processes of the desk count wrong guesses together, a restart forgets nothing, and the table stays small."""

from __future__ import annotations

import asyncio

import pytest

from chassis.database import Pool
from testing.waiting import within
from unit_desk.adapters import guesses
from unit_desk.adapters.guesses import Delays
from unit_desk.throttle import HERE, PLACE

pytestmark = pytest.mark.connected
SECRET = b"secret of the test"
A, B = ("a@contoh.id", "10.0.0.1"), ("b@contoh.id", "10.0.0.2")


@pytest.fixture
def delays(pool: Pool) -> Delays:
    return Delays(pool=pool, secret=SECRET)


async def pass_s(pool: Pool, seconds: float) -> None:
    """Let time pass for the guesses."""
    await pool.execute(
        "UPDATE guesses SET at = at - make_interval(secs => $1), full_at = full_at - make_interval(secs => $1)", seconds
    )


async def test_two_processes_count_together(pool: Pool, delays: Delays) -> None:
    other = Delays(pool=pool, secret=SECRET)

    await within(asyncio.gather(*(each.wrong(*A) for each in (delays, other) * HERE.free)))

    assert 0 < await Delays(pool=pool, secret=SECRET).wait_s(*A)
    assert 2 * HERE.free == await pool.fetchval("SELECT max(count) FROM guesses")


async def test_the_right_password_forgets_the_wrong_ones_of_its_person_alone(pool: Pool, delays: Delays) -> None:
    for _ in range(9):
        await delays.wrong(*A)
        await delays.wrong(*B)

    await delays.right(*A)

    assert (0, True) == (await delays.wait_s(*A), await delays.wait_s(*B) > 0)


async def test_a_day_after_the_last_one_counting_begins_again(pool: Pool, delays: Delays) -> None:
    for _ in range(9):
        await delays.wrong(*A)
    await pass_s(pool, 24 * 3600 + 1)

    await delays.wrong(*A)

    assert 0 == await delays.wait_s(*A)


async def test_an_office_with_one_address_in_which_some_mistype_every_day_waits_never(
    pool: Pool, delays: Delays
) -> None:
    waits = []
    for n in range(5 * 24):
        waits.append(await delays.wait_s(f"{n}@contoh.id", "10.0.0.1"))
        await delays.wrong(f"{n}@contoh.id", "10.0.0.1")
        await pass_s(pool, 360)

    assert {0} == set(waits)


async def test_one_place_that_tried_many_people_waits_and_others_do_not(delays: Delays) -> None:
    for n in range(PLACE.burst + 2):
        await delays.wrong(f"{n}@contoh.id", "10.0.0.1")

    assert (True, 0) == (await delays.wait_s("new@contoh.id", "10.0.0.1") > 0, await delays.wait_s(*B))


async def test_the_table_names_nobody(pool: Pool, delays: Delays) -> None:
    await delays.wrong(*A)

    rows = await pool.fetch("SELECT * FROM guesses")

    assert (3, False) == (len(rows), any(told.encode() in bytes(row["key"]) for row in rows for told in A))


async def test_a_sweep_forgets_what_is_old_and_the_oldest_of_too_many(
    pool: Pool, delays: Delays, monkeypatch: pytest.MonkeyPatch
) -> None:
    await delays.wrong(*A)
    await pass_s(pool, 24 * 3600 + 1)
    for n in range(4):
        await delays.wrong(f"{n}@contoh.id", f"10.0.1.{n}")
        await pass_s(pool, 1)
    await guesses.sweep(pool)
    swept = await pool.fetchval("SELECT count(*) FROM guesses")
    monkeypatch.setattr(guesses, "MOST", 6)

    await guesses.sweep(pool)

    assert (4 * 3, 6) == (swept, await pool.fetchval("SELECT count(*) FROM guesses"))
