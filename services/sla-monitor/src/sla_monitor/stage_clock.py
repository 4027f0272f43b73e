"""The clock of one stage: how it is set, rings, pauses and resumes."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from contracts.vocabulary import ClockKind
from kabupaten.calendar import Calendar
from kabupaten.sla import Classified, Stage, Term
from sla_monitor.deadlines import Day, PauseSpan, after, deadline


class StageClock(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The clock of one stage. It keeps its term and its deadline even when the policy or the calendar changes.

    ``n`` counts the starts of the stage in its ``round``. ``level`` is the step of the ladder that was reached.
    ``paused_until`` is when its present pause ends at the latest; the last of ``pauses`` is that pause, as if it lasted
    until then. ``revision`` counts how often it was paused, resumed or recomputed. ``rang`` are the moments of the
    breach and of each step of the ladder since.
    """

    stage: str
    start: datetime
    term: Term
    deadline_at: datetime
    warn_at: datetime
    derivation: tuple[Day, ...]
    at_deadline: Literal["breached", "lapsed"]
    quiet: bool = False
    round: int = 1
    n: int = 1
    warned: bool = False
    breached: bool = False
    level: int = 0
    escalate_at: datetime | None = None
    pauses: tuple[PauseSpan, ...] = ()
    paused_until: datetime | None = None
    revision: int = 0
    rang: tuple[datetime, ...] = ()

    @property
    def which(self) -> tuple[str, int, int]:
        """The key that tells it from the other clocks of its complaint."""
        return self.stage, self.round, self.n

    @property
    def next_due_at(self) -> datetime | None:
        """When this clock next has something to say by itself."""
        if self.paused_until is not None:
            return self.paused_until
        if self.breached:
            return self.escalate_at
        return self.warn_at if self._warns else self.deadline_at

    @property
    def _warns(self) -> bool:
        return not self.warned and self.warn_at < self.deadline_at

    def untrue_from(self, at: datetime) -> int | None:
        """Return the lowest ladder step reached at ``at`` or later: 0 is the breach; None if no step was reached."""
        return next((level for level, moment in enumerate(self.rang) if at <= moment), None)

    def before(self, level: int) -> StageClock:
        """Return the clock as it was before it reached ``level`` of the ladder."""
        escalate_at = self.rang[level] if level else None
        return replace(
            self, breached=level > 0, level=max(level - 1, 0), rang=self.rang[:level], escalate_at=escalate_at
        )

    def ring(self, stage: Stage | None, calendar: Calendar) -> tuple[ClockKind, StageClock | None]:
        """Return its announcement at ``next_due_at``, and the clock after that; None if it is done."""
        if self.paused_until is not None:
            return ClockKind.RESUMED, resumed(self, self.paused_until, stage, calendar)
        if self.breached:
            rang = (*self.rang, self.escalate_at or self.deadline_at)
            return ClockKind.ESCALATED, _climb(replace(self, level=self.level + 1, rang=rang), stage, calendar)
        if self._warns:
            return ClockKind.WARNED, replace(self, warned=True)
        if self.at_deadline == "lapsed":
            return ClockKind.LAPSED, None
        return ClockKind.BREACHED, _climb(replace(self, breached=True, rang=(self.deadline_at,)), stage, calendar)


def set_clock(
    stage: Stage, complaint: Classified, start: datetime, calendar: Calendar, *, round_: int, n: int
) -> StageClock:
    """Make a clock of ``stage`` for ``complaint`` that starts at ``start``, the ``n``-th one in the round."""
    term = stage.term_of(complaint)
    until = deadline(start, term, calendar)
    return StageClock(
        stage=stage.name,
        start=start,
        term=term,
        deadline_at=until.at,
        warn_at=until.warn_at,
        derivation=until.derivation,
        at_deadline=stage.at_deadline,
        quiet=stage.quiet_for(complaint),
        round=round_,
        n=n,
    )


def _climb(
    running: StageClock, stage: Stage | None, calendar: Calendar, *, earliest: datetime | None = None
) -> StageClock:
    """Set it to the next step of the ladder, measured from the breach without later pauses, and never out of order."""
    rungs = stage.ladder_of(running.term)[running.level :] if stage else ()
    if not rungs:
        return replace(running, escalate_at=None)
    since = [pause for pause in running.pauses if pause[0] >= running.deadline_at]
    at = after(running.deadline_at, rungs[0].after, calendar, since)
    return replace(running, escalate_at=max(at, running.escalate_at or at, earliest or at))


def rederived(running: StageClock, calendar: Calendar) -> StageClock:
    """Recompute its deadline from start, term, pauses, and the days promised so far."""
    until = deadline(running.start, running.term, calendar, running.pauses, running.derivation)
    return replace(
        running,
        deadline_at=until.at,
        warn_at=until.warn_at,
        derivation=until.derivation,
        revision=running.revision + 1,
    )


def paused(running: StageClock, until: datetime, now: datetime, calendar: Calendar) -> StageClock:
    """Pause it until ``until`` at most, and recompute its deadline for that; an announced breach keeps its deadline."""
    stands = replace(running, pauses=(*running.pauses, (now, until)), paused_until=until)
    return replace(stands, revision=stands.revision + 1) if running.breached else rederived(stands, calendar)


def resumed(running: StageClock, now: datetime, stage: Stage | None, calendar: Calendar) -> StageClock:
    """Resume it at ``now``, which is not after the pause's bound. Words that would be due already are due from now."""
    (since, _), before = running.pauses[-1], running.pauses[:-1]
    goes_on = replace(running, pauses=(*before, (since, max(now, since))), paused_until=None)
    if running.breached:
        goes_on = replace(goes_on, revision=goes_on.revision + 1)
        return _climb(goes_on, stage, calendar, earliest=now) if running.escalate_at else goes_on
    goes_on = rederived(goes_on, calendar)
    return replace(goes_on, warn_at=min(max(goes_on.warn_at, now), goes_on.deadline_at))
