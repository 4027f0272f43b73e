"""The spans of a hop and the trace that continues: with a backend that takes OTLP, and without one."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import counting
import pytest
from bench import Bench, complaint, encoded, text_of

from chassis import tracing
from chassis.batch import BatchHandler, StatelessBatchHandler, on_timer
from chassis.database import Pool
from chassis.otlp import STOP_S, Exporter
from chassis.settings import ServiceSettings, read_settings
from chassis.wire import TRACEPARENT, Emit, Message, Outgoing, Record
from contracts import codec
from lapor.processes.ports import any_free
from testing.events import NOW
from testing.fakes import FakeProducer
from testing.otlp import Backend, Told, otlp_backend, place
from testing.waiting import within

#: Longer than the SDK waits for one answer.
STUCK_S = 30
IDS = [f"00000000-0000-5000-8000-{n:012d}" for n in range(6)]
CAUSE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#: None of these is a traceparent, by https://www.w3.org/TR/trace-context/#traceparent-header.
NONE = [
    b"",
    b"hello",
    b"\xff\xfe",
    b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    b"00-00000000000000000000000000000000-b7ad6b7169203331-01",
    b"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    b"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
    b"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
    b"0" * 100_000,
]


@contextmanager
def tracing_to(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    tracing.start("classifier", read_settings(ServiceSettings))
    try:
        yield
    finally:
        tracing.stop()


@pytest.fixture(autouse=True)
def nothing_goes_on() -> Iterator[None]:
    """Check that the SDK's threads end: one that still tries would draw random numbers during other tests."""
    yield
    for thread in threading.enumerate():
        if thread.name.startswith("OtelBatch"):
            thread.join(STUCK_S)
            assert not thread.is_alive()


@pytest.fixture
def backend() -> Iterator[Backend]:
    with otlp_backend() as backend:
        yield backend


@pytest.fixture
def on(backend: Backend, environment: pytest.MonkeyPatch) -> Iterator[None]:
    with tracing_to(backend.url, environment):
        yield


def record(
    n: int = 0, header: bytes | None = None, *, topic: str = "t.in", text: str = "jalan", old_s: float = 0
) -> Record:
    headers = () if header is None else ((TRACEPARENT, header),)
    at = round((time.time() - old_s) * 1000)
    return Record(topic, 2, 40 + n, b"k", encoded(IDS[n], f"e{n}", text), at, headers)


def decide(message: Message) -> list[Emit]:
    if text_of(message.data) == "bug":
        raise KeyError("Budi Santoso")
    return [Emit(topic="t.out", subject=complaint_id(message), data=complaint(complaint_id(message)))]


def complaint_id(message: Message) -> str:
    return counting.complaint_of(message).complaint_id


async def handled(*records: Record, failures: tuple[BaseException, ...] = ()) -> list[Outgoing]:
    producer = FakeProducer(failures=list(failures))
    step = StatelessBatchHandler(producer, "classifier", decide, publish_timeout_s=1)
    await step(records)
    return producer.sent


def traceparents(sent: list[Outgoing]) -> list[bytes]:
    return [value for out in sent for name, value in out.headers if name == TRACEPARENT]


def all_told(backend: Backend) -> list[Told]:
    tracing.stop()  # which sends what is left
    return backend.told


async def test_disabled_tracing_writes_and_reads_no_headers(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "")
    tracing.start("classifier", read_settings(ServiceSettings))

    sent = await handled(record(0, CAUSE.encode()), record(1))

    assert [tuple(codec.HEADERS)] * 2 == [out.headers for out in sent]


@pytest.mark.parametrize(
    "service", ["classifier", "router", "sla_monitor", "intake_sms", "intake_social", "intake_web"]
)
def test_disabled_tracing_does_not_import_the_sdk(service: str) -> None:
    program = f"import json, sys, {service}.app; print(json.dumps(sorted(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)

    loaded = json.loads(done.stdout)
    assert "chassis.tracing" in loaded
    assert [] == [name for name in loaded if name.startswith(("opentelemetry", "google.protobuf", "chassis.otlp"))]


