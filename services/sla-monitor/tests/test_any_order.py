"""The same log gives the same announcements, whatever happens to its reader; and the test of that can fail.

Stories are drawn from a seed and written to a log of three partitions. A monitor reads them late, twice, again after a
crash, in batches that are rolled back, and looks at the time when it likes. Its announcements are compared with those
of the oracle, which has its own small code.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import cycle
from pathlib import Path

import msgspec
import oracle
import pytest
from oracle import WITA, Step

from contracts.events import ComplaintUpdated, SlaBreached, SlaUpdated
from contracts.vocabulary import CLOCK_KINDS, DayKind
from sla_monitor import clock as clocks
from sla_monitor import deadlines, handlers
from sla_monitor.adapters import store
from sla_monitor.late_steps import reconcile
from sla_monitor.region import load_rules
from sla_monitor.rules import Rules
from sla_monitor.state import ComplaintClock, Decision, ReplayBase, SlaEvent, Update
from sla_monitor.working_days import DayOff
from testing.events import an_updated
from testing.lengths import length

RULES = load_rules(Path(__file__).parents[3] / "region" / "soppeng")
START, UNTIL = datetime(2026, 3, 9, tzinfo=WITA), datetime(2026, 8, 28, tzinfo=WITA)
PARTITIONS = 3
NEXT = {
    "registered": ["routed/unit", "routed/unit", "routed/triage"],
    "routed/triage": ["routed/unit", "routed/unit", "acknowledged", "handed_over", "cancelled", "rejected", "merged"],
    "routed/unit": ["acknowledged", "in_progress", "waiting_for_reporter", "resolved", "returned", "handed_over"],
    "acknowledged": ["in_progress", "waiting_for_reporter", "resolved", "resolved", "returned", "cancelled"],
    "in_progress": ["waiting_for_reporter", "resolved", "resolved", "returned"],
    "waiting_for_reporter": ["in_progress", "in_progress", "cancelled"],
    "returned": ["routed/triage"],
    "resolved": ["closed", "reopened", "reopened", "appealed"],
    "appealed": ["reopened", "reopened", "closed", "cancelled"],
    "reopened": ["routed/unit"],
    "merged": ["unmerged"],
    "unmerged": ["routed/triage"],
}  # fmt: skip
PARENTS = ["routed", "acknowledged", "waiting_for_reporter", "resolved", "reopened", "closed"]
ASIDES = ["noted/addition", "corrected", "noted/rights_requested", "noted/rights_requested", "noted/rights_done",
          "noted/appeal_acknowledged", "noted/confirmed"]  # fmt: skip
#: The act that a unit may undo, by the complaint's state.
TAKEN_BACK = {"resolved": "resolved", "handed_over": "handed_over", "rejected": "rejected", "routed/triage": "returned"}


#: Complaint, stage, round, kind, level, deadline.
Told = tuple[str, str, int, str, int, datetime]


def a_story(rng: random.Random, *, asks: bool = True) -> list[Step]:
    """A random story of a complaint, with many moments at midnight and at noon."""
    at = START + timedelta(days=rng.randrange(60), seconds=rng.randrange(86_400))
    state, story = "registered", [Step("registered", at, None)]
    act, before = "", story[0]
    for _ in range(rng.randrange(14)):
        if act and TAKEN_BACK.get(state) == act and rng.random() < 0.3:
            at += timedelta(hours=rng.choice([0.1, 0.1, 30, 200]) * rng.random(), microseconds=1)
            story.append(Step(before.kind, at, before.lane, "undone"))
            state, act = f"routed/{before.lane}" if before.kind == "routed" else before.kind, ""
            continue
        if state not in NEXT:
            break
        at_once = state in ("returned", "reopened", "unmerged")
        hours = rng.choice([0.5, 3, 20, 50, 120, 400]) * rng.random()
        at = at if at_once else at + timedelta(hours=hours, microseconds=1)
        if not at_once and rng.random() < 0.15:
            at = at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if state == "merged" and rng.random() < 0.5:
            story.append(Step(rng.choice(PARENTS), at, "unit"))
            continue
        if not at_once and rng.random() < 0.25:
            kind, _, note = rng.choice(ASIDES).partition("/")
            story.append(Step(kind, at, story[-1].lane, note or None))
            continue
        moves = [step for step in story if step.kind not in ("noted", "corrected")]
        state = rng.choice([kind for kind in NEXT[state] if asks or kind != "waiting_for_reporter"])
        kind, _, lane = state.partition("/")
        if kind in TAKEN_BACK.values():
            act, before = kind, moves[-1]
        elif kind != "routed":
            act = ""
        to_confirm = kind == "resolved" and len(story) % 2 == 0
        story.append(Step(kind, at, lane or story[-1].lane, "to_confirm" if to_confirm else None))
    return story


def as_updates(key: str, story: list[Step]) -> list[tuple[datetime, ComplaintUpdated]]:
    """``story`` as the router writes it: every other step is followed by one that tells of the clock."""
    echoes = cycle(sorted(CLOCK_KINDS))
    written: list[Step] = []
    for n, step in enumerate(story):
        written += [step, Step(next(echoes), step.at)] if n % 2 == 0 else [step]
    return [
        (
            step.at,
            an_updated(
                seq, step.kind, complaint_id=key, ticket="SPG-W000-00008", status="x", received_at=written[0].at,
                lane=step.lane, note=step.note or msgspec.UNSET,
            ),
        )
        for seq, step in enumerate(written)
    ]  # fmt: skip


@dataclass
class Monitor:
    """The sla-monitor's rules, with all around them that can go wrong. ``log``: by partition (written, at, step)."""

    log: list[list[tuple[datetime, datetime, ComplaintUpdated]]]
    rng: random.Random
    stored: dict[str, str] = field(default_factory=dict)
    taken: list[int] = field(default_factory=lambda: [0] * PARTITIONS)  # stored with the clocks
    acknowledged: list[int] = field(default_factory=lambda: [0] * PARTITIONS)  # where a restart reads on
    said: list[tuple[datetime, str, SlaUpdated | SlaBreached]] = field(default_factory=list)

    def there(self, partition: int, now: datetime) -> int:
        return sum(written <= now for written, _, _ in self.log[partition])

    def batch(self, partition: int, now: datetime) -> None:
        """Read some steps; perhaps all are rolled back, perhaps they are stored and read again all the same."""
        first = self.acknowledged[partition]
        last = min(first + self.rng.randint(1, 5), self.there(partition, now))
        changed: dict[str, str] = {}
        emits = []
        for _, at, update in self.log[partition][first:last]:
            body = changed.get(update.complaint_id) or self.stored.get(update.complaint_id)
            clock, events = clocks.decide(store.decode(body) if body else None, update, at, RULES)
            changed[update.complaint_id] = store.encode(clock)
            emits += [handlers.to_emit(event) for event in events]
        if self.rng.random() < 0.15:
            return  # crashed before the commit
        self.stored |= changed
        self.said += [(now, emit.event_id or "", emit.data) for emit in emits]  # type: ignore[misc]
        self.taken[partition] = max(self.taken[partition], last)
        if self.rng.random() > 0.15:  # else crashed before it could be acknowledged
            self.acknowledged[partition] = last

    def tick(self, now: datetime) -> None:
        """Ring as the timer does: look how far the log goes, wait until that is taken in, and only then ring."""
        ends = [self.there(partition, now) for partition in range(PARTITIONS)]
        while any(taken < end for taken, end in zip(self.taken, ends, strict=True)):
            self.batch(self.rng.randrange(PARTITIONS), now)
        for key, body in list(self.stored.items()):
            clock = store.decode(body)
            if (due_at := clock.next_due_at) is None or due_at > now or self.rng.random() < 0.1:
                continue
            clock, emits = handlers.on_timer(clock, now, rules=RULES)
            if self.rng.random() > 0.15:  # else crashed before the commit
                self.stored[key] = store.encode(clock)
                self.said += [(now, emit.event_id or "", emit.data) for emit in emits]  # type: ignore[misc]


