"""The remembered state of a complaint, the steps that move its clocks, and their announcements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct
from msgspec.structs import replace

from contracts.vocabulary import ClockKind, UpdateKind
from kabupaten.sla import Trigger
from sla_monitor.deadlines import PauseSpan
from sla_monitor.stage_clock import StageClock

#: The only kinds that a quiet stage announces.
CALLS_FOR_ACTION = frozenset(
    {ClockKind.WARNED, ClockKind.BREACHED, ClockKind.ESCALATED, ClockKind.LAPSED, ClockKind.RETRACTED, ClockKind.UPHELD}
)
#: The steps that count as a unit's first word. Acts of the reporter or of a rule don't.
FIRST_RESPONSES = frozenset(
    {
        UpdateKind.ACKNOWLEDGED,
        UpdateKind.IN_PROGRESS,
        UpdateKind.WAITING_FOR_REPORTER,
        UpdateKind.RESOLVED,
        UpdateKind.RETURNED,
    }
)
WHY_STOPPED: dict[str, str] = {
    UpdateKind.HANDED_OVER: "dilimpahkan",
    UpdateKind.REJECTED: "tidak dapat diproses",
    UpdateKind.CANCELLED: "dibatalkan pelapor",
    UpdateKind.MERGED: "digabung dengan laporan lain",
    UpdateKind.CLOSED: "ditutup",
    UpdateKind.REOPENED: "dibuka kembali",
    UpdateKind.RETURNED: "dikembalikan unit",
    UpdateKind.ROUTED: "diteruskan ke unit lain",
    UpdateKind.APPEALED: "pelapor keberatan",
}
#: The most steps that are kept while one is missing; after that, the missing one is given up.
MAX_STEPS = 50
#: Type, urgency and category.
Classification = tuple[str | None, str | None, str | None]


class Update(Protocol):
    """The fields of a ``complaint.updated`` event that the clocks need."""

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


class Step(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An ``Update`` that can be stored, and when it happened."""

    complaint_id: str
    ticket: str
    seq: int
    kind: str
    at: datetime
    received_at: datetime
    unit: str | None = None
    lane: str | None = None
    type: str | None = None
    urgency: str | None = None
    category: str | None = None
    note: str | None = None

    @classmethod
    def of(cls, update: Update, at: datetime) -> Step:
        """Make a step of ``update``, which happened at ``at``."""
        return cls(
            complaint_id=update.complaint_id,
            ticket=update.ticket,
            seq=update.seq,
            kind=update.kind,
            at=at,
            received_at=update.received_at,
            unit=update.unit,
            lane=update.lane,
            type=update.type,
            urgency=update.urgency,
            category=update.category,
            note=update.note if isinstance(update.note, str) else None,
        )


class FirstResponse(Struct, frozen=True, kw_only=True):
    """A unit's first word about a complaint, and after how much working time."""

    unit: str
    at: datetime
    after_s: float


