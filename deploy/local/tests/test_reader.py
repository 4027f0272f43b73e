"""Reading as a principal: if Kafka refuses or does not answer, the reader says so and does not wait."""

import asyncio
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
)

from contracts import ticket as tickets
from contracts.topics import TOPICS_DIR, load_topics
from lapor import __main__ as command
from lapor.commands.top import Read, read_units
from lapor.errors import Refused
from lapor.kafka import reader
from lapor.kafka.principal import Principal
from lapor.kafka.reader import follow, read_to_end
from testing.foreign import send_nameless_header
from testing.servers import Stack

# Only this file uses READ and ON: other tests of the run write to PUPR's topics on the same broker.
UNITS = ["PU", "PUPR", "READ", "ON"]
CONTRACTS = Path(__file__).parents[3] / "contracts"


@pytest.fixture
def unit(connected: Stack) -> Principal:
    connected.provision_kafka(load_topics(UNITS), UNITS)
    return Principal("PU", connected.client("PU"))


def test_kafka_that_is_away_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
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


class Silent:
    """A consumer of a broker that tells its offsets, and delivers no records."""

    def __getattr__(self, name: str) -> Any:
        topics = SimpleNamespace(topics={"t": SimpleNamespace(partitions=[0])})
        answers = {"list_topics": topics, "get_watermark_offsets": (0, 5), "consume": []}
        return lambda *args, **given: answers.get(name, [SimpleNamespace(offset=-1001)])


def test_a_broker_that_delivers_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "SILENT_S", 0.1)
    auditor: Any = SimpleNamespace(name="auditor", consumer=Silent)

    with pytest.raises(Refused, match="Kafka delivered nothing more of t for"):
        list(read_to_end(auditor, ["t"]))


@pytest.mark.connected
@pytest.mark.parametrize("topic", ["unit.pupr.routed.v1", "unit.nobody.routed.v1"], ids=["another's", "none"])
def test_a_topic_that_one_may_not_read_is_refused_at_once(unit: Principal, topic: str) -> None:
    with pytest.raises(Refused, match=rf"PU may not read {topic}, or there is no such topic"):
        next(follow(unit, [topic]))
    with pytest.raises(Refused, match=rf"PU may not read {topic}"):
        next(read_to_end(unit, [topic]))


@pytest.mark.connected
def test_continued_reading_returns_only_new_records(unit: Principal, connected: Stack) -> None:
    router, auditor = (Principal(name, connected.client(name)) for name in ("router", "auditor"))
    topic, after = "unit.on.routed.v1", dict[tuple[str, int], int]()

    def came() -> list[bytes]:
        return [found.value for found in read_to_end(auditor, [topic], after)]

    router.write(topic, b"a", b"first")
    assert b"first" == came()[-1]
    assert [] == came()
    router.write(topic, b"b", b"second")
    assert [b"second"] == came()
    assert [b"first", b"second"] == [found.value for found in read_to_end(auditor, [topic])][-2:]


@pytest.mark.connected
def test_urgent_complaints_of_all_units_are_read_until_erased(unit: Principal, connected: Stack) -> None:
    router, auditor = (Principal(name, connected.client(name)) for name in ("router", "auditor"))
    topic, key, read = "unit.on.routed.v1", b"complaint", Read()

    def known() -> list[tuple[str, str]]:
        read_units(auditor, read)
        return [(place, found.topic) for (place, its), found in read.told.items() if its == key]

    told = (TOPICS_DIR / "unit.routed.v1" / "examples" / "routed.json").read_bytes()
    router.write(topic, key, told.replace(b"SPG-S4K7-Q2MDN", tickets.mint("sms").encode()))
    assert [(topic, topic)] == known() == known()
    router.write(topic, key, b"")
    assert [] == known()


@pytest.mark.connected
def test_reader_whose_rights_are_revoked_stops_waiting(unit: Principal, connected: Stack) -> None:
    """A unit's rights are taken away while it listens."""
    admin = AdminClient({**connected.client()})
    own = AclBindingFilter(
        ResourceType.TOPIC, "unit.pu.routed.v1", ResourcePatternType.LITERAL, "User:PU", "*", AclOperation.ANY,
        AclPermissionType.ANY,
    )  # fmt: skip

    def take_away() -> None:
        for future in admin.delete_acls([own]).values():
            future.result(30)

    with pytest.raises(KafkaException, match="AUTHORIZATION"):
        next(itertools.islice(follow(unit, ["unit.pu.routed.v1"], listening=take_away), 1))


