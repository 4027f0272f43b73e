"""The outcome of a story, read plainly from its first step to its last."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.wire import Message

CLOCK = {"deadline_set", "warned", "breached", "escalated", "paused", "resumed", "rescheduled", "retracted", "met"}
#: A level of a deadline: stage, instant and level of the ladder.
Rung = tuple[str, datetime, int]


@dataclass
class Fold:
    """A story from its first step to its last."""

    status: str = "received"
    unit: str | None = None
    support: list[str] = field(default_factory=list)
    parent: str | None = None
    deadline_at: datetime | None = None
    missed: datetime | None = None
    paused: bool = False
    to_confirm: bool = False
    reopen_until: datetime | None = None
    told: dict[Rung, str] = field(default_factory=dict)  # with the status at that time

    @property
    def breached(self) -> bool:
        return self.missed is not None and self.missed == self.deadline_at

    def take(self, step: Any) -> None:
        if step.kind in CLOCK:
            self.take_clock(step)
            return
        self.status, self.unit, self.support = step.status, step.unit, step.support
        if step.kind not in ("noted", "corrected") or step.note == "confirmed":
            self.to_confirm = step.note == "to_confirm" and step.status == "resolved"
        if step.kind == "merged":
            self.parent, self.deadline_at = step.parent, step.deadline_at or None
            self.missed = self.deadline_at if step.code == "parent_late" else None
            self.paused = step.code == "parent_paused"
        elif step.kind == "unmerged":
            self.parent = None
        elif step.kind == "reopened" or step.note == "undone":
            self.reopen_until = None

    def take_clock(self, step: Any) -> None:
        level = step.level or 0
        if step.kind in ("breached", "escalated"):
            self.told[step.stage, step.deadline_at, level] = self.status
        elif step.kind == "retracted":
            self.told = {r: s for r, s in self.told.items() if r[:2] != (step.stage, step.deadline_at) or r[2] < level}
        if step.stage == "closing" and step.kind == "deadline_set":
            self.reopen_until = step.deadline_at
        if step.stage != "completion":
            return
        match step.kind:
            case "deadline_set" | "resumed" | "rescheduled":
                self.paused = self.paused and step.kind == "rescheduled"
                self.deadline_at = step.deadline_at
            case "breached":
                self.deadline_at = self.missed = step.deadline_at
                self.paused = False
            case "retracted" if not level and step.deadline_at == self.missed:
                self.missed = None
            case "paused":
                self.paused = True


def folded(story: list[Message]) -> Fold:
    fold = Fold()
    for message in story:
        fold.take(message.data)
    return fold
