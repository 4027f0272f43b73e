"""How far groups are behind, as it is seen from outside. Pure: offsets and moments are given.

A group whose process died says nothing of itself; its committed offsets stay, and partitions grow.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Place = tuple[str, int]
#: So many growths of a partition are remembered: at a look each 15 s more than eight hours of steady growth.
KEPT = 2_000
_OF_UNIT = re.compile(r"(unit\.[a-z0-9-]+)\..")


@dataclass(frozen=True, kw_only=True)
class Behind:
    """``records`` are not finished with; as far as is known the oldest was written ``seconds`` ago or before."""

    records: int = 0
    seconds: float = 0


@dataclass(kw_only=True)
class Growth:
    """When each partition was first seen to end where."""

    seen: dict[Place, deque[tuple[float, int]]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=KEPT)))

    def look(self, ends: Mapping[Place, int], now: float) -> None:
        """Partitions end at ``ends`` now."""
        for place, end in ends.items():
            if not self.seen[place] or self.seen[place][-1][1] != end:
                self.seen[place].append((now, end))

    def behind(self, committed: Mapping[Place, int], now: float) -> Behind:
        """Tell how far a group is behind that has finished with all before ``committed``."""
        records, seconds = 0, 0.0
        for place, offset in committed.items():
            if place in self.seen and (missing := self.seen[place][-1][1] - offset) > 0:
                records += missing
                since = next(at for at, end in self.seen[place] if end > offset)
                seconds = max(seconds, now - since)
        return Behind(records=records, seconds=seconds)


def called(group: str, services: Iterable[str]) -> str | None:
    """Give the name under which ``group`` is shown: a service, or ``unit.`` and a unit's code; None for any other.

    A unit names its groups as it likes below that.
    """
    if group in services:
        return group
    of_unit = _OF_UNIT.match(group)
    return of_unit[1] if of_unit else None


def by_name(found: Iterable[tuple[str, Behind]]) -> dict[str, Behind]:
    """Give for each name the group that is least behind: a unit may have tried many, and one that works is enough."""
    best: dict[str, Behind] = {}
    for name, behind in found:
        if name not in best or (behind.seconds, behind.records) < (best[name].seconds, best[name].records):
            best[name] = behind
    return best
