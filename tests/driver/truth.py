"""The truth about a story's deadlines in region/seconds, worked out a second time without the product's code."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SIDE_STEPS = {"noted", "corrected"}
#: Acts that a unit may take back.
ACTS = {"resolved", "rejected", "handed_over", "returned"}
OVER = {"handed_over", "rejected", "cancelled", "merged", "closed"}


@dataclass(frozen=True)
class Event:
    """A step of a story, except the clock's: ``kind``, with its lane and note, at ``at``.

    The note ``undone`` means that a unit's last act is taken back.
    """

    seq: int
    kind: str
    lane: str | None
    note: str | None
    at: datetime

    @property
    def undone(self) -> bool:
        return self.note == "undone"


@dataclass(frozen=True)
class Promise:
    seconds: int
    starts: set[str]
    ends: set[str] = field(default_factory=set)
    stops: set[str] = field(default_factory=set)
    ladder: Sequence[int] = ()
    pause: int = 0
    lapses: bool = False
    parallel: bool = False


PROMISES = {
    "completion": Promise(25, {"registered", "reopened", "unmerged"}, {"resolved"}, OVER, (10, 25, 40), pause=20),
    "closing": Promise(30, {"resolved"}, stops=OVER | {"reopened", "appealed"}, lapses=True),
    "acknowledgement": Promise(
        50, {"routed"},
        {"routed", "acknowledged", "in_progress", "waiting_for_reporter", "resolved", "returned", "handed_over",
         "rejected", "merged"},
        {"cancelled", "closed"}, (15, 30),
    ),
    "disposition": Promise(
        40, {"registered", "routed/triage", "unmerged"},
        {"routed/unit", "resolved", "handed_over", "rejected", "merged"}, {"cancelled", "closed"}, (15,),
    ),
    "follow-up": Promise(60, {"routed/unit"}, {"resolved"}, OVER | {"routed", "returned"}, pause=20),
    "appeal": Promise(60, {"appealed"}, {"reopened", "closed"}, {"cancelled"}, (10, 25)),
    "appeal-acknowledgement": Promise(
        45, {"appealed"}, {"noted/appeal_acknowledged", "reopened", "closed"}, {"cancelled"}, (10, 20)
    ),
    "confirmation": Promise(
        20, {"resolved/to_confirm"}, {"noted/confirmed", "closed", "reopened"}, {"appealed", "cancelled"}, (10, 20)
    ),
    "rights": Promise(30, {"noted/rights_requested"}, {"noted/rights_done"}, ladder=(10,), parallel=True),
}  # fmt: skip


@dataclass(eq=False)
class Clock:
    """One promise that ticks. ``rang``: when it was broken, and when each step of the ladder was reached."""

    stage: str
    start: datetime
    still: list[tuple[datetime, datetime]] = field(default_factory=list)
    asked: bool = False
    rang: list[datetime] = field(default_factory=list)
    deadline: datetime = field(init=False)
    next_rung: datetime | None = None
    ended: datetime | None = None
    over: bool = False

    def __post_init__(self) -> None:
        self.count()

    @property
    def promise(self) -> Promise:
        return PROMISES[self.stage]

    def count(self) -> None:
        if not self.rang:
            self.deadline = plus(self.start, self.promise.seconds, self.still)

    def climb(self, earliest: datetime | None = None) -> None:
        level = len(self.rang) - 1
        if level >= len(self.promise.ladder):
            self.next_rung = None
            return
        since = [pause for pause in self.still if pause[0] >= self.deadline]
        at = plus(self.deadline, self.promise.ladder[level], since)
        self.next_rung = max(filter(None, (at, self.next_rung, earliest)))

    def pass_time(self, before: datetime) -> None:
        """Let everything happen that is due earlier than ``before``."""
        while not self.over:
            due = self.still[-1][1] if self.asked else self.next_rung if self.rang else self.deadline
            if due is None or due >= before:
                return
            if self.asked:
                self.go_on(due)
            elif self.promise.lapses:
                self.over = True
            else:
                self.rang.append(due)
                self.climb()

    def go_on(self, at: datetime) -> None:
        since = self.still[-1][0]
        self.still[-1] = since, max(since, at)
        self.asked = False
        self.count()
        if self.rang and self.next_rung:
            self.climb(earliest=at)

    def ask(self, at: datetime, earlier: list[tuple[datetime, datetime]]) -> None:
        """Pause for a question, if the round's allowance for questions is not used up."""
        used = sum((until - since for since, until in [*earlier, *self.still]), timedelta())
        since = max([at, *(until for _, until in [*earlier, *self.still][-1:])])
        left = timedelta(seconds=self.promise.pause) - used
        if left <= timedelta():
            return
        self.untrue(at)
        self.still.append((since, since + left))
        self.asked = True
        self.count()

    def untrue(self, at: datetime) -> None:
        """Undo the breaches since ``at``: an event at that time kept the promise."""
        true = [moment for moment in self.rang if moment < at]
        if len(true) < len(self.rang):
            self.next_rung = self.rang[len(true)] if true else None
            self.rang = true


