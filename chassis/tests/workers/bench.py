"""The bench of a connected test: its own topics, database and workers, on the broker and cluster of the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psycopg
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from chassis.settings import DatabaseSettings
from contracts import codec, ticket
from contracts.events import ComplaintFollowedUp, ComplaintReceived, FollowUp
from lapor.processes.ports import any_free
from testing.events import NOW, a_received
from testing.servers import Stack
from testing.waiting import PATIENCE, until

WORKERS = Path(__file__).parent
TICKET = ticket.mint("sms")


def complaint(key: str, text: str = "jalan rusak") -> ComplaintReceived:
    return a_received(complaint_id=key, ticket=TICKET, text=text)


def text_of(data: object) -> str:
    """Return the text of a received complaint; the services of these tests publish no other event."""
    assert isinstance(data, ComplaintReceived)
    return data.text


def encoded(key: str, event_id: str, text: str = "jalan rusak") -> bytes:
    event = codec.envelope(complaint(key, text), event_id=event_id, source="/test", subject=key, time=NOW)
    return codec.encode(event)


def newer(event_id: str) -> bytes:
    """Make an event with two words that no vocabulary has."""
    item = FollowUp(id="f1", kind="praise", at=NOW, right="portability")
    data = ComplaintFollowedUp(complaint_id="c1", ticket=TICKET, items=[item])
    return codec.encode(codec.envelope(data, event_id=event_id, source="/test", subject="c1", time=NOW))


@dataclass
class Worker:
    """A service in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError as error:
            return 0, repr(error)

    def ready(self) -> bool:
        return self.get("/ready")[0] == 200

    def ended(self, timeout_s: float = 30) -> int | str:
        """Its exit code; its log if it did not end in time."""
        try:
            return self.process.wait(PATIENCE * timeout_s)
        except subprocess.TimeoutExpired:
            return self.log.read_text()

    def stop(self, how: signal.Signals = signal.SIGTERM, timeout_s: float = 30) -> int | str:
        self.process.send_signal(how)
        return self.ended(timeout_s)


