"""Units at work: each reads its own topic with its own credentials, acknowledges and resolves what comes."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition


@contextmanager
def working(env: dict[str, Any], codes: list[str]) -> Iterator[list[str]]:
    """Run the units ``codes`` until the end of the block; yields the tickets they have taken on."""
    stop, seen = threading.Event(), list[str]()
    threads = [threading.Thread(target=_work, args=(env, code, stop, seen), daemon=True) for code in codes]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def _work(env: dict[str, Any], code: str, stop: threading.Event, seen: list[str]) -> None:
    account = env["principals"][code]
    client = {
        "bootstrap.servers": env["bootstrap"],
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": account["username"],
        "sasl.password": account["password"],
        "log_level": 2,
    }
    consumer = Consumer({**client, "group.id": f"unit.{code.lower()}.work", "enable.auto.commit": False})
    producer = Producer({**client, "enable.idempotence": True})
    consumer.assign([TopicPartition(f"unit.{code.lower()}.routed.v1", 0, 0)])
    done: set[str] = set()
    while not stop.is_set():
        for message in consumer.consume(100, 0.1):
            if message.error() or not (value := message.value()):
                continue
            event = json.loads(value)
            if event["data"]["why"] != "routed" or event["id"] in done:
                continue
            done.add(event["id"])
            ticket = event["data"]["complaint"]["ticket"]
            seen.append(ticket)
            for action in ("acknowledge", "resolve"):
                producer.produce(
                    f"unit.{code.lower()}.replied.v1",
                    json.dumps(_reply(code, ticket, action)).encode(),
                    event["subject"].encode(),
                )
        producer.poll(0)
    producer.flush(30)
    consumer.close()


def _reply(code: str, ticket: str, action: str) -> dict[str, Any]:
    data = {"ticket": ticket, "action": action}
    if action == "resolve":
        data["message"] = "Sudah dikerjakan dan diperiksa di tempat."
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/unit/{code}",
        "type": "unit.replied.v1",
        "subject": ticket,
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    }
