"""A Kafka user of ours, which reads and writes with its own rights only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer

from lapor.errors import Refused
from lapor.processes import credentials
from lapor.processes.data_dir import DataDir
from lapor.servers import kafka
from lapor.system import addresses


class Principal:
    """A Kafka user. ``name``: ``auditor``, ``operator`` or a unit's code; ``client``: the settings for its login."""

    def __init__(self, name: str, client: dict[str, str | int]) -> None:
        self.name, self.client = name, client

    def consumer(self) -> Consumer:
        """Create a consumer that commits nothing, in a group that this principal may use."""
        group = f"unit.{self.name.lower()}.cli" if self.name.isupper() else f"{self.name}.cli"
        return Consumer({**self.client, "group.id": group, "enable.auto.commit": False, "log_level": 2})

    def topics(self) -> list[str]:
        """List all topics that it may describe."""
        return sorted(self._metadata.topics)

    @cached_property
    def _metadata(self) -> Any:
        with closing(self.consumer()) as consumer:
            return consumer.list_topics(timeout=10)

    def write(self, topic: str, key: bytes | None, value: bytes, headers: dict[str, str] | None = None) -> None:
        """Write one record and wait until the broker has it. Raises: Refused."""
        failed: list[object] = []
        self.send(topic, key, value, headers, lambda error, _: failed.append(error) if error else None)
        if self.producer.flush(15) or failed:
            raise Refused(f"{topic} did not take the record: {failed[0] if failed else 'no answer from Kafka'}.")

    def send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes,
        headers: dict[str, str] | None = None,
        done: Callable[[Any, Any], None] = lambda error, record: None,
    ) -> None:
        """Hand one record to the producer; ``done`` is called with the outcome."""
        self.producer.produce(topic, value, key, headers=list((headers or {}).items()), on_delivery=done)
        self.producer.poll(0)

    @cached_property
    def producer(self) -> Producer:
        """The one producer of this principal; it partitions by murmur2, as every client here does."""
        settings = {"partitioner": "murmur2_random", "enable.idempotence": True, "linger.ms": 5, "log_level": 2}
        return Producer({**self.client, **settings})


def principal(
    name: str,
    data: DataDir,
    bootstrap: str | None = None,
    accounts: Path | None = None,
    ca_file: Path | None = None,
) -> Principal:
    """Return the user ``name`` of the system running from ``data``, or of a cluster elsewhere. Raises: Refused."""
    if bool(bootstrap) != bool(accounts):
        raise Refused("--bootstrap and --accounts go together (KAFKA_BOOTSTRAP_SERVERS and ACCOUNTS_FILE).")
    if bootstrap and accounts:
        if not accounts.is_file():
            raise Refused(f"There is no accounts file {accounts}: `lapor provision` writes it.")
        passwords = credentials.read(accounts).principals
    else:
        env: dict[str, Any] = addresses.env(data)
        bootstrap, ca_file = str(env["bootstrap"]), None
        passwords = {user: account["password"] for user, account in env["principals"].items()}
    if name not in passwords:
        raise Refused(f"There is no unit or user called {name!r}; units are named as in units.yaml, such as PUPR.")
    return Principal(name, kafka.client_settings(bootstrap, name, passwords[name], ca_file))
