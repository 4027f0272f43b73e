"""Rate limits for the programs of units: in memory, for each process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.limits import Buckets, Rate

#: The rate of one key, by right.
RATES = {"read": Rate(burst=60, per_hour=3_600), "reply": Rate(burst=60, per_hour=1_200)}
#: The most requests of one key that wait for news concurrently.
MOST_WAITING = 4


class Allowance:
    """Counts recent requests by key."""

    def __init__(self) -> None:
        self._used = {right: Buckets(rate) for right, rate in RATES.items()}
        self._waiting: dict[str, int] = {}

    def wait_s(self, key: str, right: str) -> float:
        """Count a request of ``key`` and return 0; or return the seconds until one is allowed, and don't count it."""
        if wait_s := self._used[right].wait_s(key):
            return wait_s
        self._used[right].take(key)
        return 0

    @contextmanager
    def waiting(self, key: str) -> Iterator[bool]:
        """Count a request of ``key`` that waits, until the context ends; yield whether it may wait."""
        count = self._waiting.get(key, 0)
        self._waiting[key] = count + 1
        try:
            yield count < MOST_WAITING
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
