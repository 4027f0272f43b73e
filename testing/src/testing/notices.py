"""Sends notices in the tests of intakes."""

from __future__ import annotations

import asyncio
from collections import Counter
from copy import copy
from datetime import timedelta

from chassis.database import Pool
from intake.notices import NewNotice, Notice, NoticeKind, Send, add_notices
from intake.sending import send_notices
from intake.service import Task
from intake.texts import Texts
from testing.background import kept_running
from testing.waiting import finish

# All are sent or dropped; or one waits for the morning, and those behind it with it.
_SETTLED = """
SELECT bool_and(state <> 'pending') OR bool_or(state = 'pending' AND quiet)
    AND NOT bool_or(state = 'pending' AND kind = 'danger') FROM notices"""


async def send_all(pool: Pool, *outcomes: Exception | None) -> list[Notice]:
    """Send all waiting notices, within 10 s; the n-th attempt ends with the n-th of ``outcomes``, if there is one.

    Returns the notices that it tried to send.
    """
    tried: list[Notice] = []

    async def send(notice: Notice) -> None:
        tried.append(notice)
        if len(tried) <= len(outcomes) and (outcome := outcomes[len(tried) - 1]):
            raise outcome

    await pool.execute("UPDATE notices SET next_try_at = now()")
    await send_while(pool, send, "SELECT EXISTS (SELECT FROM notices WHERE state = 'pending')")
    return tried


async def send_while(pool: Pool, send: Send, waiting: str) -> None:
    """Send notices while the query ``waiting`` returns something true.

    Raises:
        TimeoutError: it still did after ten seconds.
    """
    sending = asyncio.create_task(send_notices(pool, "test", send))
    async with asyncio.timeout(10):
        while await pool.fetchval(waiting):
            await asyncio.sleep(0.02)
    sending.cancel()
    await finish(sending)


def at_night(texts: Texts) -> Texts:
    """Return ``texts`` of a region in which it is always five hours before the morning."""
    nightly = copy(texts)
    nightly.quiet_until = lambda at: at + timedelta(hours=5)
    return nightly


async def bounded_by(pool: Pool, sender: Task, address: str, threads: list[str]) -> Counter[str]:
    """Run an app's own ``sender`` on a step for each of ``threads``, and one danger, all to ``address``.

    Returns how many of them it sent, dropped and let wait for the morning.

    Raises:
        TimeoutError: after a minute some of them are neither.
    """
    async with pool.acquire() as db, db.transaction():
        kinds = {thread: NoticeKind.STEP for thread in threads[1:]} | {threads[0]: NoticeKind.DANGER}
        await add_notices(
            db,
            [
                NewNotice(f"T{n}", kind, "1", f"Kabar {n}", address, each)
                for n, (each, kind) in enumerate(kinds.items())
            ],
        )
    async with kept_running([sender]), asyncio.timeout(60):
        while not await pool.fetchval(_SETTLED):
            await asyncio.sleep(0.02)
    rows = await pool.fetch("SELECT CASE state WHEN 'pending' THEN 'waits' ELSE state END AS state FROM notices")
    return Counter(row["state"] for row in rows)
