"""Kafka, PostgreSQL and time in memory, around the real decisions of router, sla-monitor and all intakes."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from machinery import Broker, Decision, Faults, Notices, Place, Service
from people import People

from chassis.wire import Emit, Message
from contracts import topics
from contracts.events import Candidate, ComplaintClassified, ComplaintReceived, ComplaintUpdated
from contracts.events import Place as Where
from intake.complaint_view import ComplaintView
from intake.effects import Decided
from intake.notices import NewNotice, NoticeKind
from intake.projection import SOURCES, story_handler
from intake.texts import PARTS, Texts
from kabupaten import load
from router import handlers as router
from router.adapters.region import read_rules
from router.app import handler_of as router_handler
from router.case import Case
from router.timers import PATIENCE_S
from sla_monitor.adapters import store
from sla_monitor.app import handler_of as sla_handler
from sla_monitor.region import load_rules
from sla_monitor.timer import ring

REGION = Path(__file__).parents[2] / "region" / "seconds"
#: Complaints about water need a confirmation.
SLA, RULES = load_rules(REGION), replace(read_rules(REGION), confirmed=frozenset({"air_bersih"}))
START = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
INTAKES = {"intake-sms": True, "intake-social": True, "intake-web": False}
#: Seconds, as in the settings of the services, except the router's, which would exceed all deadlines.
ANNOUNCE_AFTER, RECEIPT_WAIT, TRIAGE_AFTER = 2, 10, 8
#: How long people act and things fail; then everything is repaired, and runs to the end of some or all deadlines.
ACTIVE_S, REST_S = 140, (15, 130)


class Exact(Texts):
    """The citizens' texts, with moments that the judge can parse: ``<2026-03-03T04:00:25+00:00>``."""

    def day(self, deadline_at: datetime) -> str:
        return f"<{deadline_at.astimezone(UTC).isoformat()}>"


TEXTS = Exact(load(REGION, *PARTS))


def family(cases: Mapping[str, Case], tickets: Iterable[str]) -> dict[str, Case]:
    """Load what the router's store loads: the complaints, their parents, and all their children."""
    wanted = set(tickets)
    roots = wanted | {case.parent for ticket in wanted if (case := cases.get(ticket)) and case.parent}
    return {ticket: case for ticket, case in cases.items() if ticket in roots or case.parent in roots}


def alone(states: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: states[key] for key in keys if key in states}


def undecided(views: Mapping[str, ComplaintView], tickets: Iterable[str]) -> dict[str, Decided]:
    return {ticket: Decided(view) for ticket, view in alone(views, tickets).items()}


def bare(decided: dict[str, Decided], now: datetime) -> dict[str, ComplaintView]:
    """Return the views of an intake that tells nobody anything."""
    return {ticket: each.view for ticket, each in decided.items()}


def through_json(kind: type[Any], state: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(state), type=kind)


def classify(rng_of: str, states: Mapping[str, Any], message: Message, now: datetime) -> Decision:
    """Classify half of the complaints: which half depends on the seed and the complaint alone."""
    data = message.data
    assert isinstance(data, ComplaintReceived)
    rng = random.Random(f"{rng_of} {data.ticket}")
    category = rng.choice(["air_bersih", "jalan_jembatan", "sampah_kebersihan"])
    found = ComplaintClassified(
        complaint_id=data.complaint_id, ticket=data.ticket, category=category, confidence=0.9,
        abstained=rng.random() < 0.4, top=[Candidate(category=category, confidence=0.9)],
        type=rng.choice(["pengaduan", "permintaan_informasi"]), urgency=rng.choice(["sedang", "darurat"]), spam=False,
        language="id", place=Where(), about_units=rng.choice([*[[]] * 7, ["PUPR"]]), model_version="1",
    )  # fmt: skip
    return {}, [Emit(topic=topics.CLASSIFIED, subject=data.complaint_id, data=found)]


