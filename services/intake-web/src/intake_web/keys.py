"""Keys of other systems at the website: their rights, and how one is looked up. The website works without any key."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from enum import StrEnum

from chassis.keys import Key, check, hash_of
from chassis.limits import Clock

#: Seconds that a key's lookup is cached: for up to so long a revoked key still works.
BELIEVED_S = 30
_REMEMBERED = 1_000


class KeyRight(StrEnum):
    """A permission of a key."""

    SEND = "send"  # complaints, additions and photos
    READ = "read"  # all read-only requests
    COUNTER = "counter"  # may submit complaints of a counter, and gets what its receipt prints


#: The rights of a key created without any stated.
USUAL = (KeyRight.SEND, KeyRight.READ)


class KeyClient(str):
    """A client identified by its key, not by its address: the id of the key."""

    __slots__ = ()


def source_of(key: Key) -> str:
    """Return the ``gateway`` of complaints sent with ``key``, as the database stores it; no citizen sees it.

    An ``Idempotency-Key`` is unique within it, so two systems never collide.
    """
    return f"key:{key.system}"


class Keys:
    """Looks up keys with ``find``, at most once in ``BELIEVED_S`` for each, unknown keys included."""

    def __init__(self, find: Callable[[bytes], Awaitable[Key | None]], clock: Clock = time.monotonic) -> None:
        self.find, self.clock = find, clock
        self._known: dict[bytes, tuple[float, Key | None]] = {}

    async def of(self, shown: str, right: KeyRight) -> Key:
        """Return the key that was ``shown``.

        Raises:
            KeyRefused: the key is not valid, or lacks ``right``.
            StoreDown: the key could not be looked up.
        """
        digest, now = hash_of(shown), self.clock()
        asked_at, key = self._known.get(digest, (float("-inf"), None))
        if now - asked_at > BELIEVED_S:
            key = await self.find(digest)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[digest] = now, key
        return check(key, right, datetime.now(UTC))
