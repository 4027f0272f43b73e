"""How long a person waits after wrong guesses: longer each time, but never forever, so nobody locks another out."""

from __future__ import annotations

import time
from collections import OrderedDict

from chassis.limits import Buckets, Clock, Rate

#: Free guesses and the longest wait: from one place for one person; and for one person from all places, which is short,
#: as others could use it to keep that person out.
HERE, PERSON = (5, 900.0), (30, 30.0)
#: From one place for all persons: an office has one address, and every day some of its people mistype.
PLACE = Rate(burst=30, per_hour=12)
#: Wrong guesses are forgotten so long after the last one.
FORGOTTEN_S = 24 * 3600
_MOST = 50_000


class Delays:
    """Counts wrong guesses by key, in memory, for each process."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._places = Buckets(PLACE, clock, _MOST)

    def wait_s(self, email: str, place: str) -> float:
        """Return the seconds until somebody from ``place`` may try again to log in as ``email``."""
        return max(self._places.wait_s(place), *(self._left(key, *bounds) for key, bounds in _keys(email, place)))

    def wrong(self, email: str, place: str) -> None:
        """Count a wrong guess."""
        self._places.take(place)
        for key, _bounds in _keys(email, place):
            count, _at = self._known(key)
            self._wrong[key] = count + 1, self.clock()
            self._wrong.move_to_end(key)
        while len(self._wrong) > _MOST:
            self._wrong.popitem(last=False)

    def right(self, email: str, place: str) -> None:
        """Forget the wrong guesses of a person who has logged in."""
        for key, _bounds in _keys(email, place):
            self._wrong.pop(key, None)

    def _known(self, key: str) -> tuple[int, float]:
        count, at = self._wrong.get(key, (0, 0.0))
        return (0, at) if self.clock() - at > FORGOTTEN_S else (count, at)

    def _left(self, key: str, free: int, longest_s: float) -> float:
        count, at = self._known(key)
        if count < free:
            return 0.0
        wait = min(longest_s, 2.0 ** min(count - free + 1, 20))  # the power of thousands of guesses overflows a float
        return max(0.0, at + wait - self.clock())


def _keys(email: str, place: str) -> list[tuple[str, tuple[int, float]]]:
    return [(f"{email} {place}", HERE), (email, PERSON)]
