"""Keys of other systems at the website: what they allow, and how one is looked up. Without one everything works."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum

from chassis.keys import Key, check, hash_of
from chassis.limits import Clock

#: Seconds for which what the database said of a key is believed: so long one works after it was revoked.
BELIEVED_S = 30
_REMEMBERED = 1_000


class KeyRight(StrEnum):
    """What a key allows."""

    SEND = "send"  # complaints, additions and photos
    READ = "read"  # everything that is only looked at
    COUNTER = "counter"  # may say that it was brought to a counter, and is told what a receipt is printed of


#: What a key allows of which nothing is said.
USUAL = (KeyRight.SEND, KeyRight.READ)


class KeyClient(str):
    """A client that is counted by its key and not by its address: the id of the key."""

    __slots__ = ()


def source_of(key: Key) -> str:
    """Give what the database calls the way by which complaints with ``key`` came; no citizen is shown it.

    An ``Idempotency-Key`` counts within it, so no system meets what another sent.
    """
    return f"key:{key.system}"


class Keys:
    """Reads keys with ``find``, which is asked for each once in ``BELIEVED_S``, also for what is none."""

    def __init__(self, find: Callable[[bytes], Awaitable[Key | None]], clock: Clock = time.monotonic) -> None:
        self.find, self.clock = find, clock
        self._known: dict[bytes, tuple[float, Key | None]] = {}

    async def of(self, shown: str, right: KeyRight) -> Key:
        """Give the key that was ``shown``.

        Raises:
            KeyRefused: it opens nothing, or not this.
            StoreDown: nobody can say.
        """
        digest, now = hash_of(shown), self.clock()
        asked_at, key = self._known.get(digest, (float("-inf"), None))
        if now - asked_at > BELIEVED_S:
            key = await self.find(digest)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[digest] = now, key
        return check(key, right, datetime.now(UTC))
