"""No service and no unit can act as another, with the real broker and database."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from contracts.topics import load_topics
from lapor.processes import credentials
from lapor.servers.provision import provision
from lapor.system.wanted import wanted
from testing.servers import Stack

pytestmark = pytest.mark.connected
SOPPENG = Path(__file__).parents[3] / "region" / "soppeng"
UNITS = ["PU", "PUPR", "DISKOMINFO"]
#: Units whose people answer at the desk.
DESKS = ["PUPR"]


@pytest.fixture(scope="module")
def stack(connected: Stack) -> Stack:
    """The stack with the contracts' topics for three units."""
    connected.provision_kafka(load_topics(UNITS, desks=DESKS), UNITS)
    return connected


def own_group(principal: str) -> str:
    """Return a group that the principal may be in."""
    return {"auditor": "auditor.test"}.get(
        principal, f"unit.{principal.lower()}.desk" if principal in UNITS else principal
    )


def read(stack: Stack, principal: str, topic: str, group: str | None = None) -> None:
    """Read the first record as a member of ``group``. Raises KafkaException if that is refused."""
    settings: dict[str, Any] = {**stack.client(principal), "group.id": group or own_group(principal), "log_level": 0}
    errors: list[KafkaError] = []
    settings |= {"auto.offset.reset": "earliest", "enable.auto.commit": False, "error_cb": errors.append}
    consumer = Consumer(settings)
    try:
        consumer.subscribe([topic])
        record = consumer.poll(60)
        state = (consumer.assignment(), errors, (stack.logs / "kafka.log").read_text()[-2000:] if not record else "")
        assert record is not None, state
        if error := record.error():
            raise KafkaException(error)
    finally:
        consumer.close()


def write(stack: Stack, principal: str, topic: str) -> None:
    """Write one record. Raises KafkaException if that is refused."""
    refused: list[KafkaError] = []
    settings = {**stack.client(principal), "log_level": 0, "message.timeout.ms": 10_000}
    producer = Producer({**settings, "error_cb": lambda _error: None})

    def delivered(error: KafkaError | None, _record: object) -> None:
        if error:
            refused.append(error)

    producer.produce(topic, b"{}", b"key", on_delivery=delivered)
    producer.flush(15)
    if refused:
        raise KafkaException(refused[0])


def refusal(error: pytest.ExceptionInfo[KafkaException]) -> int:
    return int(error.value.args[0].code())


def test_a_unit_reads_its_own_topic_in_a_group_of_its_own(stack: Stack) -> None:
    write(stack, "router", "unit.pu.routed.v1")
    read(stack, "PU", "unit.pu.routed.v1", "unit.pu.desk")


def test_a_unit_answers_on_its_own_topic(stack: Stack) -> None:
    write(stack, "PU", "unit.pu.replied.v1")


def test_a_unit_that_floods_its_topic_is_slowed_and_no_other(stack: Stack) -> None:
    slowed: dict[str, list[float]] = {"PU": [], "PUPR": []}
    for unit, records in (("PU", 3_000), ("PUPR", 20)):
        producer = Producer({**stack.client(unit), "log_level": 0, "throttle_cb": _noting(slowed[unit])})
        for _ in range(records):
            producer.produce(f"unit.{unit.lower()}.replied.v1", b"x" * 1_000)
            producer.poll(0)
        assert producer.flush(120) == 0
    assert slowed["PU"]
    assert not slowed["PUPR"]


def _noting(slowed: list[float]) -> Any:
    def note(event: Any) -> None:
        slowed.append(event.throttle_time)

    return note


@pytest.mark.parametrize("topic", ["unit.pupr.routed.v1", "unit.pupr.replied.v1", "complaint.received.v1"])
def test_a_unit_cannot_read_anything_else(stack: Stack, topic: str) -> None:
    with pytest.raises(KafkaException) as error:
        read(stack, "PU", topic)
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("topic", ["unit.pupr.replied.v1", "unit.pu.routed.v1", "complaint.updated.v1"])
def test_a_unit_cannot_write_anywhere_else(stack: Stack, topic: str) -> None:
    with pytest.raises(KafkaException) as error:
        write(stack, "PU", topic)
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_unit_cannot_join_the_group_of_a_unit_whose_code_begins_like_its_own(stack: Stack) -> None:
    with pytest.raises(KafkaException) as error:
        read(stack, "PU", "unit.pu.routed.v1", "unit.pupr.desk")
    assert refusal(error) == KafkaError.GROUP_AUTHORIZATION_FAILED


def test_the_desk_reads_and_answers_for_a_unit_that_uses_it(stack: Stack) -> None:
    write(stack, "router", "unit.pupr.routed.v1")
    read(stack, "unit-desk", "unit.pupr.routed.v1")
    write(stack, "unit-desk", "unit.pupr.replied.v1")


