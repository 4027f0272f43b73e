"""A word of the clock about a complaint, from either of its two topics."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct

from contracts.events import DerivationDay, SlaBreached, SlaUpdated
from contracts.vocabulary import ClockKind, StageName

#: A missed promise, and the further steps of its ladder.
LADDER = frozenset({ClockKind.BREACHED, ClockKind.ESCALATED})


def promise(stage: str, deadline_at: datetime) -> str:
    """Return the name of one promise among those of a complaint."""
    return f"{stage} {deadline_at.timestamp():.3f}"


class ClockEvent(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that the clock said; the fields are those of the contract's events.

    ``due_at`` is the moment when time alone made it true; None if a step of the story did.
    """

    kind: str
    stage: str
    round: int
    number: int
    deadline_at: datetime
    based_on_seq: int
    derivation: list[DerivationDay] = []
    due_at: datetime | None = None
    promise: str | None = None
    paused_until: datetime | None = None
    level: int = 0
    escalate_to: list[str] = []

    @classmethod
    def of(cls, data: SlaUpdated | SlaBreached) -> ClockEvent:
        """Read ``data``."""
        extra: dict[str, Any]
        if isinstance(data, SlaBreached):
            extra = {"kind": ClockKind.ESCALATED if data.level else ClockKind.BREACHED, "escalate_to": data.escalate_to}
        else:
            extra = {"kind": data.kind, "promise": data.promise or None, "paused_until": data.paused_until or None}
        return cls(
            stage=data.stage,
            round=data.round,
            number=data.number,
            deadline_at=data.deadline_at,
            based_on_seq=data.based_on_seq,
            derivation=data.derivation,
            due_at=None if data.due_at is UNSET else data.due_at,
            level=data.level,
            **extra,
        )

    @property
    def about(self) -> str:
        """The promise it is about."""
        return promise(self.stage, self.deadline_at)

    @property
    def clock(self) -> str:
        """The clock that said it: each legal request has its own; otherwise each stage has one."""
        return self.about if self.stage == StageName.RIGHTS else self.stage

    def takes_back(self, other: ClockEvent) -> bool:
        """Whether ``other`` is a breach or escalation that this retraction makes untrue."""
        return other.kind in LADDER and other.about == self.about and other.level >= self.level