def run(seed: int, *, lag_h: float = 0, asks: bool = True, lost: float = 0) -> tuple[Monitor, dict[str, list[Step]]]:
    """Play a seed. ``lag_h``: how late some steps may be; ``lost``: the share of steps put back as dead letters."""
    rng = random.Random(seed)
    stories = {f"c{n}": a_story(rng, asks=asks) for n in range(6)}
    log: list[list[tuple[datetime, datetime, ComplaintUpdated]]] = [[] for _ in range(PARTITIONS)]
    for n, (key, story) in enumerate(stories.items()):
        late = timedelta()
        for at, update in as_updates(key, story):
            late = max(late, timedelta(hours=lag_h * rng.random())) if rng.random() < 0.2 else timedelta()
            log[n % PARTITIONS].append((at + late, at, update))
    for n, partition in enumerate(log):  # as written, but in the order of each story
        written: dict[str, datetime] = {}
        for m, (when, at, update) in enumerate(partition):
            written[update.complaint_id] = when = max(when, written.get(update.complaint_id, when))
            partition[m] = (when, at, update)
        log[n] = sorted(partition, key=lambda row: row[0])
        for row in [row for row in log[n] if rng.random() < lost]:
            log[n].remove(row)
            log[n].append((row[0] + timedelta(hours=rng.choice([1, 40, 300]) * rng.random()), *row[1:]))
        log[n].sort(key=lambda row: row[0])
    monitor, now = Monitor(log, rng), START
    while now < UNTIL:
        now = min(now + timedelta(hours=rng.choice([0.1, 2, 9, 40, 200]) * rng.random()), UNTIL)
        for _ in range(rng.randrange(4)):
            monitor.batch(rng.randrange(PARTITIONS), now)
        if rng.random() < 0.7:
            monitor.tick(now)
    for _ in range(60):  # for timers that were skipped or rolled back
        monitor.tick(UNTIL)
    return monitor, stories