async def test_a_hop_goes_on_with_the_trace_of_its_cause_and_its_effects_go_on_with_it(
    backend: Backend, on: None
) -> None:
    sent = await handled(record(3, CAUSE.encode()))

    (told,) = all_told(backend)
    assert [told.at] == [place(each) for each in traceparents(sent)]
    assert place(CAUSE) == told.parent
    assert ("classifier", "process t.in", (), False) == (told.service, told.name, told.links, told.failed)
    assert {
        "messaging.system": "kafka",
        "messaging.operation.type": "process",
        "messaging.operation.name": "process",
        "messaging.destination.name": "t.in",
        "messaging.destination.partition.id": "2",
        "messaging.kafka.offset": 43,
        "messaging.consumer.group.name": "classifier",
        "lapor.complaint_id": IDS[3],
    } == told.attributes


@pytest.mark.parametrize("header", NONE)
async def test_a_header_that_is_no_traceparent_is_passed_over(
    header: bytes, backend: Backend, on: None, caplog: pytest.LogCaptureFixture
) -> None:
    sent = await handled(record(0, header), record(1, header, topic="unit.pdam.replied.v1"))

    told = all_told(backend)
    assert [(None, ())] * 2 == [(each.parent, each.links) for each in told]
    assert [each.at for each in told] == [place(each) for each in traceparents(sent)]
    assert [] == caplog.messages


async def test_each_message_of_a_batch_is_a_hop_of_its_own_in_its_order(backend: Backend, on: None) -> None:
    causes = [f"00-{n:032x}-{n:016x}-01" for n in range(1, 6)]

    sent = await handled(*(record(n, cause.encode()) for n, cause in enumerate(causes)))

    told = all_told(backend)
    assert [place(cause) for cause in causes] == [each.parent for each in told]
    assert [each.at for each in told] == [place(each) for each in traceparents(sent)]
    assert IDS[:5] == [each.attributes["lapor.complaint_id"] for each in told]


@pytest.mark.parametrize(
    "cause",
    [
        {"topic": "unit.pdam.replied.v1"},
        {"old_s": tracing.PROMPT_S + 60},
    ],
    ids=["what a unit sent", "what lay there for long"],
)
async def test_unit_or_old_record_begins_a_new_linked_trace(cause: dict[str, str], backend: Backend, on: None) -> None:
    sent = await handled(record(0, CAUSE.encode(), **cause))  # type: ignore[arg-type]

    (told,) = all_told(backend)
    assert (None, (place(CAUSE),)) == (told.parent, told.links)
    assert place(CAUSE)[0] not in traceparents(sent)[0].decode()


async def test_a_dead_letter_that_is_asked_for_is_linked_to_what_it_was(backend: Backend, on: None) -> None:
    letter = Record("t.in", 0, 0, b"k", encoded(IDS[0], "e0"), 0, ((TRACEPARENT, CAUSE.encode()),))
    now = round(time.time() * 1000)

    await handled(replace(letter, timestamp_ms=now, request=letter))

    (told,) = all_told(backend)
    assert (None, (place(CAUSE),)) == (told.parent, told.links)


async def test_failed_span_names_the_error_class_and_its_letter_keeps_the_headers(backend: Backend, on: None) -> None:
    (letter,) = await handled(record(0, CAUSE.encode(), text="bug"))

    (told,) = all_told(backend)
    assert (True, "KeyError") == (told.failed, told.attributes["error.type"])
    assert [CAUSE.encode()] == traceparents([letter])
    assert b"Budi" not in b"".join(backend.raw)


async def test_unpublished_handling_is_not_traced(backend: Backend, on: None) -> None:
    with suppress(ConnectionError):
        await handled(record(0), failures=(ConnectionError(),))

    assert [] == all_told(backend)


async def test_a_span_says_nothing_that_anybody_wrote(backend: Backend, on: None) -> None:
    event = json.loads(encoded(IDS[0], "Budi Santoso", "nomor saya 081234567890"))
    subjects = [("t.in", "Budi 081234567890"), ("unit.pdam.replied.v1", IDS[5])]

    await handled(
        *(Record(topic, 0, 0, b"Budi", json.dumps(event | {"subject": said}).encode(), 0) for topic, said in subjects)
    )

    # Our rules know which complaint it is about; the subject that the unit wrote does not count.
    assert [IDS[0], IDS[0]] == [each.attributes["lapor.complaint_id"] for each in all_told(backend)]
    assert [] == [word for word in (b"Budi", b"08123", b"nomor") if word in b"".join(backend.raw)]


