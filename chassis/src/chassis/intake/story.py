"""The story of every complaint as an intake knows it, built from the router's and the clock's events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct

from chassis.database import Connection, Pool
from chassis.intake.notices import RECEIPT, NewNotice, add_notices, revise_notices
from chassis.intake.texts import DONE
from chassis.intake.texts import Texts as Texts
from chassis.intake.texts import in_words as in_words
from chassis.step import Handler
from chassis.wire import Emit, Message
from contracts.events import ComplaintUpdated, DerivationDay, Evidence, SlaBreached, SlaUpdated
from contracts.topics import SLA_BREACHED, SLA_UPDATED, UPDATED

SOURCES = (UPDATED, SLA_UPDATED, SLA_BREACHED)
#: Nothing follows these.
FINAL = frozenset({"closed", "handed_over", "rejected", "cancelled"})
_APOLOGY = "breach-"


class Step(Struct, frozen=True, kw_only=True):
    """One step of a story. ``text`` is the sentence that citizens are told of it, as of then."""

    seq: int
    kind: str
    at: datetime
    unit: str | None = None
    text: str = ""


class ClockLine(Struct, frozen=True, kw_only=True):
    """What the clock said, for the page: breached, escalated, retracted, paused, resumed, rescheduled."""

    kind: str
    at: datetime
    text: str


class Story(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is public about one complaint. ``steps`` and ``evidence`` are kept only by the intake it came through."""

    ticket: str
    seq: int = -1
    status: str = "received"
    unit: str | None = None
    support: list[str] = []
    steps: list[Step] = []
    evidence: list[Evidence] = []
    parent: str | None = None
    round: int = 1
    deadline_at: datetime | None = None
    derivation: list[DerivationDay] = []
    paused: bool = False
    moved: bool = False  # the deadline is another than the citizen was told
    breached: bool = False
    reopen_until: datetime | None = None
    lines: list[ClockLine] = []
    kept: list[str] = []  # promises that were kept after all, whose breach may still be on its way
    apology: str = ""  # the reason of the notice that could still be dropped
    registered: bool = False
    notices: list[tuple[str, str]] = []  # (reason, text) to add with this change; not stored
    revised: list[tuple[str, str | None]] = []  # (reason, text) of waiting notices, None to drop one; not stored


_with = msgspec.structs.replace
Decide = Callable[[Mapping[str, "Story"], Message, datetime], tuple[dict[str, "Story"], list[Emit]]]


@dataclass(frozen=True, kw_only=True)
class Teller:
    """Who tells: the words, the ``service``, and whether it answers messages, so that it has to ``notify``."""

    service: str
    texts: Texts
    notify: bool

    def on_update(self, story: Story, data: ComplaintUpdated, now: datetime) -> Story | None:
        """Keep the step, and tell the reporter of it; None for one that is known."""
        own = data.origin == self.service
        late = own and all(step.seq != data.seq for step in story.steps)  # a dead letter that was put back
        if data.seq <= story.seq and not late:
            return None
        text = self.texts.change(data) if own else ""
        story = _updated(story, data, now, text)
        if self.notify and own and data.kind != "registered":
            story = self._announce(story, data, text)
        return _without_apology(story) if story.status in DONE else story

    def _announce(self, story: Story, data: ComplaintUpdated, text: str) -> Story:
        if story.moved and story.status not in DONE:
            text = f"{text} {self.texts.said_by_clock('moved', story)}"
            story = _with(story, moved=False)
        return _with(story, notices=[*story.notices, (f"seq-{data.seq}", text)])

    def on_clock(self, story: Story, data: SlaUpdated, now: datetime) -> Story | None:
        """Keep the deadline and what became of it; None for what is no concern of citizens."""
        if data.stage == "closing" and data.kind in ("started", "rescheduled"):
            return _with(story, reopen_until=data.deadline_at)
        if data.stage != "completion" or data.round < story.round:
            return None
        match data.kind:
            case "started" | "resumed" | "rescheduled":
                return self._on_deadline(story, data, now)
            case "paused":
                return self._line(_with(story, paused=True), "paused", now)
            case "met" | "retracted":
                return self._on_kept(story, data, now)
        return None

    def _on_deadline(self, story: Story, data: SlaUpdated, now: datetime) -> Story:
        moved = data.kind != "started" and data.deadline_at != story.deadline_at
        story = _with(
            story,
            round=data.round,
            deadline_at=data.deadline_at,
            derivation=data.derivation,
            breached=False,
            paused=False,
            moved=story.moved or moved,
        )
        if data.kind != "started":
            return self._line(story, data.kind, now)
        if self.notify and data.round == 1:
            receipt = self.texts.answers(self.service)["receipt_due"]
            text = receipt.format(ticket=story.ticket, due=self.texts.due(story))
            return _with(story, revised=[*story.revised, (RECEIPT, text)])
        return story

    def _on_kept(self, story: Story, data: SlaUpdated, now: datetime) -> Story:
        story = _without_apology(_with(story, kept=[*story.kept, _promise(data)]))
        if data.kind == "retracted" and story.breached:
            story = self._line(story, "retracted", now)
        return _with(story, breached=story.breached and data.kind != "retracted")

    def on_breach(self, story: Story, data: SlaBreached, now: datetime) -> Story | None:
        """Say so on the page and, once for each broken promise, to the reporter."""
        if data.stage != "completion" or data.round < story.round or _promise(data) in story.kept:
            return None
        if data.level:
            line = ClockLine(kind="escalated", at=now, text=self.texts.escalated(data))
            return _with(story, lines=[*story.lines, line])
        story = _with(story, breached=True, deadline_at=data.deadline_at, derivation=data.derivation)
        story = self._line(story, "breached", now)
        if not self.notify or story.status in DONE:
            return story
        reason, form = f"{_APOLOGY}{_promise(data)}", self.texts.answers(self.service)["apology"]
        unit, due = self.texts.unit(data.unit or story.unit), self.texts.day(data.deadline_at)
        text = form.format(ticket=story.ticket, due=due, unit=unit)
        return _with(story, apology=reason, notices=[*story.notices, (reason, text)])

    def _line(self, story: Story, kind: str, now: datetime) -> Story:
        line = ClockLine(kind=kind, at=now, text=self.texts.said_by_clock(kind, story))
        return _with(story, lines=[*story.lines, line])


