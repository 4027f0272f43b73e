"""The broker of the compose file: every connection is encrypted, and every client verifies the broker."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError
from confluent_kafka import Consumer, Producer, TopicPartition
from running import ROOT, Broker

from chassis.publish import kafka_client, publish, start, start_producer
from chassis.settings import ServiceSettings
from chassis.wire import Outgoing
from contracts import codec, topics
from contracts.events import UnitReplied, UnitRouted
from lapor.servers import acls, kafka
from lapor.servers.provision import provision
from testing.waiting import until, within

pytestmark = pytest.mark.connected

LISTENERS = ("services", "agencies", "internal", "controller")
UNITS = ["PU", "PUPR", "DISKOMINFO"]
TOPICS = topics.load_topics(UNITS)
PASSWORDS = {name: f"of-{name}-and-nobody-else" for name in acls.principals(TOPICS, UNITS)}


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        broker = Broker(folder=Path(folder))
        broker.certify("services", "agencies")
        broker.start()
        provision(broker.client(kafka.ADMIN, broker.password), TOPICS, UNITS, PASSWORDS)
        yield broker
        broker.stop()


def settings(broker: Broker, service: str, **others: Any) -> ServiceSettings:
    """Return a service's settings, with the listener for services."""
    given: dict[str, Any] = {
        "kafka_bootstrap_servers": f"localhost:{broker.services}",
        "kafka_username": service,
        "kafka_password": PASSWORDS[service],
        "kafka_ca_file": broker.ca,
        "region_dir": ROOT,
        "http_port": 9,
    }
    return ServiceSettings(**given | others)


def refusal(client: dict[str, Any]) -> str:
    """Return all messages of librdkafka about a listener that refuses."""
    said: list[str] = []
    consumer = Consumer({**client, "group.id": "x", "error_cb": lambda error: said.append(error.str()), "log_level": 0})
    until(lambda: consumer.poll(0.1) is None and "brokers are down" in " ".join(said))
    consumer.close()
    return "\n".join(said)


async def test_a_service_writes_and_reads_with_its_own_settings(broker: Broker) -> None:
    writer, reader = settings(broker, "intake-sms"), settings(broker, "router")
    producer = await start_producer(writer)
    consumer = AIOKafkaConsumer(
        topics.RECEIVED, **kafka_client(reader), group_id="router", auto_offset_reset="earliest"
    )
    try:
        await publish(producer, [Outgoing(topics.RECEIVED, b"key", b"a complaint")], 10)
        await start(consumer, 10)

        assert b"a complaint" == (await within(consumer.getone())).value
    finally:
        await producer.stop()
        await consumer.stop()


def test_the_super_user_gets_another_password(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        broker = Broker(folder=Path(folder))
        broker.certify("services", "agencies")
        broker.start()
        where = ["--bootstrap", f"localhost:{broker.services}", "--ca-file", str(broker.ca)]
        command = [sys.executable, "-m", "lapor", "rotate", "broker", *where, "--accounts", str(tmp_path / "accounts")]
        done = subprocess.run(
            command, env={**os.environ, "KAFKA_PASSWORD": broker.password}, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert "invalid credentials" in refusal(broker.client(kafka.ADMIN, broker.password))
        broker.stop()
        broker.password = done.stdout.strip()
        broker.start()  # it is ready when its super user is let in
        provision(broker.client(kafka.ADMIN, broker.password), TOPICS[:1], UNITS[:1], PASSWORDS)
        broker.stop()


@pytest.mark.parametrize("listener", LISTENERS)
def test_every_listener_shows_a_certificate_of_the_ca_and_speaks_nothing_plain(
    broker: Broker, listener: str, another_ca: Path
) -> None:
    address = ("localhost", getattr(broker, listener))
    with socket.create_connection(address, 5) as plain:
        context = ssl.create_default_context(cafile=broker.ca)
        with context.wrap_socket(plain, server_hostname="localhost") as encrypted:
            assert encrypted.version() in ("TLSv1.2", "TLSv1.3")
    with socket.create_connection(address, 5) as plain, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context(cafile=another_ca).wrap_socket(plain, server_hostname="localhost")
    with socket.create_connection(address, 5) as plain:
        plain.sendall(b"\0\0\0\x0a\0\x12\0\0\0\0\0\1\0\0")  # the first request of every client

        assert plain.recv(1)[:1] in (b"", b"\x15")  # nothing, or TLS's own alert


def test_units_are_shown_another_certificate_than_services(broker: Broker) -> None:
    shown = {
        listener: ssl.get_server_certificate(("localhost", getattr(broker, listener))) for listener in LISTENERS[:2]
    }

    own = {listener: (broker.folder / "tls" / listener / "cert.pem").read_text() for listener in LISTENERS[:2]}
    assert own == shown
    assert own["services"] != own["agencies"]


@pytest.mark.parametrize("listener", LISTENERS[:2])
@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"security.protocol": "SASL_PLAINTEXT"}, "brokers are down"),
        ({"ssl.ca.location": "another_ca"}, "certificate verify failed"),
        ({"bootstrap.servers": "127.0.0.1"}, "certificate verify failed"),
        ({"sasl.password": PASSWORDS["PU"]}, "invalid credentials"),
        ({"sasl.mechanism": "PLAIN"}, "Unsupported SASL mechanism"),
    ],
    ids=["plaintext", "another CA", "another host", "another's password", "another mechanism"],
)
def test_a_listener_stays_shut(
    broker: Broker, another_ca: Path, listener: str, spoilt: dict[str, str], said: str
) -> None:
    """127.0.0.1 is its address, but is not in its certificates."""
    meant = {"another_ca": str(another_ca), "127.0.0.1": f"127.0.0.1:{getattr(broker, listener)}"}
    client = broker.client("PUPR", PASSWORDS["PUPR"], listener, **{k: meant.get(v, v) for k, v in spoilt.items()})

    assert said in refusal(client)


def snippet(broker: Broker, folder: Path, unit: str, name: str, *arguments: str, password: str = "") -> list[str]:
    """Return the command of a snippet of docs/agencies in ``folder``, as a unit runs it; set its variables."""
    for each in (name, "koneksi.py"):
        shutil.copy(ROOT / "docs" / "agencies" / each, folder)
    variables = {
        "UNIT": unit,
        "KAFKA_BOOTSTRAP": f"localhost:{broker.agencies}",
        "KAFKA_PASSWORD": password or PASSWORDS[unit],
        "KAFKA_CA_FILE": str(broker.ca),
    }
    return ["env", "-C", str(folder), *(f"{k}={v}" for k, v in variables.items()), sys.executable, name, *arguments]


def example(name: str) -> codec.Event:
    return codec.decode((topics.TOPICS_DIR / "unit.routed.v1" / "examples" / f"{name}.json").read_bytes())


def send(broker: Broker, topic: str, event: codec.Event) -> None:
    producer = Producer(broker.client("router", PASSWORDS["router"]))
    producer.produce(topic, codec.encode(event), event.subject)
    assert 0 == producer.flush(10)


def test_a_unit_receives_and_answers_as_the_guide_says(broker: Broker, tmp_path: Path) -> None:
    send(broker, "unit.pupr.routed.v1", routed := example("routed"))
    run: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60, "env": {"PATH": os.environ["PATH"]}}

    received = subprocess.run(snippet(broker, tmp_path, "PUPR", "terima.py", "--sekali"), **run)

    assert (0, "") == (received.returncode, received.stderr)
    assert isinstance(routed.data, UnitRouted)
    assert routed.data.complaint
    assert routed.data.complaint.ticket in received.stdout

    reply = snippet(broker, tmp_path, "PUPR", "balas.py", routed.data.complaint.ticket, "acknowledge")
    answering = subprocess.Popen(reply, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    reader = Consumer(broker.client("router", PASSWORDS["router"], **{"group.id": "router"}))
    reader.subscribe(["unit.pupr.replied.v1"])
    record = reader.poll(30)
    reader.close()
    assert record
    said = codec.decode(record.value() or b"")
    assert isinstance(said.data, UnitReplied)
    accepted = example("replied-accepted")
    assert isinstance(accepted.data, UnitRouted)
    assert accepted.data.reply
    about = msgspec.structs.replace(accepted.data.reply, event_id=said.id)
    data = msgspec.structs.replace(accepted.data, reply=about)
    send(broker, "unit.pupr.routed.v1", msgspec.structs.replace(accepted, data=data))

    assert "diterima\n" == answering.communicate(timeout=40)[0]


@pytest.mark.parametrize("codec_", ["gzip", "snappy", "lz4", "zstd"])
def test_a_unit_may_compress_as_its_library_does(broker: Broker, codec_: str) -> None:
    """The broker unpacks units' records, which it stores as they are; two codecs need libraries that Java loads."""
    answers: list[Any] = []
    reader = Consumer(broker.client("router", PASSWORDS["router"], **{"group.id": "router"}))
    kept = TopicPartition("unit.pu.replied.v1", 0)
    reader.assign([TopicPartition(kept.topic, 0, reader.get_watermark_offsets(kept, timeout=30)[1])])
    producer = Producer(broker.client("PU", PASSWORDS["PU"], "agencies", **{"compression.type": codec_}))
    said = f"{codec_} ".encode() * 1000
    producer.produce(kept.topic, said, b"key", 0, on_delivery=lambda error, _: answers.append(error))
    assert (0, [None]) == (producer.flush(30), answers)

    record = reader.poll(30)
    reader.close()

    assert record
    assert said == record.value()


def test_a_unit_is_not_another(broker: Broker, tmp_path: Path) -> None:
    """Neither with its own name and another's topic, nor with another's name and its own password."""
    (tmp_path / "lain.py").write_text(
        "import koneksi\nfrom confluent_kafka import Consumer\n"
        "c = Consumer(koneksi.KAFKA | {'group.id': koneksi.GRUP + 'x'})\nc.subscribe(['unit.pupr.routed.v1'])\n"
        "print(c.poll(30).error())\nc.close()\n"
    )
    command = snippet(broker, tmp_path, "PU", "terima.py")
    done = subprocess.run([*command[:-1], "lain.py"], capture_output=True, text=True, timeout=60)

    assert "TOPIC_AUTHORIZATION_FAILED" in done.stdout

    as_pupr = broker.client("PUPR", PASSWORDS["PU"], "agencies")
    assert "invalid credentials" in refusal(as_pupr)


async def test_a_certificate_that_has_expired_is_refused_and_named(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    """The last test: it restarts the broker, with a certificate of two years ago at the listener for units."""
    broker.stop()
    shutil.rmtree(broker.folder / "tls")
    broker.certify("agencies", now=datetime.now(UTC) - timedelta(days=730))
    broker.certify("services")
    broker.start()

    # An earlier command of this process may have silenced the library.
    with caplog.at_level(logging.WARNING, logger="aiokafka"), pytest.raises(KafkaConnectionError):
        await start_producer(settings(broker, "router", kafka_bootstrap_servers=f"localhost:{broker.agencies}"))
    assert "certificate has expired" in caplog.text
    assert "certificate verify failed" in refusal(broker.client("PUPR", PASSWORDS["PUPR"], "agencies"))
