"""After its database was restored, a service reads again what the database does not know."""

import asyncio

import pytest
from bench import Bench
from confluent_kafka import TopicPartition

from chassis.rewind import StillRunning, rewind
from testing.waiting import until

pytestmark = pytest.mark.connected


@pytest.fixture
def handled(bench: Bench) -> Bench:
    """Thirty events, handled by a worker that still runs."""
    bench.worker()
    for n in range(30):
        bench.send(f"c{n}", f"e{n}")
    bench.flush()
    assert until(lambda: bench.committed() == 30)
    return bench


def offsets(bench: Bench) -> list[int]:
    return [place.offset for place in bench.reader.committed([TopicPartition(bench.source, n) for n in range(3)])]


def test_each_partition_goes_back_to_what_the_database_knows(handled: Bench) -> None:
    before = offsets(handled)
    handled.workers[0].stop()
    handled.sql("UPDATE consumed SET next_offset = 1 WHERE partition = 0")
    handled.sql("DELETE FROM consumed WHERE partition = 1")

    done = asyncio.run(rewind(handled.settings(), handled.name))

    assert offsets(handled) == [1, 0, before[2]]
    assert done == {f"{handled.source}:0": 1, f"{handled.source}:1": 0, f"{handled.source}:2": before[2]}


def test_what_a_restored_database_lacks_is_handled_again(handled: Bench) -> None:
    handled.workers[0].stop()
    for table in ("counted", "inbox", "outbox", "consumed"):
        handled.sql(f"DELETE FROM {table}")

    asyncio.run(rewind(handled.settings(), handled.name))
    handled.worker()

    assert until(lambda: handled.counts() == {f"c{n}": 1 for n in range(30)})


def test_a_service_that_runs_is_not_rewound(handled: Bench) -> None:
    before = offsets(handled)

    with pytest.raises(StillRunning):
        asyncio.run(rewind(handled.settings(session_timeout_s=1), handled.name))

    assert offsets(handled) == before