class Before(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The state before the last act of a unit that may be undone. ``returns``: the act was a return, and the complaint
    has not been routed again yet."""

    returns: bool
    running: tuple[StageClock, ...]
    earlier_pauses: dict[str, tuple[PauseSpan, ...]]
    classified: Classification
    waiting_since: datetime | None = None


class ComplaintClock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """All that is remembered of one complaint. ``seq`` is the last step of its story that was taken in.

    ``starts`` counts the starts of each stage in this round. ``waiting_since`` is when its present unit got it, while
    that unit has not said a word since; ``word`` is the last first word. ``earlier_pauses`` are the pauses of clocks
    that ended in this round, by stage. ``past`` exists while a step before ``seq`` is missing, and from a timer's
    ringing to the next step. ``announced`` counts all announcements ever made. ``last_rang`` is the clock with the
    latest breach or ladder step ever announced, with only that moment. ``before`` is the state before the last act,
    while that may be undone.
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
    running: tuple[StageClock, ...] = ()
    starts: dict[str, int] = {}
    earlier_pauses: dict[str, tuple[PauseSpan, ...]] = {}
    waiting_since: datetime | None = None
    word: FirstResponse | None = None
    past: ReplayBase | None = None
    before: Before | None = None
    announced: int = 0
    last_rang: StageClock | None = None

    @property
    def next_due_at(self) -> datetime | None:
        """When ``due`` has something to say; None while only an update can change anything."""
        return min((at for r in self.running if (at := r.next_due_at) is not None), default=None)

    @property
    def risk(self) -> Literal["at_risk", "overdue"] | None:
        """Whether a promise that is not quiet is overdue or at risk; None if neither."""
        aloud = [running for running in self.running if not running.quiet]
        if any(running.breached for running in aloud):
            return "overdue"
        return "at_risk" if any(running.warned and running.paused_until is None for running in aloud) else None


class Announced(Struct, frozen=True, kw_only=True):
    """The part of an announcement that tells it from others."""

    kind: str
    running: StageClock

    @property
    def promise(self) -> tuple[object, ...]:
        """The deadline it is about."""
        return self.running.which, self.running.deadline_at

    @property
    def ladder_step(self) -> tuple[object, ...]:
        """The step of the ladder: 0 is the breach."""
        return self.promise, self.running.level

    @property
    def distinct(self) -> str:
        """The kind, made distinct if a complaint may have it twice in a round with one deadline."""
        kind, running = self.kind, self.running
        if kind in (ClockKind.ESCALATED, ClockKind.RETRACTED):
            kind = f"{kind}-{running.level}"
        elif kind in (ClockKind.PAUSED, ClockKind.RESUMED, ClockKind.RESCHEDULED):
            kind = f"{kind}-{running.revision}"
        return kind if running.n == 1 else f"{kind}~{running.n}"

    @property
    def identity(self) -> tuple[object, ...]:
        """The key of the announcement: two with the same key are one."""
        return *self.promise, self.distinct


class ReplayBase(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The data to replay a story from, when a step comes that belongs before others already taken in.

    ``clock`` is the state before everything that may have to be replayed; None if nothing had been seen. ``steps``
    came since, perhaps with a missing one between them; ``said`` was announced since, in order; ``last_rang_at`` is
    the moment of the last timer that rang since.
    """

    clock: ComplaintClock | None
    steps: tuple[Step, ...] = ()
    said: tuple[Announced, ...] = ()
    last_rang_at: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether no step is missing between ``clock`` and the last of ``steps``."""
        before = self.clock.seq if self.clock else -1
        return not self.steps or max(step.seq for step in self.steps) - before == len(self.steps)

    def lacks(self, seq: int) -> bool:
        """Whether step ``seq``, which is not after the last one seen, is missing."""
        return seq > (self.clock.seq if self.clock else -1) and all(step.seq != seq for step in self.steps)

    def heard(self, events: list[SlaEvent]) -> ReplayBase:
        """Return the same with ``events`` announced."""
        return replace(self, said=(*self.said, *(event.said for event in events)))


@dataclass(frozen=True, kw_only=True)
class SlaEvent:
    """An announcement. ``at`` is when it became true; if time alone made it true, the moment when it was due.

    ``number`` counts the complaint's announcements.
    """

    kind: str
    at: datetime
    clock: ComplaintClock
    running: StageClock
    reason: str = ""
    escalate_to: tuple[str, ...] = ()
    by_time: bool = False
    number: int = 0

    @property
    def audible(self) -> bool:
        """Whether it is announced, or only remembered."""
        return not self.running.quiet or self.kind in CALLS_FOR_ACTION

    @property
    def said(self) -> Announced:
        """The part of it that is remembered. Only a breach keeps its days, because its retraction tells them again."""
        slim = self.running if self.kind == ClockKind.BREACHED else replace(self.running, derivation=(), pauses=())
        return Announced(kind=self.kind, running=slim)


Decision = tuple[ComplaintClock, list[SlaEvent]]


def triggers(update: Update) -> frozenset[Trigger]:
    """Return the names under which a stage may wait for ``update``."""
    return frozenset({update.kind, f"{update.kind}/{update.lane}", f"{update.kind}/{update.note}"})


def classification(update: Update) -> Classification:
    """Return the complaint's classification as of ``update``."""
    return update.type, update.urgency, update.category
