"""Rights in Kafka, from both ends: those that the topics' declarations call for, and those that the broker reports.

Nothing here uses the product's own reader of the declarations, which makes the ACLs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import yaml
from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourcePatternType,
    ResourceType,
    ScramMechanism,
    UserScramCredentialDeletion,
)
from confluent_kafka.cimpl import NewTopic
from harness import ROOT, SERVICES

#: One user's rights by the name of the topic or group; all others are closed to it.
Rights = dict[str, set[str]]
DENIED = (
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
)
ANY_NAME: Any = None  # the filter takes None for "any", its annotations do not
EVERY_ACL = AclBindingFilter(
    ResourceType.ANY, ANY_NAME, ResourcePatternType.ANY, ANY_NAME, ANY_NAME, AclOperation.ANY, AclPermissionType.ANY
)


def codes(region: Path) -> list[str]:
    """List every unit of a region."""
    return [row["code"] for row in yaml.safe_load((region / "units.yaml").read_text())["units"]]


def desks(region: Path) -> list[str]:
    """List every unit whose people answer at the desk."""
    rows = yaml.safe_load((region / "units.yaml").read_text())["units"]
    return [row["code"] for row in rows if row.get("desk")]


def with_passwords(broker: AdminClient) -> set[str]:
    """Return every user with a password at the broker."""
    told: Any = broker.describe_user_scram_credentials()  # asked about all users, it returns one future
    return set(told.result(30))


def of_topics(units: Iterable[str], with_desk: Collection[str]) -> tuple[set[str], dict[str, Rights]]:
    """Return every topic, and each user's rights on it; a user that may read or write may also describe."""
    names: set[str] = set()
    rights: dict[str, Rights] = defaultdict(lambda: defaultdict(set))
    for path in (ROOT / "contracts" / "topics").glob("*/topic.yaml"):
        row = yaml.safe_load(path.read_text())
        for code in units if "{unit}" in row["topic"] else row.get("services", [""]):
            name = row["topic"].replace("{unit}", code.lower()).replace("{service}", code)
            names.add(name)
            writing, reading = list(row["producers"]), [*row["consumers"], "auditor"]
            if code in with_desk:
                writing, reading = (
                    writing + row.get("producers_of_desks", []),
                    reading + row.get("consumers_of_desks", []),
                )
            for operation, users in (("WRITE", writing), ("READ", reading)):
                for user in users:
                    rights[code if user in ("{unit}", "{service}") else user][name] |= {operation, "DESCRIBE"}
            rights["prober"][name] |= {"DESCRIBE"}
    return names, rights


def of_groups(units: Iterable[str]) -> tuple[set[str], dict[str, Rights]]:
    """Return rights on groups: each user has the groups of its own name, and the auditor sees their offsets."""
    own = {name: name for name in SERVICES} | {name: f"{name}.x" for name in ("auditor", "operator")}
    own |= {code: f"unit.{code.lower()}.x" for code in units}
    # Nobody's groups, but too short a prefix would reach them: that of `dinas` would reach those of `dinas-pu`.
    beside = {f"{name}-x" for name in SERVICES} | {f"unit.{code.lower()}-x.x" for code in units}
    names = beside.union(own.values())
    rights: dict[str, Rights] = {user: {group: {"READ", "DESCRIBE"}} for user, group in own.items()}
    for user in ("auditor", "prober"):
        rights[user] = {group: {"DESCRIBE"} for group in names} | rights[user]
    return names, rights


def login(env: Mapping[str, Any], user: str, password: str) -> AdminClient:
    """Return a client that asks as ``user``."""
    return AdminClient(
        {
            "bootstrap.servers": env["bootstrap"],
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": user,
            "sasl.password": password,
            "log_level": 2,
        }
    )


def granted(asked: Mapping[str, Future[Any]]) -> Rights:
    """Return the asking user's rights on each topic or group, as the broker reports them."""
    found = {name: error_or_result(answer) for name, answer in asked.items()}
    return {
        name: {operation.name for operation in answer.authorized_operations}
        for name, answer in found.items()
        if answer not in DENIED
    }


def topics_granted(client: AdminClient, names: Iterable[str]) -> Rights:
    """Return the rights on topics: all eight operations that a topic knows, in one request."""
    return granted(client.describe_topics(TopicCollection(sorted(names)), include_authorized_operations=True))


def groups_granted(client: AdminClient, names: Iterable[str]) -> Rights:
    """Return the rights on groups, also on a group without members."""
    return granted(client.describe_consumer_groups(sorted(names), include_authorized_operations=True))


def error_or_result(answer: Future[Any], fine: Sequence[int] = DENIED) -> Any:
    """Return the broker's answer, or the code of an error if it is one of ``fine``."""
    try:
        return answer.result(30)
    except KafkaException as error:
        if error.args[0].code() not in fine:
            raise
        return error.args[0].code()


def not_refused(client: AdminClient, topics: Iterable[str]) -> list[str]:
    """List the operations on the cluster, and on ``topics`` that the user knows, that the broker does not refuse.

    None of them changes anything if it is allowed: it is only validated, or concerns things that do not exist.
    """
    topics = list(topics)
    setting = [ConfigEntry("max.message.bytes", "1000", incremental_operation=AlterConfigOpType.SET)]
    kinds = [*((ConfigResource.Type.TOPIC, name) for name in topics), (ConfigResource.Type.BROKER, "1")]
    configs = [ConfigResource(kind, name, incremental_configs=setting) for kind, name in kinds]
    of_nobody = AclBindingFilter(
        ResourceType.TOPIC,
        "x",
        ResourcePatternType.LITERAL,
        "User:x",
        "*",
        AclOperation.READ,
        AclPermissionType.ALLOW,
    )
    asked: dict[str, Iterable[Future[Any]]] = {
        "create topic": client.create_topics([NewTopic("x", 1, 1)], validate_only=True).values(),
        "delete records": client.delete_records([TopicPartition(name, 0, 0) for name in topics]).values(),
        "alter config": client.incremental_alter_configs(configs, validate_only=True).values(),
        "delete ACLs": client.delete_acls([of_nobody]).values(),
        "alter users": client.alter_user_scram_credentials(
            [UserScramCredentialDeletion("x", ScramMechanism.SCRAM_SHA_512)]
        ).values(),
    }
    fine = (*DENIED, KafkaError.RESOURCE_NOT_FOUND)  # a user that may alter users is told that x does not exist
    found = [what for what, all_of in asked.items() for one in all_of if error_or_result(one, fine) not in DENIED]
    # librdkafka does not report this refusal: a user without the right sees no ACLs, and there are hundreds.
    return found + ["describe ACLs"] * bool(client.describe_acls(EVERY_ACL).result(30))
