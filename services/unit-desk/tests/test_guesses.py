"""All processes of the desk count wrong guesses together, a restart forgets nothing, and the table stays small."""

from __future__ import annotations

import asyncio

import pytest

from chassis.database import Pool, open_pool
from testing.waiting import BOUND_S, within
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


async def wrong(delays: Delays, times: int, email: str, place: str) -> None:
    """Guess wrong again and again, as if the guesser had waited."""
    for _ in range(times):
        await delays.guess(email, place)
        await delays.pool.execute("UPDATE guesses SET at = at - interval '1 hour'")


async def test_of_guesses_sent_at_once_to_two_processes_only_the_free_ones_pass(pool: Pool, dsn: str) -> None:
    pools = [await open_pool(dsn, timeout_s=BOUND_S, connected=8) for _ in range(2)]
    processes = [Delays(pool=each, secret=SECRET) for each in pools] * 10
    # Each connection asks the database about types once; after that, all are equally quick.
    await within(asyncio.gather(*(each.guess(f"{n}@contoh.id", f"10.0.1.{n}") for n, each in enumerate(processes))))

    waits = await within(asyncio.gather(*(each.guess(*A) for each in processes)))

    for each in pools:
        each.terminate()
    assert HERE.free == waits.count(0)
    assert HERE.free == await pool.fetchval("SELECT max(count) FROM guesses")


async def test_the_right_password_forgets_the_wrong_ones_of_its_person_alone(delays: Delays) -> None:
    for whose in (A, B):
        for _ in range(HERE.free):
            await delays.guess(*whose)

    await delays.right(*A)

    assert (0, True) == (await delays.guess(*A), await delays.guess(*B) > 0)


async def test_an_office_that_logs_in_without_mistakes_never_waits(delays: Delays) -> None:
    waits = []
    for n in range(2 * PLACE.burst):
        waits.append(await delays.guess(f"{n}@contoh.id", "10.0.0.1"))
        await delays.right(f"{n}@contoh.id", "10.0.0.1")

    assert {0} == set(waits)


async def test_a_day_after_the_last_one_counting_begins_again(pool: Pool, delays: Delays) -> None:
    await wrong(delays, 9, *A)
    await pass_s(pool, 24 * 3600 + 1)

    assert [0] * HERE.free == [await delays.guess(*A) for _ in range(HERE.free)]


async def test_an_office_with_one_address_in_which_some_mistype_every_day_waits_never(
    pool: Pool, delays: Delays
) -> None:
    waits = []
    for n in range(5 * 24):
        waits.append(await delays.guess(f"{n}@contoh.id", "10.0.0.1"))
        await pass_s(pool, 360)

    assert {0} == set(waits)


async def test_one_place_that_tried_many_people_waits_and_others_do_not(delays: Delays) -> None:
    waits = [await delays.guess(f"{n}@contoh.id", "10.0.0.1") > 0 for n in range(PLACE.burst + 2)]

    assert [False] * PLACE.burst + [True] * 2 == waits
    assert 0 == await delays.guess(*B)


async def test_the_table_names_nobody(pool: Pool, delays: Delays) -> None:
    await delays.guess(*A)

    rows = await pool.fetch("SELECT * FROM guesses")

    assert (3, False) == (len(rows), any(told.encode() in bytes(row["key"]) for row in rows for told in A))


async def test_a_sweep_forgets_what_is_old_and_the_oldest_of_too_many(
    pool: Pool, delays: Delays, monkeypatch: pytest.MonkeyPatch
) -> None:
    await delays.guess(*A)
    await pass_s(pool, 24 * 3600 + 1)
    for n in range(4):
        await delays.guess(f"{n}@contoh.id", f"10.0.1.{n}")
        await pass_s(pool, 1)
    await guesses.sweep(pool)
    swept = await pool.fetchval("SELECT count(*) FROM guesses")
    monkeypatch.setattr(guesses, "MOST", 6)

    await guesses.sweep(pool)

    assert (4 * 3, 6) == (swept, await pool.fetchval("SELECT count(*) FROM guesses"))
