"""The story of every complaint as an intake knows it, built from the router's and the clock's events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from chassis.database import Connection, Pool
from chassis.intake.notices import NewNotice, add_notices
from chassis.region import read_region
from chassis.step import Handler
from chassis.wire import Emit, Message
from contracts.events import ComplaintUpdated, DerivationDay, SlaBreached, SlaUpdated
from contracts.topics import SLA_BREACHED, SLA_UPDATED, UPDATED

SOURCES = (UPDATED, SLA_UPDATED, SLA_BREACHED)
WITA = ZoneInfo("Asia/Makassar")
_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


class Step(Struct, frozen=True, kw_only=True):
    """One step of a story. ``text`` is the sentence that citizens are told of it, as of then."""

    seq: int
    kind: str
    at: datetime
    unit: str | None = None
    text: str = ""


class Story(Struct, frozen=True, kw_only=True):
    """What is public about one complaint. ``steps`` are kept only by the intake it came through."""

    ticket: str
    seq: int = -1
    status: str = "received"
    unit: str | None = None
    steps: list[Step] = []
    deadline_at: datetime | None = None
    derivation: list[DerivationDay] = []
    breached: bool = False
    registered: bool = False
    notices: list[tuple[str, str]] = []  # (reason, text) to add with this change; not stored


class Texts:
    """What citizens are told, from the region's ``texts.yaml``."""

    def __init__(self, region: Path) -> None:
        texts = read_region(region, "texts.yaml")
        self.statuses: dict[str, str] = texts["statuses"]
        self.changes: dict[str, str] = texts["changes"]
        self.sms: dict[str, str] = texts["sms"]
        self.social: dict[str, str] = texts["social"]
        self.units: dict[str, str] = {unit["code"]: unit["name"] for unit in read_region(region, "units.yaml")["units"]}

    def unit(self, code: str | None) -> str:
        """The name of a unit, for citizens."""
        name: str = self.units.get(code or "", code or "petugas LAPOR!")
        return name

    def change(self, update: ComplaintUpdated) -> str:
        """What a citizen is told about ``update``, in one sentence or two."""
        words = {
            "ticket": update.ticket,
            "unit": self.unit(update.unit),
            "message": update.message or "",
            "reason": update.reason or "",
            "target": update.target or "",
            "parent": update.parent or "",
            "status": self.statuses.get(update.status, update.status),
        }
        sentence: str = self.changes[update.kind].format_map(words)
        return " ".join(sentence.split())

    def status_line(self, story: Story | None, ticket: str) -> str:
        """The answer to "how is my complaint?", short enough for one SMS."""
        if story is None:
            return self.sms["unknown_ticket"].format(ticket=ticket)
        status = self.statuses.get(story.status, story.status)
        line = f"{ticket}: {status}"
        if story.unit:
            line += f" ({self.unit(story.unit)})"
        if story.deadline_at and story.status not in ("resolved", "closed", "rejected", "handed_over", "cancelled"):
            line += f". Tenggat {in_words(story.deadline_at)}"
        return line


def in_words(deadline_at: datetime) -> str:
    """A deadline as people say it, in WITA: midnight belongs to the day it ends. "Kamis 3 Des"."""
    local = deadline_at.astimezone(WITA)
    if (local.hour, local.minute, local.second) != (0, 0, 0):
        return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} pukul {local:%H:%M:%S}"
    day = local.date().fromordinal(local.date().toordinal() - 1)
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


Decide = Callable[[Mapping[str, "Story"], Message, datetime], tuple[dict[str, "Story"], list[Emit]]]


def tell(service: str, texts: Texts, *, notify: bool) -> Decide:
    """The decision of an intake: keep the story, and with ``notify`` tell the reporter of each change."""

    def decide(stories: Mapping[str, Story], message: Message, now: datetime) -> tuple[dict[str, Story], list[Emit]]:
        data: Any = message.data
        story = stories.get(data.ticket) or Story(ticket=data.ticket)
        match data:
            case ComplaintUpdated() if data.seq > story.seq or _is_late(story, data, service):
                own = data.origin == service
                text = texts.change(data) if own else ""
                story = _updated(story, data, now, text)
                if notify and own and data.kind != "registered":
                    story = msgspec.structs.replace(story, notices=[*story.notices, (f"seq-{data.seq}", text)])
            case SlaUpdated(stage="completion", kind="started" | "rescheduled" | "resumed"):
                story = msgspec.structs.replace(
                    story, deadline_at=data.deadline_at, derivation=data.derivation, breached=False
                )
            case SlaUpdated(stage="completion", kind="retracted"):
                story = msgspec.structs.replace(story, breached=False)
            case SlaBreached(stage="completion"):
                story = msgspec.structs.replace(story, breached=True, deadline_at=data.deadline_at)
            case _:
                return {}, []
        return {data.ticket: story}, []

    return decide


def _is_late(story: Story, data: ComplaintUpdated, service: str) -> bool:
    """Whether it is a step of our own that was a dead letter when the later ones came, and has now been put back."""
    return data.origin == service and all(step.seq != data.seq for step in story.steps)


def _updated(story: Story, data: ComplaintUpdated, now: datetime, text: str) -> Story:
    if text:
        step = Step(seq=data.seq, kind=data.kind, at=now, unit=data.unit, text=text)
        story = msgspec.structs.replace(story, steps=sorted([*story.steps, step], key=lambda each: each.seq))
    if data.seq < story.seq:
        return story
    return msgspec.structs.replace(story, seq=data.seq, status=data.status, unit=data.unit, registered=True)


_LOAD = "SELECT ticket, body FROM stories WHERE ticket = ANY($1)"
_SAVE = "INSERT INTO stories (ticket, body) VALUES ($1, $2) ON CONFLICT (ticket) DO UPDATE SET body = excluded.body"
_REGISTERED = "UPDATE complaints SET registered_at = now() WHERE ticket = ANY($1) AND registered_at IS NULL"


async def load_stories(db: Connection | Pool, tickets: list[str]) -> dict[str, Story]:
    """The stories of ``tickets``, as far as they are known."""
    rows = await db.fetch(_LOAD, tickets)
    return {row["ticket"]: msgspec.json.decode(row["body"], type=Story) for row in rows}


async def save_stories(db: Connection, stories: dict[str, Story]) -> None:
    """Keep ``stories`` and add their notices."""
    bare = {ticket: msgspec.structs.replace(story, notices=[]) for ticket, story in stories.items()}
    await db.executemany(_SAVE, [(t, msgspec.json.encode(story).decode()) for t, story in bare.items()])
    await db.execute(_REGISTERED, [t for t, story in stories.items() if story.registered])
    await add_notices(
        db, [NewNotice(t, reason, text) for t, story in stories.items() for reason, text in story.notices]
    )


def _tickets(message: Message) -> list[str]:
    data: Any = message.data
    return [data.ticket]


def story_handler(service: str, texts: Texts, *, notify: bool) -> Handler[Story]:
    """The handler an intake gives to its consumer."""
    return Handler(
        service=service,
        keys=_tickets,
        load=load_stories,
        decide=tell(service, texts, notify=notify),
        save=save_stories,
    )
