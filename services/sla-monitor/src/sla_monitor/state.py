"""What is remembered of a complaint, what moves its clocks, and what they announce."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from sla_monitor.deadlines import Pause
from sla_monitor.domain import Trigger
from sla_monitor.running import Kind, Running

#: All that a quiet stage says.
CALLS_FOR_ACTION = frozenset({"warned", "breached", "escalated", "lapsed", "retracted"})
#: Type, urgency and category.
Classification = tuple[str | None, str | None, str | None]


class Update(Protocol):
    """What the clocks need to know of a ``complaint.updated`` event."""

    @property
    def complaint_id(self) -> str: ...
    @property
    def ticket(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def unit(self) -> str | None: ...
    @property
    def lane(self) -> str | None: ...
    @property
    def type(self) -> str | None: ...
    @property
    def urgency(self) -> str | None: ...
    @property
    def category(self) -> str | None: ...
    @property
    def note(self) -> object: ...


class ComplaintClock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is remembered of one complaint. ``seq`` is the last step of its story that was taken in.

    ``starts`` counts the starts of each stage in this round; ``waiting_since`` is when the complaint came to whoever
    has it and has not said a word since; ``stood`` is when clocks of each stage that ended in this round stood still;
    ``missing`` are steps that were dead letters when the later ones came.
    """

    complaint_id: str
    ticket: str
    policy: str
    seq: int
    received_at: datetime
    unit: str | None
    lane: str | None
    classified: Classification = (None, None, None)
    round: int = 1
    merged: bool = False
    running: tuple[Running, ...] = ()
    starts: dict[str, int] = {}
    stood: dict[str, tuple[Pause, ...]] = {}
    waiting_since: datetime | None = None
    missing: tuple[int, ...] = ()

    @property
    def next_due_at(self) -> datetime | None:
        """When ``due`` has something to say; None while only an update can change anything."""
        return min((at for r in self.running if (at := r.next_due_at) is not None), default=None)


@dataclass(frozen=True, kw_only=True)
class SlaEvent:
    """Something to announce. ``at`` is when it became true: for a timer, the moment the timer was set to."""

    kind: Kind
    at: datetime
    clock: ComplaintClock
    running: Running
    reason: str = ""
    escalate_to: tuple[str, ...] = ()

    @property
    def audible(self) -> bool:
        """Whether it is said aloud, or only kept."""
        return not self.running.quiet or self.kind in CALLS_FOR_ACTION


def triggers(update: Update) -> frozenset[Trigger]:
    """The names under which a stage may wait for ``update``."""
    about = update.note if update.kind == "noted" else update.lane
    return frozenset({update.kind, f"{update.kind}/{about}"})


def classification(update: Update) -> Classification:
    """What the complaint is known to be as of ``update``."""
    return update.type, update.urgency, update.category
