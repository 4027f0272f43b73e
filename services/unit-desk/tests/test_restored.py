"""A database that was put back from a backup: nobody is told the same news again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from aiokafka import TopicPartition
from desk_office import PASSWORD, LogIn, Tell
from desk_post import WEEK, Moved, states, told_to, turn

from chassis.database import Pool, migrate
from contracts import ticket
from testing.events import NOW
from testing.mail import Sink
from unit_desk.adapters import accounts, login_codes
from unit_desk.people import Person
from unit_desk.restored import Before, settle, shut
from unit_desk.sending import Post

pytestmark = pytest.mark.connected
MakeStaff = Callable[..., Awaitable[Person]]


async def test_nobody_is_in_any_more_by_what_the_backup_had_open(
    pool: Pool, log_in: LogIn, guest: httpx.AsyncClient, staff: MakeStaff
) -> None:
    rahma = await staff(email="rahma@contoh.id")
    web = await log_in(rahma)
    async with pool.acquire() as db:
        token = await accounts.invite(db, "baru@contoh.id", "Baru", "PUPR", "petugas", None)
        await login_codes.ask_signed_in(db, rahma.id, uuid4(), timedelta(minutes=10))
    before = [(await web.get("/")).status_code, (await guest.get(f"/undangan/{token}")).status_code]

    async with pool.acquire() as db:
        said = await shut(db)
        code = await login_codes.sent_to(db, rahma.id)
    after = [(await web.get("/")).status_code, (await guest.get(f"/undangan/{token}")).status_code]
    again = await guest.post("/masuk", data={"email": rahma.email, "password": PASSWORD})

    assert ("1 sessions, 1 codes and 1 invitations were ended", [200, 200], [303, 410], None, 303) == (
        said, before, after, code, again.status_code,
    )  # fmt: skip
    assert "pemulihan basis data" == await pool.fetchval("SELECT about FROM audit WHERE act = 'akhiri semua sesi'")


async def test_when_an_account_was_changed_and_used_is_known_of_those_before_it_was_kept(
    new_database: Callable[..., str], tmp_path: Path
) -> None:
    migrations = Path(__file__).parents[1] / "migrations"
    for each in sorted(migrations.glob("*.sql"))[:16]:
        shutil.copy(each, tmp_path)
    dsn = new_database(tmp_path)
    db, at = await asyncpg.connect(dsn), [NOW + timedelta(days=n) for n in range(4)]
    rahma, andi = uuid4(), uuid4()
    for person, name in ((rahma, "rahma"), (andi, "andi")):
        await db.execute(
            "INSERT INTO people (id, email, name, unit, role, created_at) VALUES ($1, $2, $2, 'PUPR', 'petugas', $3)",
            person, name, at[0],
        )  # fmt: skip
    for n, who, act, about in (
        (1, None, "undang", f"{rahma} petugas"),
        (2, rahma, "masuk", None),
        (3, rahma, "ganti kata sandi", None),
        (3, None, "gagal masuk", None),
    ):
        await db.execute("INSERT INTO audit (at, person, act, about) VALUES ($1, $2, $3, $4)", at[n], who, act, about)
    migrate(dsn, migrations)

    found = await db.fetch("SELECT name, changed_at, entered_at FROM people ORDER BY name")
    await db.close()

    assert [("andi", at[0], None), ("rahma", at[3], at[2])] == [tuple(row) for row in found]


async def test_handbook_query_lists_account_changes_of_the_old_database(pool: Pool, staff: MakeStaff) -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
    (asked,) = re.findall(r'unit_desk_before_\S+ -c "(.+?)"\n', page, re.DOTALL)
    rahma, andi = await staff(email="rahma@contoh.id"), await staff(email="andi@contoh.id")
    async with pool.acquire() as db:
        await accounts.change_password(db, rahma, "another")
        await accounts.leave(db, andi, None)

    found = await pool.fetch(asked)

    assert [
        ("undang", rahma.email),
        ("undang", andi.email),
        ("ganti kata sandi", rahma.email),
        ("keluarkan", andi.email),
    ] == [(row["act"], row["email"]) for row in found]


async def read_again(pool: Pool, post: Post, clock: Moved, fresh: set[str] | None = None) -> None:
    """End the restore of a database that was alive until now."""
    read = {TopicPartition("unit.pupr.routed.v1", 0): 1}
    async with pool.acquire() as db:
        await settle(db, post.office, Before(read=read, alive=clock(), fresh=fresh or set()))


@pytest.mark.parametrize(
    ("minutes", "facts", "again"),
    [
        (20, {"why": "breached", "stage": "completion"}, False),  # went out immediately
        (20, {"why": "escalated", "stage": "completion"}, False),
        (20, {}, True),  # waited for its hour
        (90, {}, False),  # went out with it
        (20, {"urgency": "darurat", "status": "acknowledged"}, False),
        (20, {"urgency": "darurat"}, True),  # nobody has touched it
        (25 * 60, {"urgency": "darurat"}, False),
    ],
)
async def test_restore_repeats_only_pending_news_and_untouched_dangers(
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


async def test_news_from_the_time_of_the_loss_is_told_after_a_restore(
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


async def test_news_held_overnight_is_told_in_the_morning_after_a_restore(
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


async def test_half_sent_notices_from_a_backup_are_not_continued(
    pool: Pool, post: Post, sink: Sink, tell: Tell, staff: MakeStaff, clock: Moved
) -> None:
    await staff(email="rahma@contoh.id", days=WEEK, hours="07.30-16.00", unwanted=["morning"])
    await staff(role="pimpinan", email="kepala@contoh.id", days=WEEK, hours="16.00-07.30", unwanted=["morning"])
    await tell(why="escalated", stage="completion", at=clock())
    await turn(pool, post)  # it would climb if nobody had opened it
    await sink.stop()
    await tell(complaint_id="2", ticket=ticket.mint("sms"), why="breached", stage="completion", at=clock())
    await turn(pool, post)  # and this mail went out soon after the backup
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
