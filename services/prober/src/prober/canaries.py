"""What is known of the canaries that are under way. Pure: moments are given, nothing is sent or counted here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

#: What a canary comes past last: a unit would hear of a complaint next.
LAST = "router"


@dataclass(frozen=True, kw_only=True)
class Hop:
    """A canary was passed on by ``by``, ``after_s`` seconds after it was sent."""

    channel: str
    by: str
    after_s: float


@dataclass(kw_only=True)
class Canaries:
    """Those that are under way, by name: their channel and when they were sent, in seconds of one clock."""

    lost_after_s: float
    waiting: dict[str, tuple[str, float]] = field(default_factory=dict)

    def sent(self, name: str, channel: str, now: float) -> None:
        """One was handed over at the door."""
        self.waiting[name] = channel, now

    def refused(self, name: str) -> None:
        """The door did not take it."""
        self.waiting.pop(name, None)

    def passed(self, name: str, by: str, now: float) -> Hop | None:
        """Tell how long it took to there; None for one that nobody waits for: lost, or of an earlier process."""
        if name not in self.waiting:
            return None
        channel, sent_at = self.waiting[name]
        if by == LAST:
            del self.waiting[name]
        return Hop(channel=channel, by=by, after_s=max(now - sent_at, 0))

    def lost(self, now: float) -> Iterator[str]:
        """Take those out that are not coming any more, and give their channels."""
        for name, (channel, sent_at) in [*self.waiting.items()]:
            if now - sent_at > self.lost_after_s:
                del self.waiting[name]
                yield channel
