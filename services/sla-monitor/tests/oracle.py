"""The promises of region/soppeng, worked out a second time without the product's code: for the property test.

A story is a list of steps in order; each stage is played by itself from its first step to its last.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

WITA = timezone(timedelta(hours=8))
# The decree of the three ministers for 2026, Mondays to Fridays from March to August.
OFF = {
    date(2026, month, day)
    for month, days in {3: (18, 19, 20, 23, 24), 4: (3,), 5: (1, 14, 15, 27, 28), 6: (1, 16), 8: (17, 25)}.items()
    for day in days
}
SIDE = {"noted", "corrected"}
#: The acts that a unit may undo.
ACTS = {"resolved", "returned", "handed_over", "rejected"}
NEW_ROUND = {"reopened", "unmerged"}


class Step(NamedTuple):
    kind: str
    at: datetime
    lane: str | None = None
    note: str | None = None


class Announced(NamedTuple):
    """An announcement that must be made once, and not before ``at``."""

    stage: str
    round: int
    kind: str
    level: int
    deadline: datetime
    at: datetime


@dataclass(frozen=True)
class Promise:
    days: int
    starts: set[str]
    ends: set[str] = field(default_factory=set)
    stops: set[str] = field(default_factory=set)
    ladder: Sequence[int] = ()
    warns: bool = False
    pauses: bool = False
    quiet: bool = False
    lapses: bool = False


OVER = {"handed_over", "rejected", "cancelled", "merged", "closed"}
PROMISES = {
    "completion": Promise(
        3, {"registered", "reopened", "unmerged"}, {"resolved"}, OVER, ladder=(1, 3, 5), warns=True, pauses=True
    ),
    "closing": Promise(10, {"resolved"}, stops=OVER | {"reopened", "appealed"}, lapses=True),
    "acknowledgement": Promise(
        1,
        {"routed"},
        {
            "routed", "acknowledged", "in_progress", "waiting_for_reporter", "resolved", "returned", "handed_over",
            "rejected", "merged",
        },
        {"cancelled", "closed"},
        ladder=(1, 2),
        quiet=True,
    ),
    "disposition": Promise(
        3, {"registered", "routed/triage", "unmerged"},
        {"routed/unit", "resolved", "handed_over", "rejected", "merged"}, {"cancelled", "closed"},
        ladder=(1,), quiet=True,
    ),
    "follow-up": Promise(
        5, {"routed/unit"}, {"resolved"}, OVER | {"routed", "returned"}, pauses=True, quiet=True
    ),
    "appeal": Promise(
        5, {"appealed"}, {"reopened", "closed"}, {"cancelled"}, ladder=(1, 3), warns=True
    ),
    "confirmation": Promise(
        3,
        {"resolved/to_confirm"},
        {"noted/confirmed", "closed", "reopened"},
        {"appealed", "cancelled"},
        ladder=(1, 3, 7),
        warns=True,
    ),
    "appeal-acknowledgement": Promise(
        1, {"appealed"}, {"noted/appeal_acknowledged", "reopened", "closed"}, {"cancelled"}, ladder=(1, 2), quiet=True
    ),
}  # fmt: skip
LOUD = {"warned", "breached", "lapsed"}


def work_days(first: date, n: int, still: set[date]) -> list[date]:
    """The ``n`` days with work after ``first``, except those in ``still``."""
    days: list[date] = []
    while len(days) < n:
        first += timedelta(days=1)
        if first.weekday() < 5 and first not in OFF and first not in still:
            days.append(first)
    return days


def midnight_after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=WITA) + timedelta(days=1)


def local(at: datetime) -> date:
    return at.astimezone(WITA).date()


class Clock:
    """One promise of one complaint, ticking."""

    def __init__(self, stage: str, promise: Promise, round_: int, start: datetime, asked_on: list[date]) -> None:
        self.stage, self.promise, self.round, self.start = stage, promise, round_, start
        self.asked_on = asked_on  # in this round: the first question's day, then each that ended without an answer
        self.still: set[date] = set()
        self.warned = self.breached = False
        self.asked: datetime | None = None
        self.level = 0
        self.held_until = start
        self.count()

    def count(self) -> None:
        self.days = work_days(local(self.start), self.promise.days, self.still)
        self.deadline = midnight_after(self.days[-1])

    def say(self, kind: str, at: datetime, level: int = 0) -> list[Announced]:
        if self.promise.quiet and kind not in LOUD:
            return []
        return [Announced(self.stage, self.round, kind, level, self.deadline, at)]

    def next(self) -> tuple[datetime, str] | None:
        """The moment and the kind of the next announcement that time brings."""
        if self.asked:
            return self.bound(self.asked), "resumed"
        if self.breached:
            if self.level == len(self.promise.ladder):
                return None
            days = work_days(local(self.deadline) - timedelta(days=1), self.promise.ladder[self.level], self.still)
            return max(midnight_after(days[-1]), self.held_until), "escalated"
        if self.promise.warns and not self.warned:  # 0.7 of the days
            # For 3 days of 24 h that is 2 h 24 min into the third; for 5 it is the noon of the fourth.
            n, hours = {3: (2, 2.4), 5: (3, 12)}[self.promise.days]
            day = midnight_after(self.days[n]) - timedelta(days=1)
            return max(day + timedelta(hours=hours), self.held_until), "warned"
        return self.deadline, "lapsed" if self.promise.lapses else "breached"

    def bound(self, asked: datetime) -> datetime:
        """The end of a pause: a round has five days with work for questions, after the day of the first one."""
        first, *ended = self.asked_on or [local(asked)]
        left = 5 - len([day for day in ended if day != first and work_days(day - timedelta(days=1), 1, set()) == [day]])
        before = first if local(asked) == first else local(asked) - timedelta(days=1)
        return midnight_after(work_days(before, left, set())[-1]) if left > 0 else asked

    def resume(self, at: datetime, told: bool = True) -> list[Announced]:
        assert self.asked
        kept = set(self.still)
        self.nights(at)
        self.asked_on += [] if self.asked_on else [local(self.asked)]
        self.asked_on += sorted(self.still - kept)
        self.asked, self.held_until = None, at
        return self.say("resumed", at) if told else []

    def nights(self, until: datetime) -> None:
        """Skip each day that ends between the question and ``until``, for the promise or, once broken, the ladder."""
        assert self.asked
        day = local(self.asked)
        while midnight_after(day) <= until:
            self.still.add(day)
            day += timedelta(days=1)
        if not self.breached:
            self.count()

    def ask(self, at: datetime) -> list[Announced]:
        if self.bound(at) == at:
            return self.say("resumed", at)
        kept, self.asked = set(self.still), at
        bound = self.next()
        assert bound
        self.nights(bound[0])
        said = self.say("paused", at)
        self.still = kept
        return said

    def pass_time(self, at: datetime, *, including: bool) -> tuple[list[Announced], bool]:
        """The announcements until ``at``, and whether the clock still ticks."""
        said: list[Announced] = []
        while (coming := self.next()) and (coming[0] < at or (including and coming[0] == at)):
            when, kind = coming
            if kind == "resumed":
                said += self.resume(when)
            elif kind == "escalated":
                self.level += 1
                said += self.say("breached", when, self.level)
            else:
                said += self.say(kind, when)
                self.warned |= kind == "warned"
                self.breached |= kind == "breached"
                if kind == "lapsed":
                    return said, False
        return said, True


@dataclass
class Stage:
    """One promise, from the first step of a story to its last."""

    name: str
    promise: Promise
    clock: Clock | None = None
    round: int = 1
    asked_on: list[date] = field(default_factory=list)
    #: The clock that ticked at the last act of a unit, and how it was before that.
    before: tuple[Clock | None, Clock | None] = None, None

    def take(self, step: Step) -> list[Announced]:
        names = {step.kind, f"{step.kind}/{step.note}", f"{step.kind}/{step.lane}"}
        said = self.until(step.at, including=False)
        if step.note == "undone":
            return said + self.undo(step)
        if step.kind in ACTS:
            self.before = self.clock, copy.copy(self.clock)
            if self.before[1]:
                self.before[1].still = set(self.before[1].still)
        said += self.go_on(step, names)
        if step.kind in NEW_ROUND:
            self.round, self.asked_on = self.round + 1, []
        if self.clock is None and names & self.promise.starts:
            self.clock = Clock(self.name, self.promise, self.round, step.at, self.asked_on)
            said += self.clock.say("started", step.at)
        return said

    def until(self, at: datetime, *, including: bool) -> list[Announced]:
        if self.clock is None:
            return []
        said, ticks = self.clock.pass_time(at, including=including)
        self.clock = self.clock if ticks else None
        return said

    def go_on(self, step: Step, names: set[str]) -> list[Announced]:
        clock, promise = self.clock, self.promise
        if clock is None:
            return []
        if names & (promise.ends | promise.stops):
            if clock.asked:
                clock.resume(step.at, told=False)
            self.clock = None
            in_time = bool(names & promise.ends) and step.at <= clock.deadline
            return clock.say("met" if in_time else "stopped", step.at)
        if clock.asked and step.kind not in SIDE:
            return clock.resume(step.at)
        return clock.ask(step.at) if promise.pauses and step.kind == "waiting_for_reporter" else []

    def undo(self, step: Step) -> list[Announced]:
        """Go on as if the last act had never been; a clock that ticked through it goes on."""
        if self.clock is not None and self.clock is self.before[0]:
            return []
        said = self.clock.say("stopped", step.at) if self.clock else []
        self.clock = self.before[1]
        return said + (self.clock.say("resumed", step.at) if self.clock else [])


def play(stage: str, promise: Promise, story: Sequence[Step], until: datetime) -> list[Announced]:
    it = Stage(stage, promise)
    said = [one for step in story for one in it.take(step)]
    return said + it.until(until, including=True)


def rights(story: Sequence[Step], until: datetime) -> list[Announced]:
    """72 hours for each request; an answer is for the oldest."""
    said: list[Announced] = []
    answers = [step.at for step in story if step.note == "rights_done"]
    rounds = [step.at for step in story if step.kind in NEW_ROUND]
    for step in story:
        if step.note != "rights_requested":
            continue
        done = next((at for at in answers if at >= step.at), None)
        if done:
            answers.remove(done)
        deadline, end = step.at + timedelta(hours=72), done or until + timedelta(days=1)
        round_ = 1 + sum(at <= step.at for at in rounds)

        def say(
            kind: str, at: datetime, level: int = 0, deadline: datetime = deadline, round_: int = round_
        ) -> Announced:
            return Announced("rights", round_, kind, level, deadline, at)

        said.append(say("started", step.at))
        for kind, level, hours in (("warned", 0, 50.4), ("breached", 0, 72), ("breached", 1, 84)):
            at = step.at + timedelta(hours=hours)
            if at <= until and at < end:
                said.append(say(kind, at, level))
        if done:
            said.append(say("met" if done <= deadline else "stopped", done))
    return said


def own(story: Sequence[Step]) -> Iterator[Step]:
    """The steps that are this complaint's own: while it is merged, its story repeats the parent's."""
    merged = False
    for step in story:
        if step.kind in ("unmerged", "noted") or not merged:
            merged = (merged and step.kind == "noted") or step.kind == "merged"
            yield step


def oracle(story: Sequence[Step], until: datetime) -> list[Announced]:
    """All that must be announced of a complaint with ``story`` up to and including ``until``."""
    story = list(own(story))
    said = [one for stage, promise in PROMISES.items() for one in play(stage, promise, story, until)]
    return said + rights(story, until)
