"""Token buckets by key."""

from __future__ import annotations

import time
from collections.abc import Callable


class Buckets:
    """Lets each key do a thing ``burst`` times at once, and then ``per_s`` times a second."""

    def __init__(self, *, burst: float, per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.burst, self.per_s, self.clock = burst, per_s, clock
        self._full_at: dict[str, float] = {}

    def take(self, key: str) -> bool:
        """Whether ``key`` may do it once more now."""
        now = self.clock()
        full_at = max(self._full_at.get(key, now), now) + 1 / self.per_s
        if full_at - now > self.burst / self.per_s:
            return False
        self._full_at[key] = full_at
        return True
