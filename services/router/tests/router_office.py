"""Helpers of the router's tests: a small region, a ticket, and a case in every status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from msgspec import UNSET

from chassis import wire
from chassis.wire import Emit, Message, Record, Tombstone, read_tombstone
from contracts import topics
from contracts.events import (
    ComplaintClassified,
    ComplaintFollowedUp,
    ComplaintReceived,
    ComplaintUpdated,
    Data,
    FollowUp,
    ReplyAnswer,
    SlaBreached,
    SlaUpdated,
    UnitReplied,
    UnitRouted,
)
from contracts.signature import sign
from contracts.ticket import INTAKES, door
from contracts.vocabulary import CLOCK_KINDS
from kabupaten.routing import Target
from kabupaten.units import Unit
from router import handlers
from router.adapters.region import read_rules
from router.case import Case
from router.rules import Rules
from testing.events import NOW, a_classified, a_received, an_sla_breached, an_sla_updated, topic_of
from testing.fakes import message, play

T, OTHER, STRANGER = "SPG-S000-00007", "SPG-W000-00004", "SPG-M000-0000C"
AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
DEADLINE = AT + timedelta(days=3)
RULES = Rules(
    units={
        code: Unit(code=code, name=code) for code in ("SETDA", "DISKOMINFO", "INSPEKTORAT", "PUPR", "PDAM", "DISHUB")
    },
    unit_of_category={
        "jalan_jembatan": "PUPR",
        "air_bersih": "PDAM",
        "kominfo_digital": "DISKOMINFO",
        "aparatur_korupsi": "INSPEKTORAT",
        "listrik_energi": None,
        "lainnya": None,
    },
    admin="DISKOMINFO",
    conduct="INSPEKTORAT",
    last_resort="SETDA",
    zone=ZoneInfo("Asia/Makassar"),
    targets={"PLN": Target(name="PLN")},
    boilerplate=read_rules(Path(__file__).parents[3] / "region" / "soppeng").boilerplate,
    similar_merge=0.95,
    evidence_hosts=[".soppengkab.go.id"],
)
EVENT_KEYS = {intake: f"key-of-{intake}".encode() for intake in INTAKES.values()}


def signed(message: Message) -> Record:
    """The record of ``message`` as the intake of its ticket writes it."""
    record, data = message.record, cast(Any, message.data)
    header = sign(EVENT_KEYS[INTAKES[door(data.ticket)]], record.key, record.value)
    return replace(record, headers=(*record.headers, header))


def received(ticket: str = T, **facts: Any) -> ComplaintReceived:
    return a_received(
        **{"complaint_id": f"c-{ticket}", "ticket": ticket, "received_at": AT, "place": "Lilirilau", **facts}
    )


def classified(ticket: str = T, category: str = "jalan_jembatan", **facts: Any) -> ComplaintClassified:
    return a_classified(**{"complaint_id": f"c-{ticket}", "ticket": ticket, "category": category, **facts})


def followed_up(*items: FollowUp, ticket: str = T) -> ComplaintFollowedUp:
    return ComplaintFollowedUp(complaint_id=f"c-{ticket}", ticket=ticket, items=list(items))


def item(kind: str, number: int = 1, **facts: Any) -> FollowUp:
    return FollowUp(id=f"{kind}-{number}", kind=kind, at=AT, **facts)


def tombstone(topic: str, ticket: str = T, **erased: int) -> Message:
    """A service's record that it no longer holds anything of ``ticket`` on ``topic``."""
    out = wire.tombstone(topic, f"c-{ticket}", Tombstone(ticket=ticket, erased=erased))
    return read_tombstone(Record(topic, 0, 7, out.key, None, round(AT.timestamp() * 1000), out.headers))


def sla(kind: str, ticket: str = T, stage: str = "completion", based_on_seq: int = 0, number: int = 0) -> SlaUpdated:
    return an_sla_updated(
        kind, complaint_id=f"c-{ticket}", ticket=ticket, stage=stage, deadline_at=DEADLINE, warn_at=AT,
        based_on_seq=based_on_seq, number=number,
    )  # fmt: skip


def breached(ticket: str = T, **facts: Any) -> SlaBreached:
    return an_sla_breached(
        **{"complaint_id": f"c-{ticket}", "ticket": ticket, "deadline_at": DEADLINE, "derivation": [], **facts}
    )


def reply(action: str, ticket: str = T, **facts: Any) -> UnitReplied:
    return UnitReplied(ticket=ticket, action=action, **facts)


