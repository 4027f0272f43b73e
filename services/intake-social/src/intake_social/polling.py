"""Poll a network: by one process per database, and not while the network wants to be left alone."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from chassis.database import Pool, holding
from intake import metrics
from intake_social.adapters.errors import SocialThrottled, SocialUnauthorized

log = logging.getLogger(__name__)
#: Seconds until a network that refuses our credentials is asked again.
REFUSED_S = 60
#: Channels that this process has begun to read. A failed poll starts again, and must not look like an answer.
_begun = set[str]()

_STILL_OURS = "SELECT 1"  # a lock goes with its connection
_CURSOR = "SELECT position FROM cursors WHERE source = $1"
_MOVE = """
INSERT INTO cursors (source, position) VALUES ($1, $2)
ON CONFLICT (source) DO UPDATE SET position = excluded.position"""


@asynccontextmanager
async def alone(
    pool: Pool, lock: int, channel: str, look: Callable[[], Awaitable[None]]
) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """Yield ``look`` as soon as no other process of this database polls ``channel``: a network counts requests, and
    each process would set aside the same unreadable items. ``look`` fails when the lock is lost."""
    async with holding(pool, lock) as leader:

        async def look_alone() -> None:
            await leader.fetchval(_STILL_OURS)
            await look()

        try:
            yield look_alone
        finally:
            metrics.REFUSED.labels(channel).set(0)  # the next process to look will know


async def poll(channel: str, look: Callable[[], Awaitable[None]], every_s: float) -> None:
    """Call ``look`` every ``every_s`` seconds until it fails or the task is cancelled.

    A network that throttles us is left alone as long as it says; one that refuses us needs a person. A channel that has
    not answered since the process started counts as read at its start, so that an alert can see how long it is silent.
    """
    if channel not in _begun:
        _begun.add(channel)
        metrics.READ.labels(channel).set_to_current_time()
    while True:
        try:
            await look()
            metrics.READ.labels(channel).set_to_current_time()
            metrics.REFUSED.labels(channel).set(0)
        except SocialThrottled as throttled:
            await asyncio.sleep(until(throttled))
        except SocialUnauthorized as refused:
            log.critical("not_read", extra={"why": str(refused)})
            metrics.REFUSED.labels(channel).set(1)
            await asyncio.sleep(REFUSED_S)
        await asyncio.sleep(every_s)


def until(throttled: SocialThrottled) -> float:
    """Return the seconds until the network may be asked again."""
    return max((throttled.reset_at - datetime.now(UTC)).total_seconds(), 1)


async def cursor_of(pool: Pool, source: str) -> str | None:
    """Return how far ``source`` has been read, or None if it has not been read yet."""
    position: str | None = await pool.fetchval(_CURSOR, source)
    return position


async def move(pool: Pool, source: str, position: str) -> None:
    """Note that ``source`` is stored up to ``position``."""
    await pool.execute(_MOVE, source, position)
