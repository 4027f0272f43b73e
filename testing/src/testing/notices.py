"""Sends notices in the tests of intakes."""

from __future__ import annotations

import asyncio

from chassis.database import Pool
from intake.notices import Notice, Send
from intake.sending import send_notices
from testing.waiting import finish


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