def wrong(seed: int) -> list[str]:
    """The differences from the oracle: missing, too much, twice, too early."""
    monitor, stories = run(seed)
    expected = [
        ((key, s.stage, s.round, s.kind, s.level, s.deadline), s.at)
        for key, story in stories.items()
        for s in oracle.oracle(story, UNTIL)
    ]
    must = Counter(one for one, _ in expected)
    not_before = dict(sorted(expected, key=lambda row: row[1], reverse=True))  # if two are equal, the first
    found = Counter(identity(data) for _, _, data in monitor.said)
    problems = [f"missing {one}" for one in must - found] + [f"too much {one}" for one in found - must]
    ids = Counter(event_id for _, event_id, _ in monitor.said)
    problems += [f"twice the id {event_id}" for event_id, n in ids.items() if n > 1]
    early = [identity(data) for when, _, data in monitor.said if when < not_before.get(identity(data), when)]
    problems += [f"early {one}" for one in early]
    return problems + [f"out of order {one}" for one in out_of_order([identity(data) for _, _, data in monitor.said])]


def out_of_order(said: list[Told]) -> list[tuple[object, ...]]:
    """Steps of a ladder that were told before a lower one."""
    reached: dict[tuple[object, ...], int] = {}
    wrong: list[tuple[object, ...]] = []
    for key, stage, round_, kind, level, deadline in said:
        if kind == "breached":
            where = (key, stage, round_, deadline)
            wrong += [(*where, level)] if level != reached.get(where, -1) + 1 else []
            reached[where] = int(str(level))
    return wrong


def identity(data: SlaUpdated | SlaBreached) -> Told:
    kind = data.kind if isinstance(data, SlaUpdated) else "breached"
    return data.complaint_id, data.stage, data.round, kind, data.level, data.deadline_at


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(length(40, 2_000)))
def test_announcements_match_the_oracle_whatever_happens_to_the_reader(seed: int) -> None:
    assert wrong(1708 + seed) == []