@pytest.mark.connected
async def test_a_header_whose_name_is_no_text_ends_no_reader(unit: Principal, connected: Stack) -> None:
    """It reads in a process of its own, for confluent-kafka ended the process that asked for the name."""
    topic = "unit.read.replied.v1"
    await send_nameless_header(connected, ("READ", connected.passwords["READ"]), topic, b"odd")
    Principal("READ", connected.client("READ")).write(topic, b"key", b"after it")
    read = f"""
from lapor.kafka.principal import Principal
from lapor.kafka.reader import read_to_end
print([found.value for found in read_to_end(Principal("auditor", {connected.client("auditor")!r}), [{topic!r}])])
"""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", read], capture_output=True, text=True, timeout=120
    )

    assert (0, "[b'odd', b'after it']\n") == (done.returncode, done.stdout), done.stderr


class Server:
    """`lapor` on a cluster that it did not start."""

    def __init__(self, connected: Stack, folder: Path) -> None:
        accounts = folder / "accounts.json"
        accounts.write_text(json.dumps({"principals": connected.passwords}))
        self.env = {"KAFKA_BOOTSTRAP_SERVERS": connected.bootstrap, "ACCOUNTS_FILE": str(accounts)}
        self.options = ("--bootstrap", connected.bootstrap, "--accounts", str(accounts))

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "lapor", *words]
        return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, timeout=60)

    def __call__(self, *words: str) -> Any:
        done = self.run(*words, *self.options, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def server(unit: Principal, connected: Stack, tmp_path: Path) -> Server:
    return Server(connected, tmp_path)


@pytest.mark.connected
def test_on_a_server_dead_letters_are_seen_and_asked_for_once(server: Server, connected: Stack) -> None:
    router = Principal("router", connected.client("router"))
    letter = {"source-topic": "complaint.received.v1", "source-partition": "0", "source-offset": "7", "error": "Bad"}
    router.write("router.dlq", b"key", b"bytes", letter)

    assert [("router", "Bad")] == [(row["service"], row["error"]) for row in server("dlq", "list")]
    assert ["bytes"] == [server("dlq", "show", row["id"])["value"] for row in server("dlq", "list")]
    assert [{"replayed": 1}, {"replayed": 0}] == [server("dlq", "replay", "--all") for _ in range(2)]
    *_, request = read_to_end(Principal("auditor", connected.client("auditor")), ["router.replay"])
    assert (b"router:0", b"0", {}) == (request.key, request.value, request.headers)

    router.write("router.dlq", b"key", b"other bytes", letter)
    assert ["replayed", None] == [row["settled"] for row in server("dlq", "list")]
    assert {"dismissed": 1} == server("dlq", "dismiss", "router:1")
    assert ["replayed", "dismissed"] == [row["settled"] for row in server("dlq", "list")]
    assert {"replayed": 0} == server("dlq", "replay", "--all")
    assert [{"replayed": 1}, ["replayed"] * 2] == [
        server("dlq", "replay", "router:1"),
        [row["settled"] for row in server("dlq", "list")],
    ]


@pytest.mark.connected
def test_on_a_server_what_an_intake_set_aside_is_seen_in_its_container(server: Server, connected: Stack) -> None:
    letter = {"source-topic": "kannel-mo", "source-partition": "-1", "source-offset": "-1", "error": "Unreadable"}
    intake = Principal("intake-sms", connected.client("intake-sms"))
    intake.write("intake-sms.dlq", b"kannel-mo:1", b'{"set_aside":7,"door":"kannel-mo"}', letter)
    for words, ask in ((["show"], ""), (["dismiss"], " --settle")):
        done = server.run("dlq", *words, "intake-sms:0", *server.options, "--json")
        assert (0, True) == (done.returncode, f"exec intake-sms intake-sms set-aside 7{ask}`" in done.stderr), done
    assert "kannel-mo" in server.run("dlq", "replay", "intake-sms:0", *server.options).stderr


@pytest.mark.connected
def test_on_a_server_stories_and_units_are_read_too(server: Server, connected: Stack) -> None:
    value = (CONTRACTS / "topics/unit.routed.v1/examples/routed.json").read_bytes().replace(b"PUPR", b"READ")
    Principal("router", connected.client("router")).write("unit.read.routed.v1", b"key", value)

    assert ["unit.routed.v1"] == [event["type"] for event in server("trace", "SPG-S4K7-Q2MDN")["events"]]
    assert json.loads(value) == server("unit", "tail", "READ", "--from-start")
    assert "SPG-S4K7-Q2MDN" == server("unit", "open", "READ")["ticket"]


@pytest.mark.connected
def test_the_variables_of_the_container_are_enough(server: Server) -> None:
    assert 0 == server.run("dlq", "list", **server.env).returncode


@pytest.mark.parametrize("words", [["--bootstrap", "h:1"], ["--accounts", "a.json"]])
def test_a_cluster_needs_address_and_accounts(words: list[str], capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["lapor", "dlq", "list", *words])
    with pytest.raises(SystemExit) as left:
        command.main()
    assert (left.value.code, "go together" in capsys.readouterr().err) == (1, True)
