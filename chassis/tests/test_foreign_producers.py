"""A foreign producer's misbehaviour on the wire costs its own records, and nobody else's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bench import Bench, encoded
from confluent_kafka import KafkaError, Producer

from contracts.topics import load_topics
from testing.foreign import send_nameless_header
from testing.waiting import until

pytestmark = pytest.mark.connected
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
MIB = 1024 * 1024


def send(bench: Bench, codec: str, *records: tuple[bytes, bytes]) -> list[KafkaError | None]:
    """Produce ``records`` (key, value) as one batch with ``codec``; return the broker's answer to each."""
    said: list[KafkaError | None] = []
    settings: dict[str, Any] = {
        **bench.stack.client(),
        "compression.type": codec,
        "message.max.bytes": 100 * MIB,
        "linger.ms": 200,
        "log_level": 0,
    }
    client = Producer(settings)
    for key, value in records:
        client.produce(bench.source, value, key, on_delivery=lambda error, _: said.append(error))
    assert client.flush(60) == 0
    return said


def sent(bench: Bench, *names: str) -> list[tuple[bytes, bytes]]:
    bench.sent["c0"] += names
    return [(b"c0", encoded("c0", name)) for name in names]


@pytest.fixture
def as_units_write(bench: Bench) -> None:
    """The source has the settings that the contract gives to a unit's topic."""
    [replied] = [topic for topic in load_topics(["PUPR"]) if topic.name == "unit.pupr.replied.v1"]
    bench.delete(bench.source)
    until(lambda: bench.source not in bench.admin.list_topics(timeout=10).topics)
    bench.create(bench.source, config=replied.config)
    bench.partitions = 1


@pytest.mark.parametrize("bench", [1], indirect=True)
@pytest.mark.parametrize("codec", CODECS)
def test_a_unit_may_compress_as_it_likes(bench: Bench, as_units_write: None, codec: str) -> None:
    worker = bench.worker()
    assert send(bench, codec, *sent(bench, "e0", "e1", "e2")) == [None] * 3
    assert until(lambda: not bench.lost())
    assert worker.ready()


@pytest.mark.parametrize("bench", [1], indirect=True)
@pytest.mark.parametrize("codec", CODECS)
def test_broker_applies_its_size_limit_to_the_unpacked_record(bench: Bench, as_units_write: None, codec: str) -> None:
    """If it were unpacked only here, a record of 60 kB could become one of 60 MB."""
    worker = bench.worker()
    for size in (2 * MIB, 60 * MIB):
        [refused] = send(bench, codec, (b"c0", b"A" * size))
        assert refused is not None
        assert refused.code() == KafkaError.MSG_SIZE_TOO_LARGE
    assert send(bench, codec, (b"c0", b"A" * 900_000), *sent(bench, "e0")) == [None] * 2
    assert until(lambda: not bench.lost())
    assert until(lambda: len(bench.records(bench.dlq)) == 1)
    assert worker.ready()


@pytest.mark.parametrize("bench", [1], indirect=True)
@pytest.mark.parametrize("codec", CODECS)
def test_a_compressed_record_that_is_on_a_topic_already_is_read(bench: Bench, codec: str) -> None:
    """A record that unpacks to more than a record may hold, under a key too long for an index, is put aside in part."""
    send(bench, codec, *sent(bench, "e0"))
    if codec != "none":
        send(bench, codec, (b"k" * 6_000, b"A" * (3 * MIB)))
    send(bench, codec, *sent(bench, "e1"))
    worker = bench.worker()
    assert until(lambda: not bench.lost())
    assert until(lambda: bench.sql("SELECT count(*) FROM outbox") == [(0,)])
    assert worker.ready()
    if codec != "none":
        [dead] = bench.records(bench.dlq)
        headers = dict(dead.headers())
        assert dead.value() == b"A" * MIB
        assert dead.key() == f"{bench.source}:0:1".encode()
        assert headers["source-key"] == b"k" * 1_000
        assert (headers["error"], headers["original-bytes"]) == (b"TooLarge", str(3 * MIB).encode())


@pytest.mark.parametrize("bench", [1], indirect=True)
@pytest.mark.parametrize("kind", ["stateful", "stateless", "plain"])
async def test_a_batch_that_no_client_can_read_is_put_aside_with_its_place(bench: Bench, kind: str) -> None:
    send(bench, "none", *sent(bench, "e0"))
    await send_nameless_header(bench.stack, bench.stack.admin, bench.source, b"nobody can read this")
    send(bench, "none", *sent(bench, "e1"))
    worker = bench.worker(kind)
    assert until(lambda: not bench.lost())
    assert until(lambda: bench.committed() == 3)
    assert until(lambda: bench.sql("SELECT count(*) FROM outbox") == [(0,)])
    [dead] = bench.records(bench.dlq)
    headers = dict(dead.headers())
    assert b"nobody can read this" in dead.value()
    assert (headers["error"], headers["source-offset"]) == (b"UnicodeDecodeError", b"1")
    assert worker.ready()


@pytest.mark.parametrize("bench", [1], indirect=True)
def test_headers_without_measure_are_left_out_of_the_dead_letter(bench: Bench) -> None:
    bench.put(bench.source, "c0", b"rubbish", headers=[(f"h{n}", b"x" * 1_000) for n in range(300)])
    bench.put(bench.source, "c0", b"rubbish", headers=[("h", b"x")])
    bench.flush()
    bench.worker()
    assert until(lambda: len(bench.records(bench.dlq)) == 2)
    cut, whole = (dict(record.headers()) for record in bench.records(bench.dlq))
    about = {"source-key", "error", "source-topic", "source-partition", "source-offset", "failed-at"}
    assert set(cut) == about | {"original-headers"}
    assert cut["original-headers"] == b"300"
    assert whole["h"] == b"x"


def test_names_of_errors_are_words_of_the_log(bench: Bench) -> None:
    """The log tells an operator which record it was, and never what it said."""
    bench.put(bench.source, "c0", b"rubbish of Budi")
    bench.flush()
    worker = bench.worker()
    assert until(lambda: bench.records(bench.dlq))
    lines = [json.loads(line) for line in worker.log.read_text().splitlines()]
    [line] = [line for line in lines if line["event"] == "dead_letter"]
    assert (line["topic"], line["error"]) == (bench.source, "InvalidEvent")
    assert "Budi" not in worker.log.read_text()