@pytest.mark.parametrize("topic", ["unit.pu.routed.v1", "unit.pupr.replied.v1", "complaint.received.v1", "router.dlq"])
def test_the_desk_reads_nothing_of_others(stack: Stack, topic: str) -> None:
    with pytest.raises(KafkaException) as error:
        read(stack, "unit-desk", topic)
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("topic", ["unit.pu.replied.v1", "unit.pupr.routed.v1", "complaint.updated.v1"])
def test_the_desk_answers_for_no_unit_that_does_not_use_it(stack: Stack, topic: str) -> None:
    with pytest.raises(KafkaException) as error:
        write(stack, "unit-desk", topic)
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_service_cannot_read_a_topic_that_is_not_its(stack: Stack) -> None:
    with pytest.raises(KafkaException) as error:
        read(stack, "classifier", "complaint.updated.v1")
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_a_service_cannot_write_a_topic_that_is_not_its(stack: Stack) -> None:
    with pytest.raises(KafkaException) as error:
        write(stack, "intake-sms", "complaint.updated.v1")
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_the_auditor_reads_and_cannot_write(stack: Stack) -> None:
    write(stack, "router", "unit.pu.routed.v1")
    read(stack, "auditor", "unit.pu.routed.v1")
    with pytest.raises(KafkaException) as error:
        write(stack, "auditor", "unit.pu.routed.v1")
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


@pytest.mark.parametrize("topic", ["unit.pu.replied.v1", "complaint.received.v1", "complaint.updated.v1", "router.dlq"])
def test_the_operator_asks_for_replays_and_speaks_for_nobody(stack: Stack, topic: str) -> None:
    write(stack, "operator", "router.replay")
    read(stack, "router", "router.replay")
    with pytest.raises(KafkaException) as error:
        write(stack, "operator", topic)
    assert refusal(error) == KafkaError.TOPIC_AUTHORIZATION_FAILED


def test_provisioning_again_changes_nothing(stack: Stack) -> None:
    topics = load_topics(UNITS, desks=DESKS)
    again = provision(stack.client(), topics, UNITS, stack.passwords)
    assert (again.topics_created, again.acls_created, again.acls_deleted) == (0, 0, 0)


def test_a_right_that_the_contracts_no_longer_give_is_taken_away(stack: Stack) -> None:
    topics = load_topics(UNITS, desks=DESKS)
    without = [topic for topic in topics if topic.name != "unit.pu.replied.v1"]
    try:
        assert provision(stack.client(), without, UNITS, stack.passwords).acls_deleted == 4
        with pytest.raises(KafkaException):
            write(stack, "PU", "unit.pu.replied.v1")
    finally:
        assert provision(stack.client(), topics, UNITS, stack.passwords).acls_created == 4


def test_a_role_reaches_its_own_database_and_no_other(connected: Stack) -> None:
    own, other = connected.database("own_service"), connected.database("other_service")
    with psycopg.connect(own) as db:
        assert db.execute("SELECT current_database()").fetchone() == ("own_service",)
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(own.removesuffix("own_service") + "other_service")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(other.replace(connected.passwords["database other_service"], "guess"))


def test_even_without_that_rule_a_role_may_not_connect_to_another_database(connected: Stack) -> None:
    connected.database("own_service")
    connected.database("other_service")
    ask = "SELECT has_database_privilege(%s, datname, 'CONNECT') FROM pg_database WHERE datname = ANY(%s)"
    with psycopg.connect(connected.cluster.dsn()) as db:
        others = ["other_service", "postgres", "template1"]
        assert {row[0] for row in db.execute(ask, ("own_service", others))} == {False}


def test_nobody_gets_in_without_a_password(connected: Stack) -> None:
    with pytest.raises(psycopg.OperationalError, match="no password supplied"):
        psycopg.connect(f"postgresql://postgres@127.0.0.1:{connected.cluster.port}/postgres")


def test_a_broker_killed_with_9_comes_back_with_its_data(stack: Stack) -> None:
    write(stack, "PU", "unit.pu.replied.v1")
    stack.kill_broker()
    stack.start_broker()
    read(stack, "router", "unit.pu.replied.v1")


def provision_command(stack: Stack, folder: Path, region: Path) -> subprocess.CompletedProcess[str]:
    """Run `lapor provision` with the accounts of the stack, stored in ``folder``."""
    accounts = folder / "accounts.json"
    credentials.complete(accounts, [], [])
    kept = json.loads(accounts.read_text())
    accounts.write_text(json.dumps({**kept, "principals": stack.passwords}))
    name, password = stack.admin
    account = {"KAFKA_BOOTSTRAP_SERVERS": stack.bootstrap, "KAFKA_USERNAME": name, "KAFKA_PASSWORD": password}
    return subprocess.run(
        [sys.executable, "-m", "lapor", "provision", "--json", "--accounts", str(accounts), "--region", str(region)],
        env={**os.environ, **account},
        capture_output=True,
        text=True,
        timeout=240,
    )


def test_the_provision_command_does_the_same_for_any_cluster(stack: Stack, tmp_path: Path) -> None:
    """It also works for a cluster that has topics of a unit that has ended."""
    region = tmp_path / "region"
    shutil.copytree(SOPPENG, region)
    with (region / "units.yaml").open("a") as units:
        units.write("  - {code: PU, name: Dinas PU, valid_until: 2025-12-31, successor: PUPR}\n")
    done = provision_command(stack, tmp_path, region)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["topics"] == len(load_topics(wanted(region).units))
    kept = credentials.read(tmp_path / "accounts.json")
    assert (tmp_path / "accounts.json").stat().st_mode & 0o777 == 0o600
    assert ("73.12", True) == (kept.kabupaten, "SETDA" in kept.principals)


def test_the_provision_command_takes_no_units_away(stack: Stack, tmp_path: Path) -> None:
    refused = provision_command(stack, tmp_path, SOPPENG)
    assert refused.returncode == 1
    assert "units.yaml has no row for PU, whose topics are in Kafka" in refused.stderr
    read(stack, "PU", "unit.pu.routed.v1", "unit.pu.desk")
