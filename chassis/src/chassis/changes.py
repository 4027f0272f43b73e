"""Wakes tasks that wait for a change of something; one connection to the database hears of all changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chassis.database import Pool

#: Seconds between checks that the connection still stands: one that is lost silently says nothing.
_ASK_S = 30
_PING = "SELECT 1"


class Changes:
    """The tasks that wait for names on ``channel`` of the database. ``stopped``: nobody may wait any longer."""

    def __init__(self, channel: str) -> None:
        self.channel, self.stopped = channel, False
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def of(self, *names: str) -> Iterator[asyncio.Event]:
        """Yield an event that is set at each change of one of ``names``."""
        changed = asyncio.Event()
        for name in names:
            self._waiting.setdefault(name, set()).add(changed)
        try:
            yield changed
        finally:
            for name in names:
                self._waiting[name].discard(changed)
                if not self._waiting[name]:
                    del self._waiting[name]

    async def listen(self, pool: Pool) -> None:
        """Listen for changes until cancelled; then end all waiting, so that the website can stop.

        Raises:
            asyncpg.PostgresError, OSError, TimeoutError: the database is gone; start again.
        """
        try:
            async with pool.acquire() as db:
                await db.add_listener(self.channel, self._heard)
                try:
                    self._wake(list(self._waiting))  # earlier changes were not heard
                    while True:
                        await asyncio.sleep(_ASK_S)
                        await db.fetchval(_PING)
                finally:
                    if not db.is_closed():
                        await db.remove_listener(self.channel, self._heard)
        except asyncio.CancelledError:
            self.stopped = True
            self._wake(list(self._waiting))
            raise

    def _heard(self, _db: Any, _pid: int, _channel: str, name: str) -> None:
        self._wake([name])

    def _wake(self, names: list[str]) -> None:
        for name in names:
            for changed in self._waiting.get(name, ()):
                changed.set()


async def is_set(changed: asyncio.Event, within_s: float) -> bool:
    """Wait for ``changed``, at most ``within_s`` seconds; return whether it is set."""
    try:
        async with asyncio.timeout(within_s):
            return await changed.wait()
    except TimeoutError:
        return False