def wrong_after_all(seed: int, *, lag_h: float = 0, lost: float = 0) -> list[str]:
    """The differences from the oracle when all steps have come at last.

    Announcements before that may be too many, except breaches; a warning that came too early may come again in time.
    """
    monitor, stories = run(seed, lag_h=lag_h, lost=lost)
    often = Counter(
        (key, s.stage, s.round, s.kind, s.level, s.deadline)
        for key, story in stories.items()
        for s in oracle.oracle(story, UNTIL)
    )
    expected = set(often)
    found = [identity(data) for _, _, data in monitor.said]
    problems = [f"missing {one}" for one in expected - set(found)]
    standing, twice = on_the_ladder(found)
    must = {one for one in expected if one[3] == "breached"}
    problems += [f"not breached {one}" for one in standing - must] + [f"taken back {one}" for one in must - standing]
    # If one of two clocks was undone, both may miss the same date.
    problems += [f"told while it stood {one}" for one in twice if often[one] < 2]
    ids = Counter(event_id for _, event_id, _ in monitor.said)
    problems += [f"twice the id {event_id}" for event_id, n in ids.items() if n > 1]
    return problems + [
        f"the clock of {key} is another"
        for key, story in stories.items()
        if calm(store.decode(monitor.stored[key])) != calm(in_order(key, story))
    ]


def on_the_ladder(found: list[Told]) -> tuple[set[Told], list[Told]]:
    """The breaches and ladder steps that stand at the end, and those that were told again while they stood."""
    standing: set[Told] = set()
    twice: list[Told] = []
    for one in found:
        if one[3] == "breached":
            twice += [one] if one in standing else []
            standing.add(one)
        elif one[3] == "retracted":
            standing -= {s for s in standing if s[:3] + s[5:] == one[:3] + one[5:] and s[4] >= one[4]}
    return standing, twice


def in_order(key: str, story: list[Step]) -> ComplaintClock:
    """The clock at the end if every step comes in its turn."""
    clock: ComplaintClock | None = None
    for at, update in as_updates(key, story):
        clock, _ = clocks.decide(clock, update, at, RULES)
    assert clock is not None
    return clocks.due(clock, UNTIL, RULES)[0]


def calm(clock: ComplaintClock) -> ComplaintClock:
    """``clock`` without the traces of how it came there."""
    return msgspec.structs.replace(clock, past=None, announced=0, last_rang=None)


#: Seeds in which two dead letters are put back one after the other, with another deadline in between.
PUT_BACK_TWICE = (6769485, 6769707)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [*range(1708, 1708 + length(40, 2_000)), *PUT_BACK_TWICE])
def test_when_all_dead_letters_were_put_back_it_is_as_if_none_had_been_one(seed: int) -> None:
    assert wrong_after_all(seed, lost=0.15) == []


@pytest.mark.parametrize("seed", range(20))
def test_when_the_story_was_written_late_it_is_as_if_it_had_been_in_time(seed: int) -> None:
    assert wrong_after_all(1708 + seed, lag_h=100) == []


def finds_something(look: Callable[[int], list[str]] = wrong) -> bool:
    deadlines._days.cache_clear()
    try:
        return any(look(1708 + seed) for seed in range(10))
    finally:
        deadlines._days.cache_clear()


def test_it_finds_a_clock_that_fires_early(monkeypatch: pytest.MonkeyPatch) -> None:
    real = clocks.due
    monkeypatch.setattr(clocks, "due", lambda clock, now, rules: real(clock, now + timedelta(hours=3), rules))
    assert finds_something()


def test_it_finds_a_clock_that_fires_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    real = clocks.due

    def forgetful(clock: ComplaintClock, now: datetime, rules: object) -> tuple[ComplaintClock, list[SlaEvent]]:
        after, events = real(clock, now, RULES)
        return (clock if events and events[-1].kind == "warned" else after), events

    monkeypatch.setattr(clocks, "due", forgetful)
    assert finds_something()


