"""How far groups are behind, seen from outside. Pure: callers give offsets and times.

A group whose process died reports nothing, but its committed offsets stay while its partitions grow.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Place = tuple[str, int]
#: How many growths of a partition are remembered: at one look each 15 s, more than eight hours of steady growth.
KEPT = 2_000
_OF_UNIT = re.compile(r"(unit\.[a-z0-9-]+)\..")


@dataclass(frozen=True, kw_only=True)
class Behind:
    """A group has ``records`` left to handle; the oldest was written at least ``seconds`` ago, as far as was seen."""

    records: int = 0
    seconds: float = 0


@dataclass(kw_only=True)
class Growth:
    """The ends of each partition, each with the time at which it was first seen."""

    seen: dict[Place, deque[tuple[float, int]]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=KEPT)))

    def look(self, ends: Mapping[Place, int], now: float) -> None:
        """Note that partitions end at ``ends`` now."""
        for place, end in ends.items():
            if not self.seen[place] or self.seen[place][-1][1] != end:
                self.seen[place].append((now, end))

    def behind(self, committed: Mapping[Place, int], now: float) -> Behind:
        """Return how far a group is behind that has handled everything before its ``committed`` offsets."""
        records, seconds = 0, 0.0
        for place, offset in committed.items():
            if place in self.seen and (missing := self.seen[place][-1][1] - offset) > 0:
                records += missing
                since = next(at for at, end in self.seen[place] if end > offset)
                seconds = max(seconds, now - since)
        return Behind(records=records, seconds=seconds)


def called(group: str, services: Iterable[str]) -> str | None:
    """Return the name under which ``group`` is shown: a service, or ``unit.`` and a unit's code; None for any other.

    A unit may append any suffix to that for its groups.
    """
    if group in services:
        return group
    of_unit = _OF_UNIT.match(group)
    return of_unit[1] if of_unit else None


def by_name(found: Iterable[tuple[str, Behind]]) -> dict[str, Behind]:
    """Return for each name its group that is least behind: a unit may try many groups, and one that works is enough."""
    best: dict[str, Behind] = {}
    for name, behind in found:
        if name not in best or (behind.seconds, behind.records) < (best[name].seconds, best[name].records):
            best[name] = behind
    return best
