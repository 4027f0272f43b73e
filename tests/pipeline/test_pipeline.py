"""All rules of all services chained by topic, in memory, with a clock that only the test moves."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from msgspec import UNSET

from chassis.batch import Handler
from chassis.wire import Emit, Message, Outgoing, Record, outgoing
from classifier.domain import Candidate, Classification
from classifier.handlers import on_message as classify
from contracts import codec, topics
from contracts.events import ComplaintReceived, Data, Place, SlaBreached, SlaUpdated, UnitReplied, UnitRouted
from contracts.ids import complaint_id
from contracts.masking import mask
from contracts.signature import sign
from contracts.vocabulary import ComplaintType, Urgency
from intake.effects import Decided
from intake.projection import SOURCES, story_handler
from intake_sms.domain import read
from intake_sms.settings import KEYWORDS
from router.adapters.region import read_rules
from router.app import handler_of as router_handler
from router.handlers import released
from router.handlers import sources as router_sources
from sla_monitor.app import handler_of as sla_handler
from sla_monitor.region import load_rules
from sla_monitor.timer import ring
from testing.fixtures import texts_of

REGION = Path(__file__).parents[2] / "region" / "seconds"
SLA = load_rules(REGION)
NOON = datetime(2026, 3, 3, 4, 0, tzinfo=UTC)
TICKET = "SPG-S000-00007"
EVENT_KEY = b"key-of-the-intake-of-the-test"


def understand(text: str, *_said: Any) -> Classification:
    """Classify by one word."""
    sure = "air" in text.lower().split()
    category = "air_bersih" if sure else "jalan_jembatan"
    return Classification(
        category=category,
        confidence=0.9 if sure else 0.1,
        abstained=not sure,
        top=(Candidate(category=category, confidence=0.9),),
        type=ComplaintType.PENGADUAN,
        urgency=Urgency.SEDANG,
        danger=False,
        spam=False,
        language="id",
        place=Place(),
        about_units=(),
        protected=False,
        perhaps_accusing=False,
        perhaps_about=(),
        matter=None,
        masked_text=text,
    )


@dataclass
class Pipeline:
    """Kafka, PostgreSQL and time, as the rules see them."""

    now: datetime = NOON
    log: list[Message] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    waiting: deque[Message] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.rules = rules = read_rules(REGION)
        self.services: list[tuple[Handler[Any], Sequence[str], dict[str, Any]]] = [
            (router_handler(rules, {"intake-sms": EVENT_KEY}), router_sources(rules), {}),
            (sla_handler(SLA), [topics.UPDATED], {}),
            (story_handler("intake-sms", texts_of(REGION), notify=True), SOURCES, {}),
        ]

    def publish(self, out: Sequence[Outgoing]) -> None:
        """Put records into their topics, with the present time as the broker's."""
        for each in out:
            ms = round(self.now.timestamp() * 1000)
            record = Record(each.topic, 0, len(self.log), each.key, each.value, ms, tuple(each.headers))
            message = Message(record, codec.decode(each.value or b""))
            self.log.append(message)
            self.waiting.append(message)

    def run(self) -> None:
        """Let every service handle its records until there are no new ones."""
        while self.waiting:
            message = self.waiting.popleft()
            if message.record.topic == topics.RECEIVED:
                self.answer("classifier", message, classify(understand, "uji", message))
            for handler, reads, states in self.services:
                if message.record.topic in reads:
                    handler.keys(message)
                    handler.verify(message)
                    changes, emits = handler.decide(states, message, message.time)
                    states |= {key: self.kept(state) for key, state in changes.items()}
                    self.answer(handler.service, message, emits)

    def kept(self, state: Any) -> Any:
        """Return ``state`` as it is stored: a story's notices go to the citizen."""
        if not isinstance(state, Decided):
            return state
        self.told += [notice.text for notice in state.effects.notices]
        return Decided(state.view)

    def answer(self, service: str, message: Message, emits: list[Emit]) -> None:
        self.publish(outgoing(emits, service=service, cause=message.cause, now=message.time))

    def wait(self, seconds: float) -> None:
        """Let time pass, second by second; clocks ring."""
        handler, _, clocks = self.services[1]
        for _ in range(round(seconds)):
            self.now += timedelta(seconds=1)
            changed, emits = ring(clocks, at=self.now, rules=SLA)
            clocks |= changed
            self.publish(outgoing(emits, service=handler.service, cause="timer", now=self.now))
            self.run()
            self.release()

    def release(self) -> None:
        """Let the router publish the clock's events that it holds, since all records are read."""
        handler, _, cases = self.services[0]
        for ticket in [ticket for ticket, case in cases.items() if case.held]:
            cause = f"{ticket}:held:{cases[ticket].seq}"
            changes, emits = released(self.rules, cases, ticket, self.now, heard=cases[ticket].heard)
            cases |= changes
            self.publish(outgoing(emits, service=handler.service, cause=cause, now=self.now))
        self.run()

    def sms(self, text: str) -> None:
        """Send an SMS, and take it as intake-sms does."""
        wish = read(text, KEYWORDS)
        assert wish.kind == "complaint"
        received = ComplaintReceived(
            complaint_id=complaint_id(UUID(int=7), channel="sms", gateway="kannel", external_id="1"),
            ticket=TICKET,
            channel="sms",
            origin="intake-sms",
            text=mask(wish.text),
            received_at=self.now,
            reporter_ref="pelapor",
        )
        self.hear(topics.RECEIVED, received, "sms-1")

    def reply(self, unit: str, action: str, message: str | None = None) -> UnitRouted:
        """Reply as a unit. Return the router's answer."""
        data = UnitReplied(ticket=TICKET, action=action, message=message or UNSET)
        self.hear(topics.unit_replied(unit), data, f"reply-{len(self.log)}")
        answers: list[UnitRouted] = [found for found in self.of(UnitRouted) if found.why == "replied"]
        return answers[-1]

    def hear(self, topic: str, data: Data, event_id: str) -> None:
        event = codec.envelope(data, event_id=event_id, source="/test", subject="uji", time=self.now)
        value = codec.encode(event)
        self.publish([Outgoing(topic, b"uji", value, [sign(EVENT_KEY, b"uji", value)])])
        self.run()

    def of(self, kind: type[Any]) -> list[Any]:
        """Return the data of every event of one kind, in order."""
        return [message.data for message in self.log if isinstance(message.data, kind)]

    def steps(self) -> list[tuple[int, str]]:
        return [(m.data.seq, m.data.kind) for m in self.log if m.record.topic == topics.UPDATED]  # type: ignore[union-attr]

    def whys(self, unit: str) -> list[str]:
        return [m.data.why for m in self.log if m.record.topic == topics.unit_routed(unit)]  # type: ignore[union-attr]


@pytest.fixture
def pipeline() -> Pipeline:
    """A pipeline into which one SMS has come."""
    pipeline = Pipeline()
    pipeline.sms("SOPPENG Air tidak mengalir, hubungi 0812-7788-9911")
    return pipeline


def test_an_sms_that_nobody_answers_becomes_a_breach(pipeline: Pipeline) -> None:
    assert [(0, "registered"), (1, "routed"), (2, "deadline_set")] == pipeline.steps()
    pipeline.wait(30)
    (breach,) = pipeline.of(SlaBreached)
    assert (TICKET, "completion", "PDAM") == (breach.ticket, breach.stage, breach.unit)
    assert NOON + timedelta(seconds=25) == breach.deadline_at
    (at,) = [message.time for message in pipeline.log if isinstance(message.data, SlaBreached)]
    assert at >= breach.deadline_at
    assert ["started", "warned"] == [clock.kind for clock in pipeline.of(SlaUpdated)]
    assert ["routed", "deadline-set", "warned", "breached"] == pipeline.whys("PDAM")
    routed, apology = pipeline.told
    assert f"{TICKET} diteruskan ke PDAM Kabupaten Soppeng." == routed
    assert f"{TICKET}: maaf, belum dijawab sampai Selasa 3 Mar pukul 12.00." in apology


def test_a_reply_in_time_keeps_the_promise_and_silence_closes_the_complaint(pipeline: Pipeline) -> None:
    assert pipeline.reply("PDAM", "acknowledge").reply.accepted  # type: ignore[union-attr]
    pipeline.wait(10)
    assert pipeline.reply("PDAM", "resolve", "Pipa sudah diganti.").reply.accepted  # type: ignore[union-attr]
    pipeline.wait(60)
    assert [] == pipeline.of(SlaBreached)
    completion = [clock.kind for clock in pipeline.of(SlaUpdated) if clock.stage == "completion"]
    assert ["started", "met"] == completion
    kinds = ["registered", "routed", "deadline_set", "acknowledged", "resolved", "met", "deadline_set", "closed"]
    assert list(enumerate(kinds)) == pipeline.steps()
    how = f"Puas? Balas NILAI {TICKET} 1-5. Belum? BUKA {TICKET}."
    assert f"{TICKET} selesai ditangani PDAM Kabupaten Soppeng: Pipa sudah diganti. {how}" in pipeline.told
    assert 4 == len(pipeline.told)


def test_reply_at_the_exact_deadline_is_in_time(pipeline: Pipeline) -> None:
    pipeline.now = NOON + timedelta(seconds=25)
    pipeline.reply("PDAM", "resolve", "Pipa sudah diganti.")
    pipeline.wait(20)
    assert [] == pipeline.of(SlaBreached)


def test_a_reply_of_the_wrong_unit_is_refused_and_changes_nothing(pipeline: Pipeline) -> None:
    answer = pipeline.reply("PUPR", "resolve", "Bukan urusan saya.")
    assert answer.reply is not UNSET
    assert not answer.reply.accepted
    assert answer.complaint is UNSET
    assert 3 == len(pipeline.steps())


def test_the_same_records_again_bring_about_the_same_events_with_the_same_ids(pipeline: Pipeline) -> None:
    again = Pipeline()
    again.sms("SOPPENG Air tidak mengalir, hubungi 0812-7788-9911")
    for each in (pipeline, again):
        each.wait(40)
    first, second = ([message.event.id for message in each.log] for each in (pipeline, again))
    assert first == second
    assert len(set(first)) == len(first)


def test_no_identifier_leaves_the_door(pipeline: Pipeline) -> None:
    assert all(b"7788" not in (message.record.value or b"") for message in pipeline.log)
    (received,) = pipeline.of(ComplaintReceived)
    assert "Air tidak mengalir, hubungi [TELEPON]" == received.text
