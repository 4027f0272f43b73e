"""Makes a Kafka cluster match the contracts: topics, SCRAM users, ACLs and quotas. It is idempotent."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError as AioKafkaError
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialAlteration,
    UserScramCredentialUpsertion,
)
from confluent_kafka.cimpl import NewPartitions, NewTopic

from contracts.topics import Topic, unit_of
from lapor.errors import Refused
from lapor.servers import acls, quotas

TIMEOUT_S = 30
ITERATIONS = 4096  # Kafka's default; the passwords are 190 random bits


@dataclass(frozen=True, kw_only=True)
class Provisioned:
    """The totals of a provisioning, and how much of each was new."""

    topics: int
    topics_created: int
    acls: int
    acls_created: int
    acls_deleted: int
    users: int


def provision(
    client: Mapping[str, Any],
    topics: list[Topic],
    units: Iterable[str],
    passwords: Mapping[str, str],
    replication: int = 1,
) -> Provisioned:
    """Create what is missing and repair what differs. Never delete a topic or a user.

    Args:
        client: settings of a librdkafka client that logs in as a super user.
        passwords: the password of each principal of ``acls.principals``.
        replication: replicas of a new topic.

    Raises:
        Refused: the cluster does not answer, or refuses.
    """
    admin = _admin(client)
    units = list(units)
    everyone = acls.principals(topics, units)
    try:
        _wait_for_brokers(admin, replication)
        created = _topics(admin, topics, replication)
        _users(admin, {name: passwords[name] for name in everyone})
        wanted = {_binding(rule) for rule in acls.rules(topics, units)}
        added, removed = _acls(admin, wanted, everyone)
        _wait_until_seen(admin, topics, wanted, gone=removed)
        quotas.set_quotas(client, units)
    except KafkaException as error:
        raise _refused(client, error.args[0].str()) from error
    except AioKafkaError as error:
        raise _refused(client, str(error)) from error
    return Provisioned(
        topics=len(topics),
        topics_created=created,
        acls=len(wanted),
        acls_created=len(added),
        acls_deleted=len(removed),
        users=len(everyone),
    )


def set_password(client: Mapping[str, Any], name: str, password: str) -> None:
    """Give the user ``name`` a new password. Its connections stay open. Raises Refused if the cluster refuses."""
    try:
        _users(_admin(client), {name: password})
    except KafkaException as error:
        raise _refused(client, error.args[0].str()) from error


def refuse_removed_units(client: Mapping[str, Any], units: Iterable[str]) -> None:
    """Check that each unit with topics is in ``units``: nobody would own its open complaints. Raises: Refused."""
    try:
        topics = _admin(client).list_topics(timeout=TIMEOUT_S).topics
    except KafkaException as error:
        raise _refused(client, error.args[0].str()) from error
    if removed := sorted({unit for name in topics if (unit := unit_of(name))} - set(units)):
        raise Refused(
            f"units.yaml has no row for {', '.join(removed)}, whose topics are in Kafka with complaints that may still "
            "be open. Units are never deleted: put the row back and end it with `valid_until` and a `successor`."
        )


def _admin(client: Mapping[str, Any]) -> AdminClient:
    settings: dict[str, Any] = {**client, "log_level": 0, "error_cb": lambda _error: None}
    return AdminClient(settings)


def _refused(client: Mapping[str, Any], why: str) -> Refused:
    return Refused(
        f"Kafka at {client['bootstrap.servers']} could not be provisioned: {why}. Is it up, and is the account a super "
        "user?"
    )


def _done(futures: Iterable[Future[Any]], fine: tuple[int, ...] = ()) -> None:
    for future in futures:
        try:
            future.result(TIMEOUT_S)
        except KafkaException as error:
            if error.args[0].code() not in fine:
                raise


def _wait_for_brokers(admin: AdminClient, replication: int) -> None:
    """Wait until there are ``replication`` brokers: they start concurrently with the provisioning. Raises: Refused."""
    deadline = time.monotonic() + TIMEOUT_S
    while (there := len(admin.list_topics(timeout=TIMEOUT_S).brokers)) < replication:
        if time.monotonic() > deadline:
            raise Refused(f"There are {there} brokers, and each topic is to have {replication} replicas.")
        time.sleep(0.2)


def _topics(admin: AdminClient, topics: list[Topic], replication: int) -> int:
    there = admin.list_topics(timeout=TIMEOUT_S).topics
    new = [t for t in topics if t.name not in there]
    old = [t for t in topics if t.name in there]
    if new:
        requests = [NewTopic(t.name, t.partitions, replication, config=t.config) for t in new]
        _done(admin.create_topics(requests).values(), fine=(KafkaError.TOPIC_ALREADY_EXISTS,))
    larger = [NewPartitions(t.name, t.partitions) for t in old if len(there[t.name].partitions) < t.partitions]
    if larger:
        _done(admin.create_partitions(larger).values())
    if old:
        _done(admin.incremental_alter_configs([_settings(t) for t in old if t.config]).values())
    return len(new)


def _settings(topic: Topic) -> ConfigResource:
    entries = [
        ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in topic.config.items()
    ]
    return ConfigResource(ConfigResource.Type.TOPIC, topic.name, incremental_configs=entries)


def _users(admin: AdminClient, passwords: Mapping[str, str]) -> None:
    how = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, ITERATIONS)
    changes: list[UserScramCredentialAlteration] = [
        UserScramCredentialUpsertion(name, how, secret.encode()) for name, secret in passwords.items()
    ]
    _done(admin.alter_user_scram_credentials(changes).values())


def _acls(admin: AdminClient, wanted: set[AclBinding], everyone: list[str]) -> tuple[set[AclBinding], set[AclBinding]]:
    """Create missing ACLs, and delete those that our own principals should not have (any longer). Return both."""
    ours = {f"User:{name}" for name in everyone}
    there = _acls_there(admin)
    missing = wanted - there
    surplus = {binding for binding in there - wanted if binding.principal in ours}
    if missing:
        _done(admin.create_acls(list(missing)).values())
    if surplus:
        _done(admin.delete_acls([_exactly(binding) for binding in surplus]).values())
    return missing, surplus


def _acls_there(admin: AdminClient) -> set[AclBinding]:
    any_name: Any = None  # the filter takes None for "any", though its annotations don't say so
    anything = AclBindingFilter(
        ResourceType.ANY, any_name, ResourcePatternType.ANY, any_name, any_name, AclOperation.ANY, AclPermissionType.ANY
    )
    return set(admin.describe_acls(anything).result(TIMEOUT_S))


def _wait_until_seen(admin: AdminClient, topics: list[Topic], wanted: set[AclBinding], gone: set[AclBinding]) -> None:
    """Wait until the broker that serves clients also knows what the controller has written. Raises: Refused."""
    names = {topic.name for topic in topics}
    deadline = time.monotonic() + TIMEOUT_S
    while True:
        acls = _acls_there(admin)
        if names <= admin.list_topics(timeout=TIMEOUT_S).topics.keys() and wanted <= acls and not gone & acls:
            return
        if time.monotonic() > deadline:
            raise Refused(f"Kafka has taken the topics and ACLs, but does not show them after {TIMEOUT_S} s.")
        time.sleep(0.05)


def _binding(rule: acls.Rule) -> AclBinding:
    return AclBinding(
        ResourceType[rule.kind],
        rule.name,
        ResourcePatternType.PREFIXED if rule.prefix else ResourcePatternType.LITERAL,
        f"User:{rule.principal}",
        "*",
        AclOperation[rule.operation],
        AclPermissionType.ALLOW,
    )


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )
