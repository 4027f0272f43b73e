"""Admits one request at a time to expensive work, by turns: a client with many requests waits for everybody else."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from intake.files import StoreDown


class TooManyWait(StoreDown):
    """The queue is full, or the wait too long: try again later."""


class Turns:
    """Admits one at a time; at most ``most`` wait, each up to ``patience_s`` seconds if that is given.

    Turns go round by client. When the queue is full, a newcomer takes the last place of the client with the longest
    line, so that no client can keep others out with many requests: longest queue drop, as in RFC 8290, 4.1.
    """

    def __init__(self, most: int, patience_s: float | None = None) -> None:
        self.most, self.patience_s = most, patience_s
        self._is_taken = False
        self._lines: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for the turn of ``client``, and hold it while the context is open.

        Raises:
            TooManyWait: there is no room, another client needed the place more, or it took too long.
        """
        if self._is_taken:
            await self._wait(client)
        self._is_taken = True
        try:
            yield
        finally:
            self._call_next()

    async def _wait(self, client: str) -> None:
        self._make_room(client)
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line = self._lines.setdefault(client, deque())
        line.append(called)
        try:
            async with asyncio.timeout(self.patience_s):
                await self._called(called, client, line)
        except TimeoutError:
            raise TooManyWait("its turn did not come") from None

    async def _called(self, called: asyncio.Future[None], client: str, line: deque[asyncio.Future[None]]) -> None:
        try:
            await called
        except asyncio.CancelledError:
            if not called.cancelled() and not called.exception():  # called while being cancelled
                self._call_next()
            elif called in line:
                line.remove(called)
                if not line:
                    del self._lines[client]
            raise

    def _make_room(self, client: str) -> None:
        if sum(map(len, self._lines.values())) < self.most:
            return
        longest = max(self._lines, key=lambda each: len(self._lines[each]), default="")
        own = len(self._lines.get(client, ()))
        if len(self._lines.get(longest, ())) <= own + 1:
            raise TooManyWait(f"{self.most} wait")
        last = self._lines[longest].pop()
        if not last.done():
            last.set_exception(TooManyWait("another came"))

    def _call_next(self) -> None:
        self._is_taken = False
        while self._lines and not self._is_taken:
            client = next(iter(self._lines))
            line = self._lines.pop(client)
            called = line.popleft()
            if line:
                self._lines[client] = line  # behind all others
            if not called.done():  # skip one that is cancelled but has not left yet
                called.set_result(None)
                self._is_taken = True