async def test_tracing_does_not_change_the_bytes_of_events(backend: Backend, environment: pytest.MonkeyPatch) -> None:
    records = [record(n, CAUSE.encode()) for n in range(3)]
    off = await handled(*records)
    with tracing_to(backend.url, environment):
        on, again = await handled(*records), await handled(*records)

    assert [(out.topic, out.key, out.value) for out in off] == [(out.topic, out.key, out.value) for out in on]
    assert [out.value for out in on] == [out.value for out in again]
    assert traceparents(on) != traceparents(again)


async def test_a_backend_that_is_away_costs_no_time_and_one_line(
    environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections, and never answers
        for url in ("http://127.0.0.1:1", f"http://127.0.0.1:{silent.getsockname()[1]}"):
            caplog.clear()
            with tracing_to(url, environment):
                for n in range(5_000):  # more than the queue holds
                    tracing.timer(IDS[n % 6]).end()
                await within(asyncio.to_thread(tracing.stop), STOP_S)

            assert caplog.messages in ([], ["traces_not_exported"])


def test_trace_export_failure_and_recovery_are_each_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    port = any_free()
    # The hasty one does not try a closed port again for long; the patient one goes on where it ended.
    hasty, patient = (Exporter(f"http://127.0.0.1:{port}/v1/traces", timeout=each) for each in (0.1, 60))

    hasty.export([])
    hasty.export([])
    patient.failing = hasty.failing
    with otlp_backend(port):
        patient.export([])
        patient.export([])

    assert ["traces_not_exported", "traces_exported_again"] == caplog.messages


def outbox(bench: Bench) -> list[tuple[str, str, tuple[str, str]]]:
    """Topic, key and hop of each row that a hop brought about."""
    rows = bench.sql("SELECT topic, convert_from(key, 'UTF8'), headers::text FROM outbox ORDER BY seq")
    found = [(topic, key, dict(json.loads(headers)).get(TRACEPARENT)) for topic, key, headers in rows]
    return [(topic, key, place(header)) for topic, key, header in found if header]


@pytest.mark.connected
async def test_a_hop_of_a_service_with_a_database_is_told_once_and_goes_on_by_the_outbox(
    bench: Bench, pool: Pool, backend: Backend, on: None
) -> None:
    step = BatchHandler(pool, counting.handler(bench.name, bench.out))
    records = [record(n, CAUSE.encode()) for n in range(3)]

    await step([*records[:2], record(3, text="refused"), records[2]])  # PostgreSQL refuses one: the batch is halved
    await step(records)  # again: it is known

    told = {each.attributes["lapor.complaint_id"]: each for each in all_told(backend)}
    assert (3, 3) == (len(backend.told), len(told))
    assert {name: told[name].at for name in IDS[:3]} == {
        key: at for topic, key, at in outbox(bench) if topic == bench.out
    }
    assert {place(CAUSE)} == {each.parent for each in told.values()}


@pytest.mark.connected
async def test_timer_begins_a_new_trace_for_each_complaint(
    bench: Bench, pool: Pool, backend: Backend, on: None
) -> None:
    emits = [Emit(topic=bench.out, subject=name, data=complaint(name)) for name in (IDS[0], IDS[1], IDS[0])]
    async with pool.acquire() as db, db.transaction():
        await on_timer(db, counting.handler(bench.name, bench.out), IDS[:2], lambda _: ({}, emits), cause="t", now=NOW)

    told = {each.attributes["lapor.complaint_id"]: each for each in all_told(backend)}
    assert [(None, ()), (None, ())] == [(each.parent, each.links) for each in told.values()]
    assert [(bench.out, name, told[name].at) for name in (IDS[0], IDS[1], IDS[0])] == outbox(bench)
