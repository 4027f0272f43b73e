"""A database that was put back from a backup: who was told of something is not told of it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from aiokafka import TopicPartition
from desk_office import Tell
from desk_post import WEEK, Moved, states, told_to, turn

from chassis.database import Pool
from contracts import ticket
from testing.mail import Sink
from unit_desk.people import Person
from unit_desk.restored import Before, settle
from unit_desk.sending import Post

pytestmark = pytest.mark.connected
MakeStaff = Callable[..., Awaitable[Person]]


async def read_again(pool: Pool, post: Post, clock: Moved, fresh: set[str] | None = None) -> None:
    """End a restore, of a database that lived until now."""
    read = {TopicPartition("unit.pupr.routed.v1", 0): 1}
    async with pool.acquire() as db:
        await settle(db, post.office, Before(read=read, alive=clock(), fresh=fresh or set()))


@pytest.mark.parametrize(
    ("minutes", "facts", "again"),
    [
        (20, {"why": "breached", "stage": "completion"}, False),  # went out at once
        (20, {"why": "escalated", "stage": "completion"}, False),
        (20, {}, True),  # waited for its hour
        (90, {}, False),  # went out with it
        (20, {"urgency": "darurat", "status": "acknowledged"}, False),
        (20, {"urgency": "darurat"}, True),  # nobody has touched it
        (25 * 60, {"urgency": "darurat"}, False),
    ],
)
async def test_what_was_told_is_not_told_again_but_a_danger_that_nobody_touched(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved,
    minutes: int, facts: dict[str, Any], again: bool,
) -> None:  # fmt: skip
    await staff(email="rahma@contoh.id", unwanted=["morning"])
    await tell(**facts, at=clock() - timedelta(minutes=minutes))
    await pool.execute("UPDATE notices SET recorded_at = $1", clock())

    await read_again(pool, post, clock)
    for _ in range(3):
        await turn(pool, post)
        clock.on(minutes=61)

    assert (["rahma@contoh.id"] if again else []) == [to for to, _ in told_to(sink)]


async def test_what_came_while_it_was_lost_is_told_as_ever(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(unwanted=["morning"])
    number = ticket.mint("sms")
    await tell(complaint_id="known", why="breached", stage="completion", at=clock() - timedelta(minutes=5))
    await tell(complaint_id="new", ticket=number, why="breached", stage="completion", at=clock())
    fresh = await pool.fetchval("SELECT event_id FROM notices WHERE ticket = $1", number)

    await read_again(pool, post, clock, {fresh})
    await turn(pool, post)

    assert [True] == [number in subject for _, subject in told_to(sink)]


async def test_what_was_held_for_the_end_of_the_night_is_told_in_the_morning(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(unwanted=["morning"])
    clock.to(23)
    await tell(why="breached", stage="completion", at=clock())
    await pool.execute("UPDATE notices SET recorded_at = $1", clock())
    clock.on(hours=2)

    await read_again(pool, post, clock)
    await turn(pool, post)
    before = list(sink.mails)
    clock.to(7)
    await turn(pool, post)

    assert ([], 1) == (before, len(sink.mails))


async def test_what_lay_in_the_backup_half_told_is_told_on_in_no_way(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id", days=WEEK, hours="07.30-16.00", unwanted=["morning"])
    await staff(role="pimpinan", email="kepala@contoh.id", days=WEEK, hours="16.00-07.30", unwanted=["morning"])
    await tell(why="escalated", stage="completion", at=clock())
    await turn(pool, post)  # it would climb, had nobody opened it since
    await sink.stop()
    await tell(complaint_id="2", ticket=ticket.mint("sms"), why="breached", stage="completion", at=clock())
    await turn(pool, post)  # and this mail was out soon after the backup
    clock.on(hours=4)

    await read_again(pool, post, clock)
    await sink.start()
    for _ in range(3):
        await turn(pool, post)
        clock.on(hours=1)

    assert ["rahma@contoh.id"] == [to for to, _ in told_to(sink)]
    assert ["maybe_sent", "sent"] == sorted(state for _, _, state in await states(pool))


@pytest.mark.parametrize(("alive", "lists"), [(7, 1), (8, 0)])
async def test_a_list_of_the_morning_comes_once_where_the_lost_database_lived_to_send_it(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved, alive: int, lists: int
) -> None:
    await staff(email="rahma@contoh.id", unwanted=["new"])
    await tell(at=clock() - timedelta(hours=3))
    clock.to(alive)
    before = Before(read={}, alive=clock())
    clock.to(9)

    async with pool.acquire() as db:
        await settle(db, post.office, before)
    await turn(pool, post)

    assert ["rahma@contoh.id"] * lists == [to for to, _ in told_to(sink)]


async def test_a_database_that_knows_all_that_was_read_goes_on_where_it_was(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(unwanted=["morning"])
    await tell(why="breached", stage="completion", at=clock())

    async with pool.acquire() as db:
        await settle(db, post.office, Before(read={}))
    await turn(pool, post)

    assert 1 == len(sink.mails)
