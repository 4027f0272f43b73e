"""One service as its chassis runs it, in memory: inbox, offsets, outbox, dead letters, and its stored state."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from chassis.wire import Emit, Message, Outgoing, Record, outgoing
from contracts import codec, topics
from intake.complaint_view import ComplaintView
from intake.effects import Decided, kept
from intake.notices import NewNotice, Revision

Place = tuple[str, int]
Decision = tuple[dict[str, Any], list[Emit]]


@dataclass
class Broker:
    """The topics: three partitions each, or one if a unit reads or writes it. ``all`` is in the order of writing."""

    log: dict[Place, list[Message]] = field(default_factory=dict)
    all: list[Message] = field(default_factory=list)

    def write(self, out: Outgoing, now: datetime) -> None:
        assert out.key is not None
        assert out.value is not None
        partition = 0 if topics.unit_of(out.topic) else zlib.crc32(topics.kept_together(out.key)) % 3
        log = self.log.setdefault((out.topic, partition), [])
        record = Record(out.topic, partition, len(log), out.key, out.value, round(now.timestamp() * 1000))
        message = Message(record, codec.decode(out.value))
        log.append(message)
        self.all.append(message)

    def ends(self, wanted: Collection[str]) -> dict[Place, int]:
        """Return the ends of ``wanted``; an empty partition has no end, as in chassis.log_ends."""
        return {place: len(log) for place, log in self.log.items() if place[0] in wanted}


@dataclass
class Service:
    """``keys`` and ``load`` are a Handler's, of decoded states; ``stored`` makes of a state what a restart loads."""

    name: str
    sources: Collection[str]
    decide: Callable[[Mapping[str, Any], Message, datetime], Decision]
    keys: Callable[[Message], Iterable[str]]
    load: Callable[[Mapping[str, Any], Iterable[str]], dict[str, Any]]
    stored: Callable[[Any], Any]
    saved: Callable[[dict[str, Any], datetime], dict[str, Any]] = lambda changes, now: changes
    states: dict[str, Any] = field(default_factory=dict)
    inbox: set[tuple[str, str]] = field(default_factory=set)
    taken: dict[Place, int] = field(default_factory=dict)
    outbox: list[Outgoing] = field(default_factory=list)
    dead: list[Message] = field(default_factory=list)
    ever_dead: list[Message] = field(default_factory=list)
    slow: dict[Place, float] = field(default_factory=dict)
    down: float = 0
    unpublished: float = 0

    def caught_up(self, ends: Mapping[Place, int]) -> bool:
        return all(self.taken.get(place, 0) >= end for place, end in ends.items())

    def restart(self) -> None:
        self.states = {key: self.stored(state) for key, state in self.states.items()}

    def read(self, broker: Broker, rng: random.Random, now: datetime, clock: float, faults: Faults) -> None:
        """Take some records of some partitions: in batches of any size, some twice, some rolled back, some lost."""
        places = [place for place in broker.log if place[0] in self.sources]
        rng.shuffle(places)
        for place in places:
            log, start = broker.log[place], self.taken.get(place, 0)
            if start >= len(log) or clock < self.slow.get(place, 0):
                continue
            if rng.random() < faults.slow:
                self.slow[place] = clock + rng.expovariate(1 / faults.slow_s)
                continue
            again = rng.randint(0, min(start, 3)) if rng.random() < faults.twice else 0
            batch = log[start - again : start + rng.randint(1, 9)]
            lost = [m for m in batch if m.record.offset >= start and rng.random() < faults.lost]
            if rng.random() < faults.rolled_back:
                self.handle([m for m in batch if m not in lost], now, commit=False)
                continue
            self.handle([m for m in batch if m not in lost], now)
            self.dead += lost
            self.ever_dead += lost
            self.taken[place] = batch[-1].record.offset + 1

    def put_back(self, message: Message, now: datetime) -> None:
        self.dead.remove(message)
        self.handle([message], now)

    def handle(self, messages: list[Message], now: datetime, *, commit: bool = True) -> None:
        fresh, seen = list[Message](), set[tuple[str, str]]()
        for message in messages:
            id_ = (message.record.topic, message.event.id)
            if id_ not in self.inbox | seen:
                seen.add(id_)
                fresh.append(message)
        states = self.load(self.states, {key for message in fresh for key in self.keys(message)})
        changed: dict[str, Any] = {}
        out: list[Outgoing] = []
        for message in fresh:
            changes, emits = self.decide(states, message, message.time)
            out += outgoing(emits, service=self.name, cause=message.cause, now=message.time)
            states |= changes
            changed |= changes
        if commit:
            self.inbox |= seen
            self.commit(changed, out, now)

    def act(
        self, keys: Collection[str], rule: Callable[[Mapping[str, Any]], Decision], cause: str, now: datetime
    ) -> None:
        """Let a timer change ``keys``, in a transaction of its own."""
        changes, emits = rule(self.load(self.states, keys))
        self.commit(changes, outgoing(emits, service=self.name, cause=cause, now=now), now)

    def commit(self, changed: dict[str, Any], out: list[Outgoing], now: datetime) -> None:
        self.states |= self.saved(changed, now)
        self.outbox += out


@dataclass(frozen=True)
class Faults:
    """The likelihood of each fault at each look. ``lost``: a record becomes a dead letter, replayed at the end."""

    slow: float = 0.05
    slow_s: float = 12
    twice: float = 0.1
    rolled_back: float = 0.05
    down: float = 0.008
    down_s: float = 30
    lost: float = 0.0


@dataclass
class Row:
    """A notice in an intake's database."""

    notice: NewNotice
    text: str
    due: datetime
    sent: datetime | None = None


@dataclass
class Notices:
    """The notices of an intake and its sender, as intake.notices has them in SQL."""

    rows: dict[tuple[str, str, str], Row] = field(default_factory=dict)

    def add(self, notice: NewNotice, now: datetime) -> None:
        corrected = notice.corrects is None or (notice.ticket, "apology", notice.corrects) in self.rows
        receipt = self.rows.get((notice.ticket, "receipt", ""))
        in_receipt = notice.in_receipt and receipt is not None and not receipt.sent and receipt.notice.after_s
        if corrected and not in_receipt:
            row = Row(notice, notice.text, now + timedelta(seconds=notice.after_s))
            self.rows.setdefault((notice.ticket, str(notice.kind), notice.key), row)

    def revise(self, revision: Revision, now: datetime) -> bool:
        row = self.rows.get((revision.ticket, str(revision.kind), revision.key))
        if row is None or row.sent or not row.notice.after_s:
            return False
        row.text, row.due = revision.text, row.due if revision.hold else now
        return True

    def save(self, decided: dict[str, Decided], now: datetime) -> dict[str, ComplaintView]:
        """Return the views to store, as intake.effects.save_decided does."""
        for each in decided.values():
            for notice in each.effects.notices:
                self.add(notice, now)
        views = {}
        for ticket, (view, effects) in decided.items():
            late = [r for r in effects.revisions if not self.revise(r, now)]
            views[ticket] = kept(view, untold=any(r.tells_deadline for r in late))
        return views

    def send(self, now: datetime) -> None:
        """Send the notices that are due, the oldest of each ticket first."""
        waits = set[str]()
        for row in self.rows.values():
            if row.sent is None and row.notice.ticket not in waits:
                if row.due > now:
                    waits.add(row.notice.ticket)
                else:
                    row.sent = now
