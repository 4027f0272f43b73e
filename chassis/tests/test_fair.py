"""However many records one unit has written, they hold up nobody else's."""

from __future__ import annotations

from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from chassis.fair import SHARE
from testing.servers import Stack

FLOOD, OTHER = "unit.banjir.replied.v1", "fair.other"


@pytest.mark.connected
async def test_a_hundred_thousand_records_of_a_unit_hold_up_no_other(connected: Stack) -> None:
    admin = AdminClient({**connected.client()})
    for made in admin.create_topics([NewTopic(FLOOD, 1), NewTopic(OTHER, 1)]).values():
        made.result(30)
    producer = Producer({**connected.client(), "queue.buffering.max.messages": 200_000, "linger.ms": 100})
    for _ in range(100_000):
        producer.produce(FLOOD, b"")
    producer.flush(60)
    producer.produce(OTHER, b"of another")
    producer.flush(60)
    user, password = connected.admin
    consumer: Any = AIOKafkaConsumer(
        bootstrap_servers=connected.bootstrap,
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_plain_username=user,
        sasl_plain_password=password,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(FLOOD, 0), TopicPartition(OTHER, 0)])
        given, before = list[str](), 0
        while OTHER not in given:
            batches = await consumer.getmany(timeout_ms=1_000, max_records=500)
            given = [place.topic for place in batches]
            before += len(batches.get(TopicPartition(FLOOD, 0), ()))
            assert len(batches.get(TopicPartition(FLOOD, 0), ())) <= SHARE
    finally:
        await consumer.stop()

    assert before < 100 * SHARE, before
