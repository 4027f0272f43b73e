"""Judge a run from outside: compare the promises to citizens with the records in the topics.

Shares no code with the services, and reads JSON as any agency would.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Consumer, TopicPartition


@dataclass
class Log:
    """The records in the topics: per topic, in order of partition and offset, (key, event)."""

    topics: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def of(self, topic: str) -> list[dict[str, Any]]:
        """Return the events of one topic."""
        return self.topics.get(topic, [])

    def unit_records(self) -> Iterable[tuple[str, dict[str, Any]]]:
        """Yield every record of every unit's topic, with the topic's name."""
        for name, events in self.topics.items():
            if name.startswith("unit.") and name.endswith(".routed.v1"):
                for event in events:
                    yield name, event


def read_log(env: dict[str, Any], principal: str = "auditor") -> Log:
    """Read everything ``principal`` may read in complaint and unit topics, from the first offset to the last."""
    account = env["principals"][principal]
    consumer = Consumer(
        {
            "bootstrap.servers": env["bootstrap"],
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": account["username"],
            "sasl.password": account["password"],
            "group.id": f"{principal}.judge",
            "enable.auto.commit": False,
            "log_level": 2,
        }
    )
    log = Log()
    try:
        metadata = consumer.list_topics(timeout=20).topics
        places = [
            TopicPartition(name, partition, 0)
            for name, topic in metadata.items()
            if name.startswith(("complaint.", "unit."))
            for partition in topic.partitions
        ]
        ends = {(p.topic, p.partition): consumer.get_watermark_offsets(p, timeout=20)[1] for p in places}
        waiting = {place for place, end in ends.items() if end > 0}
        consumer.assign([p for p in places if (p.topic, p.partition) in waiting])
        while waiting:
            for message in consumer.consume(1000, 2.0):
                assert not message.error(), message.error()
                place = message.topic() or "", message.partition() or 0
                if value := message.value():
                    log.topics[place[0]].append(json.loads(value))
                if (message.offset() or 0) + 1 >= ends[place]:
                    waiting.discard(place)
    finally:
        consumer.close()
    return log


def anomalies(
    log: Log,
    tickets: dict[str, str],
    told: dict[str, list[str]],
    may_repeat: dict[str, int],
) -> list[str]:
    """Return every broken promise, in words.

    ``tickets`` are all tickets given, with their channel. ``told`` holds the messages to each ticket's citizen; for the
    web, the steps that its page shows. ``may_repeat`` says how many messages of a channel may be repeated.
    """
    found: list[str] = []
    stories, received = _stories(log, found), _received(log)
    for ticket in sorted(received.keys() - tickets.keys()):
        found.append(f"PHANTOM {ticket}: received, but no citizen has it")
    found += _unanswered(log)
    routed = _routed(log)
    for ticket, channel in sorted(tickets.items()):
        complaints = received.get(ticket, set())
        if len(complaints) != 1:
            found.append(f"{'LOST' if not complaints else 'DOUBLE'} {ticket}: {len(complaints)} complaints received")
        steps = stories.get(ticket, [])
        if not steps:
            found.append(f"LOST {ticket}: no story")
            continue
        in_story = sum(1 for step in steps if step["kind"] == "routed")
        at_units = len(routed.get(ticket, ()))
        if not at_units:
            found.append(f"LOST {ticket}: on no unit's topic")
        elif at_units != in_story:
            found.append(f"DOUBLE {ticket}: routed {in_story} times, {at_units} times at units")
        found += _silence(ticket, channel, steps, told.get(ticket, []))
    return found + list(_repeats(tickets, told, may_repeat))


def _stories(log: Log, found: list[str]) -> dict[str, list[dict[str, Any]]]:
    stories: dict[str, list[dict[str, Any]]] = defaultdict(list)
    ids: dict[tuple[str, int], str] = {}
    for event in log.of("complaint.updated.v1"):
        data = event["data"]
        place = (data["ticket"], data["seq"])
        if place in ids:
            if ids[place] != event["id"]:
                found.append(f"DOUBLE {data['ticket']}: two different steps are seq {data['seq']}")
            continue  # the same event delivered again
        ids[place] = event["id"]
        if data["seq"] != len(stories[data["ticket"]]):
            found.append(f"GAP {data['ticket']}: seq {data['seq']} follows {len(stories[data['ticket']]) - 1}")
        stories[data["ticket"]].append(data)
    return stories


def _received(log: Log) -> dict[str, set[str]]:
    received: dict[str, set[str]] = defaultdict(set)
    for event in log.of("complaint.received.v1"):
        received[event["data"]["ticket"]].add(event["subject"])
    return received


def _routed(log: Log) -> dict[str, set[str]]:
    routed: dict[str, set[str]] = defaultdict(set)
    for _, event in log.unit_records():
        if event["data"]["why"] == "routed":
            routed[event["data"]["complaint"]["ticket"]].add(event["id"])
    return routed


def _unanswered(log: Log) -> Iterable[str]:
    """Check that every reply of a unit is answered exactly once; the same answer delivered again counts once."""
    answers: dict[str, set[str]] = defaultdict(set)
    for _, event in log.unit_records():
        if "reply" in event["data"]:
            answers[event["data"]["reply"]["event_id"]].add(event["id"])
    replies = [e for name, events in log.topics.items() if name.endswith(".replied.v1") for e in events]
    for reply in {reply["id"]: reply for reply in replies}.values():
        if len(answers[reply["id"]]) != 1:
            kind = "DOUBLE" if answers[reply["id"]] else "UNANSWERED"
            yield f"{kind} reply {reply['id']}: {len(answers[reply['id']])} answers"


#: The steps that record the clock: a citizen reads of them with other steps, or in other notices.
OF_THE_CLOCK = frozenset(
    {"deadline_set", "warned", "breached", "escalated", "paused", "resumed", "rescheduled", "retracted", "met"}
)


def tells_who_has_it(receipt: str) -> bool:
    """Whether a receipt also tells who got the complaint."""
    return "kami teruskan ke" in receipt or "diperiksa petugas" in receipt


def _silence(ticket: str, channel: str, steps: list[dict[str, Any]], told: list[str]) -> Iterable[str]:
    steps = [step for step in steps if step["kind"] not in OF_THE_CLOCK]
    if channel == "web":
        if told != [step["kind"] for step in steps]:
            yield f"UNTOLD {ticket}: the page shows {told}"
        return
    changes = len(steps) - 1  # the receipt stands for `registered`
    # And, where that came in time, for the first `routed`. A network may bring what follows it before it.
    changes -= any(text.startswith("Terima kasih") and tells_who_has_it(text) for text in told)
    counts = Counter(told)
    if len(counts) != changes + 1:
        yield f"UNTOLD {ticket}: {changes} changes and a receipt, {len(counts)} different messages"


def _repeats(tickets: dict[str, str], told: dict[str, list[str]], may_repeat: dict[str, int]) -> Iterable[str]:
    for channel in sorted(set(tickets.values()) - {"web"}):
        mine = [told.get(ticket, []) for ticket, by in tickets.items() if by == channel]
        repeats = sum(len(texts) - len(set(texts)) for texts in mine)
        if repeats > may_repeat.get(channel, 0):
            yield f"REPEATED {channel}: {repeats} messages too many, {may_repeat.get(channel, 0)} allowed"
