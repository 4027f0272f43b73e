"""Three brokers of the compose file: an acknowledged record is on at least two of them, and one may die."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, KafkaError, Producer
from confluent_kafka.admin import AdminClient
from running import Broker

from contracts import topics
from lapor.servers import acls, kafka
from lapor.servers.provision import provision
from testing.waiting import until

pytestmark = pytest.mark.connected

UNITS = ["PUPR", "DISKOMINFO"]
TOPICS = topics.load_topics(UNITS)
PASSWORDS = {name: f"of-{name}-and-nobody-else" for name in acls.principals(TOPICS, UNITS)}


class Cluster:
    """The brokers, and their common settings."""

    def __init__(self, folder: Path) -> None:
        self.brokers = [Broker(folder=folder / str(n)) for n in (1, 2, 3)]
        first = self.brokers[0]
        first.certify("services", "agencies")
        for n, broker in enumerate(self.brokers, 1):
            if broker is not first:
                shutil.copytree(first.folder / "tls", broker.folder / "tls")
            broker.others = {"NODE": str(n), "VOTERS": self._voters, "KAFKA_BOOTSTRAP_SERVERS": self.bootstrap}

    @property
    def bootstrap(self) -> str:
        return ",".join(f"localhost:{broker.services}" for broker in self.brokers)

    @property
    def _voters(self) -> str:
        return ",".join(f"{n}@localhost:{broker.controller}" for n, broker in enumerate(self.brokers, 1))

    def client(self, name: str, password: str, **settings: Any) -> dict[str, Any]:
        """Return the settings of a librdkafka client that knows all of them."""
        ca = self.brokers[0].ca
        return {**kafka.client_settings(self.bootstrap, name, password, ca), "log_level": 0, **settings}

    @property
    def admin(self) -> AdminClient:
        return AdminClient(self.client(kafka.ADMIN, self.brokers[0].password, error_cb=lambda _error: None))

    def start(self) -> None:
        """Start them concurrently, since none becomes ready without a second one."""
        for broker in self.brokers[1:]:
            broker.run_until(lambda: True, *broker.command())
        self.brokers[0].start()
        for broker in self.brokers:
            until(broker.lets_in, 60, f"node {broker.others['NODE']} lets in")

    def kill(self, n: int) -> None:
        """Kill one, like a power failure except that no written data is lost."""
        process = self.brokers[n - 1].process
        if process and process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(30)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        found = Cluster(Path(folder))
        try:
            found.start()
            client = found.client(kafka.ADMIN, found.brokers[0].password)
            provision(client, TOPICS, UNITS, PASSWORDS, replication=3)
            yield found
        finally:
            for n in (1, 2, 3):  # an orderly stop of the last one would wait for the others
                found.kill(n)


def send(client: dict[str, Any], value: bytes, within_s: float = 30, said_within_s: float = 120) -> KafkaError | None:
    """Write a complaint as an intake does. Return the cluster's error if it does not take it.

    Raises:
        AssertionError: no result came in time.
    """
    said: list[KafkaError | None] = []
    settings = {"acks": "all", "enable.idempotence": True, "delivery.timeout.ms": int(within_s * 1000)}
    quiet: dict[str, Any] = {"error_cb": lambda _error: None}
    producer = Producer({**client, **settings, **quiet})
    producer.produce(topics.RECEIVED, value, b"key", on_delivery=lambda error, _: said.append(error))
    producer.flush(said_within_s)
    assert said, f"nobody said within {said_within_s} s what became of {value!r}"
    return said[0]


def read(cluster: Cluster, until_it_reads: bytes) -> list[bytes]:
    """Return the complaints that a service reads, from the beginning to that one."""
    own = {"group.id": "router", "auto.offset.reset": "earliest", "enable.auto.commit": False}
    quiet: dict[str, Any] = {"error_cb": lambda _error: None}
    consumer = Consumer(cluster.client("router", PASSWORDS["router"], **own, **quiet))
    consumer.subscribe([topics.RECEIVED])
    found: list[bytes] = []

    def more() -> bool:
        record = consumer.poll(1)
        if record is not None and not record.error():
            found.append(record.value() or b"")
        return until_it_reads in found

    until(more, 60, f"{until_it_reads!r} is read")
    consumer.close()
    return found


def test_every_topic_is_kept_by_three_and_acknowledged_by_two(cluster: Cluster) -> None:
    there = cluster.admin.list_topics(timeout=20)

    assert 3 == len(there.brokers)
    ours = [there.topics[topic.name] for topic in TOPICS]
    assert {3} == {len(each.replicas) for topic in ours for each in topic.partitions.values()}
    settings = (cluster.brokers[0].folder / "server.properties").read_text()
    assert "min.insync.replicas=2" in settings


def test_unacknowledged_send_is_an_error() -> None:
    with pytest.raises(AssertionError, match="nobody said"):
        send({"bootstrap.servers": "127.0.0.1:9"}, b"to nobody", within_s=60, said_within_s=0.1)


def test_one_may_die_and_nothing_waits_and_two_may_die_and_nothing_is_lost(cluster: Cluster) -> None:
    intake = cluster.client("intake-sms", PASSWORDS["intake-sms"])
    assert send(intake, b"with three") is None

    cluster.kill(1)
    assert send(intake, b"with two") is None
    assert [b"with three", b"with two"] == read(cluster, b"with two")

    cluster.kill(2)
    assert send(intake, b"with one", within_s=10) is not None

    for n in (1, 2):
        broker = cluster.brokers[n - 1]
        broker.run_until(lambda: True, *broker.command())
    until(lambda: send(intake, b"with three again", within_s=5) is None, 90, "they take complaints again")
    # A record that was not acknowledged may be there or not.
    assert [b"with three", b"with two"] == read(cluster, b"with three again")[:2]
