"""A broker whose disk is full: accepted events stay in the outbox, and go out as soon as there is room."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench
from prometheus_client import REGISTRY
from relaying import outgoing, put, running, until, waiting

from chassis import outbox
from chassis.database import Pool
from chassis.outbox import Relay
from lapor.processes.ports import choose
from lapor.servers import kafka
from testing.disks import SmallDisk, small_disk
from testing.servers import Stack

# aiokafka leaves open what a fault interrupts.
pytestmark = [pytest.mark.connected, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]
#: Bytes of the disk; a new broker takes a small part of them.
SIZE = 64 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    (folder := tmp_path / "kafka").mkdir()
    with small_disk(folder, SIZE) as disk:
        yield disk


@pytest.fixture
def crowded(connected: Stack, disk: SmallDisk, tmp_path: Path) -> Iterator[Stack]:
    """A broker of its own on that disk, and the cluster shared by all tests."""
    ports = choose({"kafka": 0, "controller": 0}, tmp_path / "ports.json")
    broker = kafka.Broker(
        directory=disk.folder,
        port=ports["kafka"],
        controller_port=ports["controller"],
        password=secrets.token_urlsafe(24),
    )
    stack = Stack(broker=broker, cluster=connected.cluster, logs=tmp_path)
    kafka.prepare(broker)
    stack.start_broker()
    yield stack
    stack.kill_broker()


@pytest.fixture
def bench(crowded: Stack, template: str, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(crowded, name := "crowded", crowded.copy(template, name), tmp_path)
    yield bench
    bench.close()


def oldest_s(bench: Bench) -> float:
    """Read the figure behind the alert on a stuck outbox."""
    return REGISTRY.get_sample_value("lapor_outbox_oldest_seconds", {"service": bench.name}) or 0


def failing_s(bench: Bench) -> float:
    """Return for how long nothing could be published, as an operator sees it."""
    shown = (sample for family in REGISTRY.collect() for sample in family.samples)
    failing = [each for each in shown if each.name == "lapor_outbox_failing_seconds"]
    return max((each.value for each in failing if each.labels["service"] == bench.name), default=0)


async def test_a_broker_on_a_full_disk_delays_what_is_stored_and_loses_nothing(
    bench: Bench, crowded: Stack, disk: SmallDisk, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "FAILING_S", 1)  # a minute is tolerated by default
    relay, broker, numbers = (
        Relay(bench.settings(publish_timeout_s=2), bench.name),
        crowded.processes["kafka"],
        itertools.count(),
    )
    stored: list[str] = []

    async def store(count: int) -> None:
        new = list(itertools.islice(numbers, count))
        await put(pool, *(outgoing(bench, n, f"c{n % 7}") for n in new))
        stored.extend(f"e{n}" for n in new)

    async with running(relay, pool):
        await store(50)
        assert await until(lambda: waiting(bench) == 0)
        disk.fill(but=100_000)
        while broker.poll() is None:
            assert len(stored) < 20_000, "that is more than the disk has room for"
            await store(50)
            await asyncio.sleep(0.1)
        with pytest.raises(RuntimeError, match="did not start"):  # its supervisor retries immediately
            await asyncio.to_thread(crowded.start_broker)
        assert "No space left on device" in (crowded.logs / "kafka.log").read_text()
        await store(50)
        assert await until(lambda: relay.goes_out() is not True)
        assert await until(lambda: failing_s(bench) > 0)
        bench.sql("UPDATE outbox SET created_at = created_at - interval '2 minutes'")
        assert await until(lambda: oldest_s(bench) > 120)

        disk.make_room()
        await asyncio.to_thread(crowded.start_broker)
        assert await until(lambda: waiting(bench) == 0)
        assert await until(lambda: relay.goes_out() is True)
        assert await until(lambda: failing_s(bench) == 0)
    assert bench.sql("SELECT count(*) FROM outbox") == [(0,)]
    found: dict[str, dict[str, None]] = defaultdict(dict)  # an event that went out twice has the same id
    for event in bench.events(bench.out):
        found[event.subject][event.id] = None
    assert [*stored] == sorted((each for ids in found.values() for each in ids), key=lambda each: int(each[1:]))
    assert all(list(ids) == sorted(ids, key=lambda each: int(each[1:])) for ids in found.values())
