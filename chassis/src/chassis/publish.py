"""Publishes with an acknowledgement: a record counts as out when the broker has confirmed it."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence, Set
from typing import Any

from aiokafka import AIOKafkaProducer, errors
from aiokafka.errors import (
    MessageSizeTooLargeError,
    RecordTooLargeError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
)
from aiokafka.partitioner import DefaultPartitioner

from chassis.settings import ServiceSettings
from chassis.wire import Outgoing
from contracts.topics import kept_together

#: The broker will never take such a record, however often it is offered.
PERMANENT = (MessageSizeTooLargeError, RecordTooLargeError)
#: The broker takes nothing for this topic until somebody creates it or allows it: provisioning does.
REFUSED = (TopicAuthorizationFailedError, UnknownTopicOrPartitionError)
#: Errors that are not about a record, and not marked as retriable: they concern the account, the cluster, or a producer
#: that must be recreated.
_OF_THE_PRODUCER = (
    errors.AuthenticationFailedError,
    errors.BrokerNotAvailableError,
    errors.ClusterAuthorizationFailedError,
    errors.DuplicateSequenceNumber,
    errors.IllegalSaslStateError,
    errors.InvalidProducerEpoch,
    errors.InvalidProducerIdMapping,
    errors.KafkaTimeoutError,
    errors.KafkaUnavailableError,
    errors.OutOfOrderSequenceNumber,
    errors.ProducerClosed,
    errors.ProducerFenced,
    errors.SaslAuthenticationFailed,
    errors.UnknownProducerId,
    errors.UnsupportedSaslMechanismError,
    errors.UnsupportedVersionError,
)


def is_outage(error: BaseException) -> bool:
    """Whether ``error`` is trouble with the broker or our account, which passes, and not with a record or its topic."""
    if isinstance(error, errors.KafkaError):
        return isinstance(error, _OF_THE_PRODUCER) or (error.retriable and not isinstance(error, REFUSED))
    return isinstance(error, (OSError, TimeoutError))


def tls(settings: ServiceSettings) -> ssl.SSLContext | None:
    """Build a context that trusts only the brokers' own CA; None if the connection is not encrypted."""
    return ssl.create_default_context(cafile=str(settings.kafka_ca_file)) if settings.kafka_ca_file else None


def kafka_client(settings: ServiceSettings) -> dict[str, Any]:
    """Return the arguments of every aiokafka client of this service."""
    return {
        "bootstrap_servers": settings.kafka_bootstrap_servers,
        "security_protocol": "SASL_SSL" if settings.kafka_ca_file else "SASL_PLAINTEXT",
        "ssl_context": tls(settings),
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": settings.kafka_username,
        "sasl_plain_password": settings.kafka_password.get_secret_value(),
    }


async def start(client: Any, timeout_s: float) -> None:
    """Start an aiokafka client, or stop it again: a client that did not start keeps its connections."""
    try:
        async with asyncio.timeout(timeout_s):
            await client.start()
    except BaseException:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(5):
                await client.stop()
        raise


async def start_producer(settings: ServiceSettings) -> AIOKafkaProducer:
    """Start an idempotent producer; as in every client here, murmur2 of the kept-together key picks the partition.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker.
    """
    producer = AIOKafkaProducer(
        **kafka_client(settings),
        enable_idempotence=True,
        partitioner=_partition,
        acks="all",
        linger_ms=5,
        max_batch_size=262_144,
        max_request_size=2_097_152,  # a dead letter may be larger than the record it holds; the broker's limit decides
        request_timeout_ms=int(settings.publish_timeout_s * 1000),
    )
    await start(producer, settings.publish_timeout_s)
    return producer


def _partition(key: bytes | None, all_: list[int], available: list[int]) -> int:
    place: int = DefaultPartitioner()(key if key is None else kept_together(key), all_, available)
    return place


async def absent(client: Any, topics: Set[str], timeout_s: float) -> set[str]:
    """Return those of ``topics`` that the cluster of an aiokafka ``client`` does not have, or does not show to us.

    Publishing to such a topic would wait for it, and hold up all others.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: no broker.
    """
    if not topics:
        return set()
    async with asyncio.timeout(timeout_s):
        cluster = await client.fetch_all_metadata()
    return set(topics - cluster.topics())


async def publish(producer: AIOKafkaProducer, records: Sequence[Outgoing], timeout_s: float) -> None:
    """Publish ``records``, in the order of each key, and return when every one is acknowledged.

    ``send`` alone is not an acknowledgement, and an idempotent send never times out by itself.

    Raises:
        aiokafka.errors.KafkaError, TimeoutError: some may be out all the same; send the same again.
    """

    async def acknowledged() -> None:
        acks = [
            await producer.send(record.topic, record.value, key=record.key, headers=list(record.headers))
            for record in records
        ]
        await asyncio.gather(*acks)

    async with asyncio.timeout(timeout_s):
        await acknowledged()
