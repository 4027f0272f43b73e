"""Processes share their counts, and a restart forgets nothing."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from chassis.database import Pool
from intake_web.adapters import bounds
from intake_web.limits import RATES, Guard, Limited
from testing.fakes import ManualClock
from testing.waiting import finish, soon

pytestmark = pytest.mark.connected
SECRET = b"of the installation"


def guard(clock: ManualClock | None = None) -> Guard:
    return Guard(20, clock or ManualClock(), SECRET)


def left(guard: Guard, client: str) -> int:
    """Upload as many photos as ``client`` may now, and return their number."""
    count = 0
    try:
        while True:
            guard.upload(client, 0)
            count += 1
    except Limited:
        return count


async def test_uploads_in_one_process_count_in_the_other(pool: Pool) -> None:
    one, other = guard(), guard()
    for _ in range(100):
        one.upload("192.0.2.7", 0)
    await bounds.exchange(pool, one)
    await bounds.exchange(pool, other)

    assert RATES["uploads"].burst - 100 == left(other, "192.0.2.7")
    assert RATES["uploads"].burst == left(other, "192.0.2.8")


async def test_simultaneous_uploads_in_two_processes_are_added_up(pool: Pool) -> None:
    one, other = guard(), guard()
    for each in (one, other):
        for _ in range(60):
            each.upload("192.0.2.7", 0)
    for each in (one, other, one):
        await bounds.exchange(pool, each)

    assert [RATES["uploads"].burst - 120] * 2 == [left(each, "192.0.2.7") for each in (one, other)]


async def test_a_restart_forgets_nothing_and_nobody_can_read_who_it_was(pool: Pool) -> None:
    before = guard()
    taken = left(before, "192.0.2.7")
    await bounds.exchange(pool, before)
    after = guard()
    sharing = asyncio.create_task(bounds.share(pool, after))
    await soon(lambda: after._buckets["uploads"].wait_s("192.0.2.7"))
    sharing.cancel()
    await finish(sharing)

    assert (RATES["uploads"].burst, 0) == (taken, left(after, "192.0.2.7"))
    assert "192.0.2.7" not in str(await pool.fetch("SELECT b::text FROM bounds b"))


async def test_returned_allowance_is_available_to_all_processes(pool: Pool) -> None:
    one, other = guard(), guard()
    for _ in range(5):
        with one.addition("192.0.2.7"):
            pass  # this one could not be stored, and costs nothing
    with one.addition("192.0.2.7") as bill:
        bill.owes = True
    await bounds.exchange(pool, one)
    await bounds.exchange(pool, other)

    for _ in range(RATES["additions"].burst - 1):
        with other.addition("192.0.2.7") as bill:
            bill.owes = True
    with pytest.raises(Limited), other.addition("192.0.2.7"):
        pass


async def test_uses_counted_during_a_database_outage_are_shared_later(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = guard(), guard()
    assert RATES["uploads"].burst == left(one, "192.0.2.7")
    with monkeypatch.context() as away:
        away.setattr(bounds, "_ADD", "SELECT 1/0")
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
            await bounds.exchange(pool, one)
    await bounds.exchange(pool, one)
    await bounds.exchange(pool, other)

    assert 0 == left(other, "192.0.2.7")


async def test_bounds_that_are_full_again_are_deleted(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO bounds (what, client, full_at) VALUES ('uploads', '\\x01', now() - interval '1 s'),"
        " ('uploads', '\\x02', now() + interval '1 h')"
    )
    await pool.execute(bounds._FORGET)

    assert [b"\x02"] == [row["client"] for row in await pool.fetch("SELECT client FROM bounds")]
