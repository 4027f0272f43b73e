"""Shows the cluster as a client with rights to describe only sees it: brokers, replicas, groups and their offsets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from chassis.certificates import LOOK_EVERY_S as CERTIFICATES_EVERY_S
from contracts.topics import load_topics
from prober import metrics
from prober.certificates import show_certificates
from prober.groups import Behind, Growth, Place, by_name, called
from prober.settings import Settings

LOOK_EVERY_S = 15


async def watch(settings: Settings) -> None:
    """Ask the cluster every ``LOOK_EVERY_S`` seconds until cancelled, and show its answers.

    Raises:
        confluent_kafka.KafkaException: the cluster does not answer.
    """
    look = looker(settings)
    while True:
        await asyncio.to_thread(look, time.monotonic())
        metrics.SEEN.set_to_current_time()
        await asyncio.sleep(LOOK_EVERY_S)


def looker(settings: Settings) -> Callable[[float], None]:
    """Make the function that asks the cluster and shows the answers; it takes the time, in seconds of one clock."""
    services = {name for topic in load_topics([]) for name in topic.consumers}
    admin, growth, within_s = AdminClient(_client(settings)), Growth(), settings.publish_timeout_s
    certificates_at = float("-inf")

    def look(now: float) -> None:
        nonlocal certificates_at
        show_partitions(cluster := admin.list_topics(timeout=within_s))
        if now - certificates_at >= CERTIFICATES_EVERY_S:
            certificates_at = now
            show_certificates(settings, [(str(each.host), each.port) for each in cluster.brokers.values()])
        listed = admin.list_consumer_groups(request_timeout=within_s).result()
        names = {each.group_id: name for each in listed.valid if (name := called(each.group_id, services))}
        done = {group: _committed(admin, group, within_s) for group in names}
        growth.look(_ends(admin, {place for places in done.values() for place in places}, within_s), now)
        show_behind(by_name((names[group], growth.behind(done[group], now)) for group in names))
        members = _members(admin, [*names], within_s)
        for name in {*names.values()}:
            metrics.MEMBERS.labels(name).set(sum(members[group] for group in names if names[group] == name))

    return look


def _client(settings: Settings) -> dict[str, Any]:
    """Return the settings of a librdkafka client, which unlike aiokafka's can read DescribeGroups v3."""
    ca = settings.kafka_ca_file
    return {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": "SASL_SSL" if ca else "SASL_PLAINTEXT",
        **({"ssl.ca.location": str(ca)} if ca else {}),
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": settings.kafka_username,
        "sasl.password": settings.kafka_password.get_secret_value(),
        "log_level": 0,
        "error_cb": lambda _error: None,  # each request raises its own failure
    }


def show_behind(found: Mapping[str, Behind]) -> None:
    """Show how far each group is behind."""
    for name, behind in found.items():
        metrics.BEHIND.labels(name).set(behind.records)
        metrics.BEHIND_S.labels(name).set(behind.seconds)


def show_partitions(cluster: Any) -> None:
    """Show how many brokers the metadata of ``cluster`` has, and how many partitions lack a leader or a replica."""
    partitions = [each for topic in cluster.topics.values() for each in topic.partitions.values()]
    metrics.BROKERS.set(len(cluster.brokers))
    metrics.OFFLINE.set(sum(each.leader < 0 for each in partitions))
    metrics.UNDER_REPLICATED.set(sum(len(each.isrs) < len(each.replicas) for each in partitions))


def _committed(admin: AdminClient, group: str, within_s: float) -> dict[Place, int]:
    asked = admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)], request_timeout=within_s)
    found = asked[group].result().topic_partitions or []
    return {(each.topic, each.partition): each.offset for each in found if each.offset >= 0 and not each.error}


def _ends(admin: AdminClient, places: Iterable[Place], within_s: float) -> dict[Place, int]:
    wanted = {TopicPartition(*place): OffsetSpec.latest() for place in places}  # type: ignore[no-untyped-call]
    found = admin.list_offsets(wanted, request_timeout=within_s) if wanted else {}
    return {(place.topic, place.partition): end.result().offset for place, end in found.items()}


def _members(admin: AdminClient, groups: list[str], within_s: float) -> dict[str, int]:
    found = admin.describe_consumer_groups(groups, request_timeout=within_s) if groups else {}
    return {group: len(described.result().members) for group, described in found.items()}
