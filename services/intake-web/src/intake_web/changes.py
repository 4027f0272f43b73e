"""Wakes whoever waits for a change of a complaint; one connection to the database hears of the changes of all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chassis.database import Pool
from intake.complaint_view import CHANGED

#: Seconds after which it is asked whether the connection still stands: one that is silently lost says nothing.
_ASK_S = 30
_PING = "SELECT 1"


class Changes:
    """Who waits for which complaint. ``stopped``: nobody may wait any longer."""

    def __init__(self) -> None:
        self.stopped = False
        self._waiting: dict[str, set[asyncio.Event]] = {}

    @contextmanager
    def of(self, number: str) -> Iterator[asyncio.Event]:
        """Give what is set at each change of the complaint ``number``."""
        changed = asyncio.Event()
        self._waiting.setdefault(number, set()).add(changed)
        try:
            yield changed
        finally:
            self._waiting[number].discard(changed)
            if not self._waiting[number]:
                del self._waiting[number]

    async def listen(self, pool: Pool) -> None:
        """Hear of changes for ever; cancelled, it ends all waiting, so that the website can stop.

        Raises:
            asyncpg.PostgresError, OSError, TimeoutError: the database is gone; start again.
        """
        try:
            async with pool.acquire() as db:
                await db.add_listener(CHANGED, self._heard)
                try:
                    self._wake(list(self._waiting))  # what changed meanwhile was not heard
                    while True:
                        await asyncio.sleep(_ASK_S)
                        await db.fetchval(_PING)
                finally:
                    if not db.is_closed():
                        await db.remove_listener(CHANGED, self._heard)
        except asyncio.CancelledError:
            self.stopped = True
            self._wake(list(self._waiting))
            raise

    def _heard(self, _db: Any, _pid: int, _channel: str, number: str) -> None:
        self._wake([number])

    def _wake(self, numbers: list[str]) -> None:
        for number in numbers:
            for changed in self._waiting.get(number, ()):
                changed.set()