@dataclass
class World:
    """The simulated world; everything in it follows from ``seed``."""

    seed: int
    faults: Faults = field(default_factory=Faults)
    broker: Broker = field(default_factory=Broker)
    clock: float = 0
    ringing: tuple[datetime, dict[Place, int]] | None = None
    waiting: tuple[dict[str, int], float, dict[Place, int]] | None = None
    held_since: dict[str, float] = field(default_factory=dict)
    unrouted_since: dict[str, float] = field(default_factory=dict)
    given_up: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.people = People(self)
        self.notices = {name: Notices() for name, notify in INTAKES.items() if notify}
        handler, clocks = router_handler(RULES, {}), sla_handler(SLA)
        self.router = Service(
            "router",
            router.sources(RULES),
            handler.decide,
            handler.keys,
            family,
            partial(through_json, Case),
            self.kept,
        )
        self.sla = Service(
            "sla-monitor", [topics.UPDATED], clocks.decide, clocks.keys, alone, lambda c: store.decode(store.encode(c))
        )
        self.services = [
            self.router,
            self.sla,
            Service(
                "classifier", [topics.RECEIVED], partial(classify, str(self.seed)), lambda m: [], alone, lambda s: s
            ),
        ]
        for name, notify in INTAKES.items():
            intake = story_handler(name, TEXTS, notify=notify, wait_s=RECEIPT_WAIT)
            stored = partial(through_json, ComplaintView)
            saved = self.notices[name].save if notify else bare
            self.services.append(Service(name, SOURCES, intake.decide, intake.keys, undecided, stored, saved))

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.clock)

    @property
    def horizon(self) -> datetime:
        """The moment of the last events that the clock has announced at the end."""
        return START + timedelta(seconds=self.ended - ANNOUNCE_AFTER)

    @property
    def intakes(self) -> list[str]:
        return list(INTAKES)

    def service(self, name: str) -> Service:
        return next(service for service in self.services if service.name == name)

    def kept(self, cases: dict[str, Case], now: datetime) -> dict[str, Case]:
        """Keep the columns beside the cases as the router's store does."""
        for ticket, case in cases.items():
            for since, holds in ((self.held_since, case.held), (self.unrouted_since, case.status == "registered")):
                if holds:
                    since.setdefault(ticket, self.clock)
                else:
                    since.pop(ticket, None)
        return cases

    def run(self) -> World:
        """Play everything until all is read and nothing is left to say."""
        while self.clock < ACTIVE_S:
            self.tick(self.faults)
        rest = self.rng.choice(REST_S)
        putting_back = [(ACTIVE_S + self.rng.uniform(0, rest / 2), s, m) for s in self.services for m in s.dead]
        calm = Faults(down=0, rolled_back=0, slow=0.02, slow_s=3)
        while self.clock < ACTIVE_S + rest:
            for when, service, message in sorted(putting_back, key=lambda each: each[0]):
                if when <= self.clock and message in service.dead:
                    service.put_back(message, self.now)
            self.tick(calm)
        self.come_to_rest()
        return self

    def tick(self, faults: Faults) -> None:
        self.clock += self.rng.uniform(0.2, 1.6)
        if self.clock < ACTIVE_S:
            self.people.act()
        for service in self.rng.sample(self.services, len(self.services)):
            self.fail(service, faults)
            if self.clock >= service.down:
                service.read(self.broker, self.rng, self.now, self.clock, faults)
                self.look_at_time(service)
            if self.clock >= max(service.unpublished, service.down):
                self.relay(service)

    def come_to_rest(self) -> None:
        """Let time stand still until nobody has anything to read, write or say."""
        quiet = 0
        while quiet < 3:
            before = len(self.broker.all)
            for service in self.services:
                service.slow.clear()
                service.read(self.broker, self.rng, self.now, self.clock, Faults(0, 0, 0, 0, 0))
                self.look_at_time(service)
                self.relay(service)
            unread = any(not s.caught_up(self.broker.ends(s.sources)) for s in self.services)
            quiet = 0 if unread or before != len(self.broker.all) else quiet + 1
        self.ended = self.clock
        self.clock += 2 * RECEIPT_WAIT
        for notices in self.notices.values():
            notices.send(self.now)

    def fail(self, service: Service, faults: Faults) -> None:
        """Let a service sometimes be away for long, or leave its events unpublished."""
        if self.clock >= service.down and self.rng.random() < faults.down:
            service.down = self.clock + self.rng.expovariate(1 / faults.down_s)
            service.restart()
            if service is self.sla:
                self.ringing = None
            if service is self.router:
                self.waiting = None
        if faults.down and self.rng.random() < 0.01:
            service.unpublished = self.clock + self.rng.expovariate(1 / 8)

    def relay(self, service: Service) -> None:
        for out in service.outbox:
            self.broker.write(out, self.now)
        service.outbox.clear()

    def look_at_time(self, service: Service) -> None:
        if service is self.sla:
            self.ring()
        elif service is self.router:
            self.triage()
            self.release()
        elif notices := self.notices.get(service.name):
            notices.send(self.now)

    def ring(self) -> None:
        """Ring as sla_monitor.timer does: find due clocks and the end of the story, read up to that, only then ring."""
        if self.ringing is None:
            at = self.now - timedelta(seconds=ANNOUNCE_AFTER)
            if any(clock.next_due_at and clock.next_due_at <= at for clock in self.sla.states.values()):
                self.ringing = at, self.broker.ends([topics.UPDATED])
        if self.ringing and self.sla.caught_up(self.ringing[1]):
            at, self.ringing = self.ringing[0], None
            due = [key for key, clock in self.sla.states.items() if clock.next_due_at and clock.next_due_at <= at]
            self.sla.act(due, partial(ring, at=at, rules=SLA), "timer", self.now)

    def triage(self) -> None:
        """Do as router.timers.triage_timer."""
        for ticket, since in list(self.unrouted_since.items()):
            if since < self.clock - TRIAGE_AFTER:
                self._decide(ticket, router.unclassified, f"{ticket}:unclassified")

    def release(self) -> None:
        """Do as router.timers.clock_timer: find waiting events and the ends of topics, read that far, then publish."""
        if self.waiting is None and self.held_since:
            heard = {ticket: self.router.states[ticket].heard for ticket in self.held_since}
            self.waiting = heard, self.clock, self.broker.ends(router.sources(RULES))
        if self.waiting and self.router.caught_up(self.waiting[2]):
            (tickets, when, _), self.waiting = self.waiting, None
            for ticket, heard_then in tickets.items():
                at_once = when - self.held_since.get(ticket, when) >= PATIENCE_S
                self.given_up |= {ticket} if at_once else set()
                rule = partial(router.released, heard=heard_then, at_once=at_once)
                self._decide(ticket, rule, f"{ticket}:held:{self.router.states[ticket].seq}")

    def _decide(self, ticket: str, rule: Any, cause: str) -> None:
        self.router.act([ticket], lambda cases: rule(RULES, cases, ticket, self.now), cause, self.now)

    def receipt(self, intake: str, ticket: str) -> None:
        """Store the receipt that an intake stores with a complaint."""
        if notices := self.notices.get(intake):
            text = TEXTS.receipt(intake, ComplaintView(ticket=ticket))
            notices.add(NewNotice(ticket, NoticeKind.RECEIPT, "", text, after_s=RECEIPT_WAIT), self.now)

    @staticmethod
    def is_in_receipt(step: ComplaintUpdated, receipt: str) -> bool:
        """Whether a receipt tells who got the complaint by this step."""
        sorted_by = TEXTS.sms["receipt_sorted"].partition("}")[2]
        if step.kind == "handed_over":
            return bool(step.target) and str(step.target) in receipt
        return sorted_by in receipt or TEXTS.short.get(step.unit or "", "-") in receipt

    def story(self, ticket: str) -> list[Message]:
        """Return the steps of a complaint, by number."""
        steps = [m for m in self.broker.all if isinstance(m.data, ComplaintUpdated) and m.data.ticket == ticket]
        return sorted(steps, key=lambda m: m.data.seq)  # type: ignore[union-attr]
