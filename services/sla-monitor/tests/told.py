"""Stories in a few words, and what is announced about them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from msgspec import structs

from kabupaten.sla import Policy
from sla_monitor.clock import decide, due
from sla_monitor.region import load_rules
from sla_monitor.rules import Rules
from sla_monitor.state import ComplaintClock, SlaEvent

REGION = Path(__file__).parents[3] / "region"


def aloud(rules: Rules) -> Rules:
    """``rules`` without the quiet stages."""

    def of(policy: Policy) -> Policy:
        return structs.replace(policy, stages={name: stage for name, stage in policy.stages.items() if not stage.quiet})

    return replace(rules, policies={name: of(policy) for name, policy in rules.policies.items()})


SOPPENG, SECONDS = load_rules(REGION / "soppeng"), aloud(load_rules(REGION / "seconds"))


def wita(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@dataclass(frozen=True)
class Step:
    seq: int
    kind: str
    received_at: datetime
    lane: str | None = None
    note: str | None = None
    category: str | None = None
    type: str | None = None
    urgency: str | None = None
    unit: str | None = "PUPR"
    complaint_id: str = "c1"
    ticket: str = "SPG-W000-00008"


def story(rules: Rules, *steps: tuple[str, datetime], until: datetime | None = None, **about: str) -> list[SlaEvent]:
    """The announcements of a story; a step is ``kind``, ``kind/lane`` or ``noted/note``, with its moment."""
    clock, events = walk(rules, *steps, **about)
    return events + (due(clock, until, rules)[1] if until else [])


def walk(rules: Rules, *steps: tuple[str, datetime], **about: str) -> tuple[ComplaintClock, list[SlaEvent]]:
    clock: ComplaintClock | None = None
    events: list[SlaEvent] = []
    for seq, (name, at) in enumerate(steps):
        kind, _, rest = name.partition("/")
        lane, note = (None, rest or None) if kind == "noted" else (rest or None, None)
        clock, new = decide(clock, Step(seq, kind, steps[0][1], lane, note, **about), at, rules)
        events += new
    assert clock is not None
    return clock, events


def told(events: list[SlaEvent], stage: str) -> list[tuple[str, str]]:
    """The kind and the moment, in WITA, of each announcement about ``stage``."""
    zone = SOPPENG.calendar.timezone
    return [(e.kind, f"{e.at.astimezone(zone):%m-%d %H:%M}") for e in events if e.running.stage == stage]


MONDAY = wita("2026-02-02T09:00")