@dataclass
class Office:
    """A router in memory: it takes events, and keeps its cases and what it told."""

    rules: Rules = RULES
    cases: dict[str, Case] = field(default_factory=dict)
    told: list[Emit] = field(default_factory=list)
    count: int = 0

    def hear(self, *events: Data | tuple[str, UnitReplied] | Message) -> list[Any]:
        """Handle ``events`` as one batch (a reply comes in a pair after its unit), and return what was told."""
        self.cases, told = play(partial(handlers.decide, self.rules), [self._arrived(e) for e in events], self.cases)
        self.told += told
        return [emit.data for emit in told]

    def release(self, ticket: str = T, *, heard: int | None = None, at_once: bool = False) -> list[Any]:
        """Release the clock's words up to ``heard``, or all of them, as if everything written before had been read."""
        heard = self.cases[ticket].heard if heard is None else heard
        changes, told = handlers.released(self.rules, self.cases, ticket, NOW, heard=heard, at_once=at_once)
        self.cases |= changes
        self.told += told
        return [emit.data for emit in told]

    def ring(self, ticket: str = T) -> list[Any]:
        changes, told = handlers.unclassified(self.rules, self.cases, ticket, NOW)
        self.cases |= changes
        self.told += told
        return [emit.data for emit in told]

    def sweep(self, ticket: str = T, *others: str) -> list[Any]:
        """Let the sweep find ``others`` similar to ``ticket``; without ``others``, all other cases."""
        found = list(others) or [each for each in self.cases if each != ticket]
        changes, told = handlers.compared(self.rules, self.cases, ticket, found, NOW)
        self.cases |= changes
        self.told += told
        return [emit.data for emit in told]

    def _arrived(self, event: Data | tuple[str, UnitReplied] | Message) -> Message:
        if isinstance(event, Message):
            return event
        self.count += 1
        unit, data = event if isinstance(event, tuple) else (None, event)
        topic = topics.unit_replied(unit) if unit else topic_of(data)
        return message(data, topic=topic, event_id=f"e{self.count}", subject="k")

    @property
    def case(self) -> Case:
        return self.cases[T]

    def story(self, ticket: str = T) -> list[ComplaintUpdated]:
        return [e.data for e in self.told if isinstance(e.data, ComplaintUpdated) and e.data.ticket == ticket]


def in_status(status: str, lane: str = "unit") -> Office:
    """An office whose complaint ``T`` came to ``status``, by PUPR, or in the triage lane by DISKOMINFO."""
    office, unit = Office(), "PUPR" if lane == "unit" else "DISKOMINFO"
    office.hear(received())
    if status == "registered":
        return office
    office.hear(classified(abstained=lane == "triage"))
    if status == "merged":
        office.hear(received(OTHER), classified(OTHER), (unit, reply("merge", into=OTHER)))
        return office
    for event in _WAY[status]:
        office.hear((unit, event) if isinstance(event, UnitReplied) else event)
    assert status == office.case.status
    return office


_RESOLVED = reply("resolve", message="Lubang sudah ditambal")
_WAY: Mapping[str, list[Any]] = {
    "routed": [],
    "acknowledged": [reply("acknowledge")],
    "in_progress": [reply("progress")],
    "waiting_for_reporter": [reply("ask", message="Di RT berapa?")],
    "resolved": [_RESOLVED],
    "appealed": [_RESOLVED, followed_up(item("rating", rating=1), item("appeal", text="Yang kecil belum"))],
    "closed": [_RESOLVED, followed_up(item("rating", rating=5))],
    "handed_over": [reply("hand-over", to="PLN", reason="jaringan listrik milik PLN")],
    "rejected": [reply("reject", reason="bukan laporan")],
    "cancelled": [followed_up(item("cancel"))],
}


def kinds(told: list[Data]) -> list[str]:
    """The story's steps among ``told``, in order, without those of its clock."""
    return [each.kind for each in told if isinstance(each, ComplaintUpdated) and each.kind not in CLOCK_KINDS]


def of_the_clock(told: list[Data], ticket: str = T) -> list[ComplaintUpdated]:
    """The steps among ``told`` that are of the clock of ``ticket``."""
    steps = [each for each in told if isinstance(each, ComplaintUpdated)]
    return [each for each in steps if each.kind in CLOCK_KINDS and each.ticket == ticket]


def to_units(told: list[Data]) -> list[tuple[str, str]]:
    """(unit, why) of each record for a unit among ``told``, in order; a refusal is a why of its own."""
    return [(each.unit, _why(each)) for each in told if isinstance(each, UnitRouted)]


def _why(routed: UnitRouted) -> str:
    return "refused" if routed.reply is not UNSET and not routed.reply.accepted else routed.why


def answer_to(told: list[Data]) -> ReplyAnswer:
    """The one answer among ``told``."""
    (answer,) = [each.reply for each in told if isinstance(each, UnitRouted) and each.reply is not UNSET]
    return answer


def refusal(told: list[Data]) -> str | None:
    """The reason in the one answer among ``told``; None when it was accepted."""
    answer = answer_to(told)
    return None if answer.accepted else str(answer.reason)