def test_it_finds_a_clock_that_forgets_on_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    real = store.decode

    def amnesia(body: str) -> ComplaintClock:
        clock = real(body)
        awake = tuple(msgspec.structs.replace(each, level=0, escalate_at=None) for each in clock.running)
        return msgspec.structs.replace(clock, running=awake)

    monkeypatch.setattr(store, "decode", amnesia)
    assert finds_something()


def test_it_finds_a_clock_that_is_lost_on_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    real = store.decode

    def amnesia(body: str) -> ComplaintClock:
        clock = real(body)
        return msgspec.structs.replace(clock, running=clock.running[1:])

    monkeypatch.setattr(store, "decode", amnesia)
    assert finds_something()


def test_it_finds_a_clock_that_ignores_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "pause", lambda clock, policy, update, now, rules: (clock, []))
    assert finds_something()


WEEKEND = DayOff(DayKind.WEEKEND, "libur")


def test_it_finds_a_clock_that_counts_a_holiday(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "day_off", lambda _, day: WEEKEND if day.weekday() > 4 else None)
    assert finds_something()


def test_it_finds_a_clock_that_rings_before_the_log_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(self: Monitor, now: datetime) -> None:
        for key, body in list(self.stored.items()):
            clock, emits = handlers.on_timer(store.decode(body), now, rules=RULES)
            self.stored[key] = store.encode(clock)
            self.said += [(now, emit.event_id or "", emit.data) for emit in emits]  # type: ignore[misc]
        for partition in range(PARTITIONS):
            while self.taken[partition] < self.there(partition, now):
                self.batch(partition, now)

    monkeypatch.setattr(Monitor, "tick", hasty)
    assert finds_something()


def test_it_finds_a_clock_that_counts_a_step_at_the_deadline_as_late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "_JUST_BEFORE", timedelta())
    assert finds_something()


PUT_BACK = partial(wrong_after_all, lost=0.15)


def test_it_finds_a_clock_that_ignores_what_was_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReplayBase, "lacks", lambda self, seq: False)
    assert finds_something(PUT_BACK)


def test_it_finds_a_clock_that_applies_what_was_put_back_to_the_present(monkeypatch: pytest.MonkeyPatch) -> None:
    real = clocks.decide

    def hasty(clock: ComplaintClock | None, update: Update, now: datetime, rules: Rules) -> Decision:
        if clock is None or update.seq > clock.seq:
            return real(clock, update, now, rules)
        clock, events = clocks._apply(clock, update, now, rules)
        return clock, [event for event in events if event.audible]

    monkeypatch.setattr(clocks, "decide", hasty)
    assert finds_something(PUT_BACK)


@pytest.mark.parametrize("look", [PUT_BACK, partial(wrong_after_all, lag_h=100)], ids=["put back", "late"])
def test_it_finds_a_clock_that_takes_no_breach_back(
    monkeypatch: pytest.MonkeyPatch, look: Callable[[int], list[str]]
) -> None:
    def proud(clock: ComplaintClock, derived: list[SlaEvent], past: ReplayBase, now: datetime) -> Decision:
        clock, events = reconcile(clock, derived, past, now)
        return clock, [event for event in events if event.kind != "retracted"]

    monkeypatch.setattr(clocks, "reconcile", proud)
    assert finds_something(look)


def test_the_test_has_something_to_find() -> None:
    """Each kind of announcement is frequent enough in the stories of the seeds."""
    kinds = Counter(identity(data)[3:5] for seed in range(40) for _, _, data in run(1708 + seed)[0].said)
    wanted = ["started", "paused", "resumed", "warned", "breached", "met", "stopped", "lapsed"]
    assert [kind for kind in wanted if kinds[kind, 0] < 5] == []
    assert min(kinds["breached", level] for level in (1, 2, 3)) >= 3