@dataclass
class Bench:
    """Topics, a database and workers of one test. ``sent`` are the event ids that went in, in order, by key."""

    stack: Stack
    name: str
    dsn: str
    directory: Path
    partitions: int = 3
    workers: list[Worker] = field(default_factory=list)
    sent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.source, self.out, self.dlq = f"{self.name}.in", f"{self.name}.out", f"{self.name}.dlq"
        client: dict[str, Any] = {**self.stack.client(), "log_level": 0}
        self.admin = AdminClient(client)
        self.create(self.source, self.out, partitions=self.partitions)
        self.replay = f"{self.name}.replay"
        self.create(self.dlq, config={"max.message.bytes": "2097152"})
        self.create(self.replay)
        self.producer = Producer({**client, "partitioner": "murmur2_random", "linger.ms": 2})
        # Its group is only asked for its offsets: a consumer with manually assigned partitions joins no group. A fetch
        # that waits for records holds up other requests on its connection, by default for half a second.
        reading = {"group.id": self.name, "enable.auto.commit": False, "fetch.wait.max.ms": 10}
        self.reader = Consumer({**client, **reading})

    def create(self, *topics: str, partitions: int = 1, config: Mapping[str, str] = MappingProxyType({})) -> None:
        new = [NewTopic(topic, partitions, 1, config=dict(config)) for topic in topics]
        for done in self.admin.create_topics(new).values():
            done.result(10)

    def delete(self, *topics: str) -> None:
        for done in self.admin.delete_topics(list(topics)).values():
            done.result(10)

    def allow(self, principal: str, topic: str, operation: AclOperation) -> None:
        literal, allowed = ResourcePatternType.LITERAL, AclPermissionType.ALLOW
        rule = AclBinding(ResourceType.TOPIC, topic, literal, f"User:{principal}", "*", operation, allowed)
        for done in self.admin.create_acls([rule]).values():
            done.result(10)

    def env(self, **extra: str) -> dict[str, str]:
        return {
            **{name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ},
            "PYTHONUNBUFFERED": "1",
            "KAFKA_BOOTSTRAP_SERVERS": self.stack.bootstrap,
            "KAFKA_USERNAME": self.stack.admin[0],
            "KAFKA_PASSWORD": self.stack.admin[1],
            "DATABASE_URL": self.dsn,
            "REGION_DIR": "/nowhere",
            "SERVICE": self.name,
            "SOURCES": self.source,
            "OUT": self.out,
            "BATCH_TIMEOUT_S": "20",
            "ASSIGNMENT_TIMEOUT_S": "20",
            "SESSION_TIMEOUT_S": "6",
            "PUBLISH_TIMEOUT_S": "20",
            "COMMIT_INTERVAL_S": "0.3",
            "BUSY_FILE": str(self.directory / "busy"),
            "SLOW_S": "60",
            **extra,
        }

    def settings(self, **extra: Any) -> DatabaseSettings:
        given = {
            name.lower(): value for name, value in self.env().items() if name.lower() in DatabaseSettings.model_fields
        }
        return DatabaseSettings(**{**given, "http_port": 1, **extra})

    def worker(self, kind: str = "stateful", *, ready: bool = True, **env: str) -> Worker:
        port, log = any_free(), self.directory / f"worker{len(self.workers)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, WORKERS / f"{kind}.py"],
                env=self.env(HTTP_PORT=str(port), **env),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        worker = Worker(process, port, log)
        self.workers.append(worker)
        if ready:
            assert until(lambda: worker.ready() or process.poll() is not None), log.read_text()
        return worker

    def send(self, key: str, event_id: str, text: str = "jalan rusak") -> None:
        self.sent[key].append(event_id)
        self.put(self.source, key, encoded(key, event_id, text))

    def put(self, topic: str, key: str, value: bytes | None, headers: Any = None) -> None:
        self.producer.produce(topic, value, key, headers=headers)
        self.producer.poll(0)

    def ask_for(self, *offsets: object) -> None:
        """Request dead letters by their offsets, as an operator does; or offsets without a letter."""
        for offset in offsets:
            self.put(self.replay, f"{self.name}:{offset}", None if offset is None else str(offset).encode())
        self.flush()

    def flush(self) -> None:
        assert self.producer.flush(20) == 0

    def restart_postgres(self) -> None:
        """Start it after it was killed; its orphans hold the shared memory for a moment."""
        deadline = time.monotonic() + 15
        while True:
            try:
                return self.stack.start_postgres()
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def records(self, topic: str) -> list[Any]:
        """Read all records of ``topic``, in order within a partition; wait for a broker that has just come back."""
        deadline = time.monotonic() + 15
        while True:
            try:
                return self._records(topic)
            except KafkaException:
                if time.monotonic() > deadline:
                    raise

    def _records(self, topic: str) -> list[Any]:
        found: list[Any] = []
        for number in self.reader.list_topics(topic, timeout=10).topics[topic].partitions:
            start, end = self.reader.get_watermark_offsets(TopicPartition(topic, number), timeout=10)
            self.reader.assign([TopicPartition(topic, number, start)])
            while start < end and (record := self.reader.poll(10)) is not None:
                if not record.error():
                    found.append(record)
                    start = (record.offset() or 0) + 1
        self.reader.unassign()
        return found

    def events(self, topic: str) -> list[codec.Event]:
        return [codec.decode(record.value()) for record in self.records(topic)]

    def committed(self) -> int:
        """Return how many records of the source the group has passed."""
        asked = [TopicPartition(self.source, n) for n in range(self.partitions)]
        deadline = time.monotonic() + 30
        while True:
            try:
                return sum(max(place.offset, 0) for place in self.reader.committed(asked, timeout=10))
            except KafkaException:  # a broker that has just come back looks for its coordinators first
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def members(self) -> list[str]:
        """Return the names of the readers in the service's group."""
        group = self.admin.describe_consumer_groups([self.name])[self.name].result(10)
        return [str(member.group_instance_id) for member in group.members]

    def close(self) -> None:
        self.reader.close()
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.stop(signal.SIGKILL)

    def sql(self, query: str, *values: Any) -> list[Any]:
        with psycopg.connect(self.dsn, autocommit=True) as db:
            cursor = db.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def counts(self) -> dict[str, int]:
        return dict(self.sql("SELECT key, n FROM counted"))

    def lost(self) -> set[str]:
        """Return ids that went in without a result: neither an event nor a dead letter."""
        caused = {str(event.causationid) for event in self.events(self.out)}
        for record in self.records(self.dlq):
            with suppress(codec.InvalidEvent):
                caused.add(codec.decode(record.value()).id)
        return {event_id for ids in self.sent.values() for event_id in ids} - caused

    def once(self) -> bool:
        """Whether each key was counted 1, 2, 3… by distinct events; repeats of an event are allowed, holes are not."""
        told: dict[str, dict[str, int]] = defaultdict(dict)
        for event in self.events(self.out):
            told[event.subject].setdefault(event.id, int(text_of(event.data)))
        return all([*range(1, len(each) + 1)] == [*each.values()] for each in told.values()) and self.counts() == {
            key: len(each) for key, each in told.items()
        }