def plus(start: datetime, seconds: float, still: Sequence[tuple[datetime, datetime]]) -> datetime:
    at = start + timedelta(seconds=seconds)
    for since, until in still:
        if since <= at:
            at += until - since
    return at


@dataclass
class Truth:
    """The true state of a story's clocks at one of its steps."""

    running: list[Clock]
    ended: list[Clock] = field(default_factory=list)
    earlier_pauses: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    merged: bool = False
    #: The clocks that ticked at the last act, each with its state then.
    before: list[tuple[Clock, Clock]] = field(default_factory=list)
    pauses_before: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        for clock in self.running:
            clock.pass_time(event.at)
        self.running = [clock for clock in self.running if not clock.over]
        if self.merged and event.kind not in ("unmerged", "noted"):
            return
        if event.undone and event.kind != "reopened":
            self.undo(event)
            return
        if event.kind in ACTS:
            self.before = [(clock, copy.deepcopy(clock)) for clock in self.running if not clock.promise.parallel]
            for _, was in self.before:
                was.untrue(event.at)
            self.pauses_before = copy.deepcopy(self.earlier_pauses)
        self.merged = self.merged if event.kind == "noted" else event.kind == "merged"
        names = {event.kind, f"{event.kind}/{event.lane}", f"{event.kind}/{event.note}"}
        self.end(event, names)
        self.ask(event)
        if event.kind != "registered":
            self.start(event, names)

    def undo(self, event: Event) -> None:
        """Undo the last act as if it had never been; clocks that ticked through it go on."""
        self.earlier_pauses = self.pauses_before
        through = [clock for clock, _ in self.before]
        for clock in self.running:
            if clock not in through and not clock.promise.parallel:
                clock.untrue(event.at)
                clock.ended = event.at
        self.ended = [clock for clock in self.ended if clock not in through]
        self.ended += [clock for clock in self.running if clock.ended]
        still = [clock for clock in self.running if not clock.ended]
        self.running = still + [was for clock, was in self.before if clock not in still]

    def end(self, event: Event, names: set[str]) -> None:
        done = set[str]()  # only the oldest of several clocks of a stage ends
        for clock in self.running:
            promise = clock.promise
            if (promise.ends & names and clock.stage not in done) or promise.stops & names:
                done.add(clock.stage)
                if clock.asked:
                    clock.go_on(event.at)
                clock.untrue(event.at)
                clock.ended = event.at
                if not promise.parallel:
                    self.earlier_pauses.setdefault(clock.stage, []).extend(clock.still)
        self.ended += [clock for clock in self.running if clock.ended]
        self.running = [clock for clock in self.running if not clock.ended]

    def ask(self, event: Event) -> None:
        for clock in self.running:
            asks = bool(clock.promise.pause) and event.kind == "waiting_for_reporter"
            if clock.asked and not asks and event.kind not in SIDE_STEPS:
                clock.go_on(event.at)
            elif asks and not clock.asked:
                clock.ask(event.at, self.earlier_pauses.get(clock.stage, []))

    def start(self, event: Event, names: set[str]) -> None:
        ticking = {clock.stage for clock in self.running}
        new = [name for name, p in PROMISES.items() if p.starts & names and (name not in ticking or p.parallel)]
        if new and event.kind in ("reopened", "unmerged"):  # a round with its own allowance for questions
            self.earlier_pauses = {}
        self.running += [Clock(name, event.at) for name in new]


def clocks_of(story: Sequence[Event], received: datetime, until: datetime) -> list[Clock]:
    """Return all clocks of a complaint, as of ``until``, inclusive."""
    at = Truth([Clock(name, received) for name, promise in PROMISES.items() if "registered" in promise.starts])
    for event in story:
        at.take(event)
    for clock in at.running:
        clock.pass_time(until + timedelta(microseconds=1))
    return at.ended + at.running
