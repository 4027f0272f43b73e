"""The state of the canaries that are under way. Pure: callers give the time, nothing is sent or counted here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

#: The last service that a canary passes: after it a real complaint would reach a unit.
LAST = "router"


@dataclass(frozen=True, kw_only=True)
class Hop:
    """The service ``by`` passed a canary on, ``after_s`` seconds after it was sent."""

    channel: str
    by: str
    after_s: float


@dataclass(kw_only=True)
class Canaries:
    """The canaries under way by name, each with its channel and the time it was sent, in seconds of one clock."""

    lost_after_s: float
    waiting: dict[str, tuple[str, float]] = field(default_factory=dict)

    def sent(self, name: str, channel: str, now: float) -> None:
        """Note that a canary is handed over at its door."""
        self.waiting[name] = channel, now

    def refused(self, name: str) -> None:
        """Forget a canary that its door refused."""
        self.waiting.pop(name, None)

    def passed(self, name: str, by: str, now: float) -> Hop | None:
        """Return the hop with its time; None if nobody waits for the canary: it is lost, or of an earlier process."""
        if name not in self.waiting:
            return None
        channel, sent_at = self.waiting[name]
        if by == LAST:
            del self.waiting[name]
        return Hop(channel=channel, by=by, after_s=max(now - sent_at, 0))

    def lost(self, now: float) -> Iterator[str]:
        """Remove the canaries that are under way for too long, and yield their channels."""
        for name, (channel, sent_at) in [*self.waiting.items()]:
            if now - sent_at > self.lost_after_s:
                del self.waiting[name]
                yield channel
