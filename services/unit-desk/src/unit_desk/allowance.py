"""How much the programs of units may ask for: in memory, for each process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.limits import Buckets, Rate

#: What one key may do, by its right.
RATES = {"read": Rate(burst=60, per_hour=3_600), "reply": Rate(burst=60, per_hour=1_200)}
#: So many requests of one key wait for news at once.
MOST_WAITING = 4


class Allowance:
    """Counts what was asked for lately, by key."""

    def __init__(self) -> None:
        self._used = {right: Buckets(rate) for right, rate in RATES.items()}
        self._waiting: dict[str, int] = {}

    def wait_s(self, key: str, right: str) -> float:
        """Count a request of ``key``; gives the seconds until it may be made, and then it is not counted."""
        if wait_s := self._used[right].wait_s(key):
            return wait_s
        self._used[right].take(key)
        return 0

    @contextmanager
    def waiting(self, key: str) -> Iterator[bool]:
        """Count one more request of ``key`` that waits; gives whether it may."""
        count = self._waiting.get(key, 0)
        self._waiting[key] = count + 1
        try:
            yield count < MOST_WAITING
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]