def tell(service: str, texts: Texts, *, notify: bool) -> Decide:
    """The decision of an intake: keep the story, and with ``notify`` tell the reporter of each change."""
    teller = Teller(service=service, texts=texts, notify=notify)

    def decide(stories: Mapping[str, Story], message: Message, now: datetime) -> tuple[dict[str, Story], list[Emit]]:
        data: Any = message.data
        story = stories.get(data.ticket) or Story(ticket=data.ticket)
        match data:
            case ComplaintUpdated():
                after = teller.on_update(story, data, now)
            case SlaUpdated():
                after = teller.on_clock(story, data, now)
            case SlaBreached():
                after = teller.on_breach(story, data, now)
            case _:
                after = None
        return ({data.ticket: after} if after else {}), []

    return decide


def _promise(data: SlaUpdated | SlaBreached) -> str:
    """Names one promise: a round and its deadline."""
    return f"{data.round}-{data.deadline_at.timestamp():.0f}"


def _without_apology(story: Story) -> Story:
    if not story.apology:
        return story
    return _with(story, apology="", revised=[*story.revised, (story.apology, None)])


def _updated(story: Story, data: ComplaintUpdated, now: datetime, text: str) -> Story:
    if text:
        step = Step(seq=data.seq, kind=data.kind, at=now, unit=data.unit, text=text)
        story = _with(story, steps=sorted([*story.steps, step], key=lambda each: each.seq))
    if data.seq < story.seq:
        return story
    story = _with(story, seq=data.seq, status=data.status, unit=data.unit, support=data.support, registered=True)
    match data.kind:
        case "merged":
            return _with(story, parent=data.parent or None)
        case "unmerged":
            return _with(story, parent=None)
        case "resolved" if text:
            return _with(story, evidence=data.evidence)
        case "reopened":
            return _with(story, evidence=[], reopen_until=None)
    return story


_LOAD = "SELECT ticket, body FROM stories WHERE ticket = ANY($1)"
_SAVE = """
INSERT INTO stories (ticket, body, parent, final_at) VALUES ($1, $2, $3, CASE WHEN $4 THEN now() END)
ON CONFLICT (ticket) DO UPDATE SET body = excluded.body, parent = excluded.parent,
    final_at = CASE WHEN $4 THEN coalesce(stories.final_at, now()) END"""
_REGISTERED = "UPDATE complaints SET registered_at = now() WHERE ticket = ANY($1) AND registered_at IS NULL"


async def load_stories(db: Connection | Pool, tickets: list[str]) -> dict[str, Story]:
    """The stories of ``tickets``, as far as they are known."""
    rows = await db.fetch(_LOAD, tickets)
    return {row["ticket"]: msgspec.json.decode(row["body"], type=Story) for row in rows}


async def find_story(db: Connection | Pool, ticket: str) -> Story | None:
    """The story of ``ticket``; also of one that was taken here and has no story yet, or has none any more."""
    if story := (await load_stories(db, [ticket])).get(ticket):
        return story
    row = await db.fetchrow("SELECT registered_at FROM complaints WHERE ticket = $1", ticket)
    if row is None:
        return None
    return Story(ticket=ticket, status="archived" if row["registered_at"] else "received")


async def count_reporters(db: Connection | Pool, ticket: str) -> int:
    """How many reported the same: this one, and those merged into it."""
    merged: int = await db.fetchval("SELECT count(*) FROM stories WHERE parent = $1", ticket)
    return 1 + merged


async def save_stories(db: Connection, stories: dict[str, Story], *, apology_after_s: float = 0) -> None:
    """Keep ``stories``, add their notices and revise those that wait."""
    bare = {ticket: _with(story, notices=[], revised=[]) for ticket, story in stories.items()}
    rows = [(t, msgspec.json.encode(s).decode(), s.parent, s.status in FINAL) for t, s in bare.items()]
    await db.executemany(_SAVE, rows)
    await db.execute(_REGISTERED, [t for t, story in stories.items() if story.registered])
    await add_notices(
        db,
        [
            NewNotice(t, reason, text, after_s=apology_after_s if reason.startswith(_APOLOGY) else 0)
            for t, story in stories.items()
            for reason, text in story.notices
        ],
    )
    await revise_notices(db, [(t, reason, text) for t, s in stories.items() for reason, text in s.revised])


def _tickets(message: Message) -> list[str]:
    data: Any = message.data
    return [data.ticket]


def story_handler(service: str, texts: Texts, *, notify: bool, apology_after_s: float = 0) -> Handler[Story]:
    """The handler an intake gives to its consumer; ``apology_after_s`` as in its settings."""
    return Handler(
        service=service,
        keys=_tickets,
        load=load_stories,
        decide=tell(service, texts, notify=notify),
        save=partial(save_stories, apology_after_s=apology_after_s),
    )
