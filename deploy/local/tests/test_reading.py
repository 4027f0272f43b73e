"""Reading as a principal: what Kafka refuses, or does not answer, is said and not waited for."""

import itertools

import pytest
import typer
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclBindingFilter, AclOperation, AclPermissionType
from confluent_kafka.admin._resource import ResourcePatternType, ResourceType

from contracts.topics import load_topics
from lapor import __main__ as command
from lapor.errors import Refused
from lapor.reading import Principal, follow, read_to_end
from lapor.testing import Stack

UNITS = ["PU", "PUPR"]


@pytest.fixture
def unit(connected: Stack) -> Principal:
    connected.provision_kafka(load_topics(UNITS), UNITS)
    return Principal("PU", connected.client("PU"))


def test_kafka_that_is_away_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def fail() -> None:
        raise KafkaException(KafkaError(KafkaError._TRANSPORT, "Failed to get metadata"))

    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(fail)
    monkeypatch.setattr(command, "app", app)
    monkeypatch.setattr("sys.argv", ["lapor"])

    with pytest.raises(SystemExit) as left:
        command.main()

    said = capsys.readouterr().err
    assert left.value.code == 1
    assert "Failed to get metadata" in said
    assert "lapor status" in said
    assert "Traceback" not in said


@pytest.mark.connected
@pytest.mark.parametrize("topic", ["unit.pupr.routed.v1", "unit.nobody.routed.v1"], ids=["another's", "none"])
def test_a_topic_that_one_may_not_read_is_refused_at_once(unit: Principal, topic: str) -> None:
    with pytest.raises(Refused, match=rf"PU may not read {topic}, or there is no such topic"):
        next(follow(unit, [topic], from_start=False))
    with pytest.raises(Refused, match=rf"PU may not read {topic}"):
        next(read_to_end(unit, [topic]))


@pytest.mark.connected
def test_who_may_no_longer_read_does_not_wait(unit: Principal, connected: Stack) -> None:
    """Its rights are taken away while it listens."""
    admin = AdminClient(connected.client())
    own = AclBindingFilter(
        ResourceType.TOPIC, "unit.pu.routed.v1", ResourcePatternType.LITERAL, "User:PU", "*", AclOperation.ANY,
        AclPermissionType.ANY,
    )  # fmt: skip

    def take_away() -> None:
        for future in admin.delete_acls([own]).values():
            future.result(30)

    with pytest.raises(KafkaException, match="AUTHORIZATION"):
        next(itertools.islice(follow(unit, ["unit.pu.routed.v1"], from_start=False, listening=take_away), 1))
