"""After its database was restored, a service reads again the records that the database does not know."""

import asyncio

import pytest
from bench import Bench
from confluent_kafka import TopicPartition

from chassis.catch_up import Places
from chassis.exits import EXIT_TEMPORARY
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


def emptied(bench: Bench) -> Bench:
    bench.workers[0].stop()
    for table in ("counted", "inbox", "outbox", "consumed"):
        bench.sql(f"DELETE FROM {table}")
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


def test_events_missing_from_a_restored_database_are_handled_again(handled: Bench) -> None:
    emptied(handled)

    asyncio.run(rewind(handled.settings(), handled.name))
    handled.worker()

    assert until(lambda: handled.counts() == {f"c{n}": 1 for n in range(30)})


def test_interrupted_rewind_repeats_its_catch_up_with_the_same_offsets(handled: Bench) -> None:
    before = offsets(handled)
    handled.workers[0].stop()
    handled.sql("UPDATE consumed SET next_offset = 1")
    given: list[tuple[list[int], list[int]]] = []

    async def catch_up(places: Places, read: Places) -> Places:
        given.append((list(dict(sorted(places.items())).values()), list(dict(sorted(read.items())).values())))
        if len(given) == 1:
            for place, offset in read.items():  # it has handled all records
                handled.sql(f"UPDATE consumed SET next_offset = {offset} WHERE partition = {place.partition}")
            raise TimeoutError("Kafka is away")
        return {place: 2 for place in places}

    with pytest.raises(TimeoutError):
        asyncio.run(rewind(handled.settings(), handled.name, catch_up))
    between = offsets(handled)
    refused = handled.worker(ready=False)
    assert EXIT_TEMPORARY == refused.ended()
    assert "that did not end" in refused.log.read_text()
    asyncio.run(rewind(handled.settings(), handled.name, catch_up))

    assert [([1, 1, 1], before)] * 2 == given
    assert (before, [2, 2, 2]) == (between, offsets(handled))
    assert handled.worker().ready()  # the other one has ended


def test_a_service_that_runs_is_not_rewound(handled: Bench) -> None:
    before = offsets(handled)

    with pytest.raises(StillRunning):
        asyncio.run(rewind(handled.settings(session_timeout_s=1), handled.name))

    assert offsets(handled) == before


@pytest.mark.parametrize("kind", ["stateful", "plain"])
def test_a_database_that_lacks_what_its_group_has_read_is_not_gone_on_with(handled: Bench, kind: str) -> None:
    worker = emptied(handled).worker(kind, ready=False)
    handled.send("c0", "later")
    handled.flush()

    if kind == "stateful":
        assert worker.ended() == EXIT_TEMPORARY
    else:  # a server goes on answering
        assert until(lambda: "Diverged" in worker.log.read_text() and worker.ready())
        worker.stop()
    assert f"then: {handled.name} rewind" in worker.log.read_text()
    assert handled.committed() == 30
    assert handled.counts() == {}

    asyncio.run(rewind(handled.settings(), handled.name))
    handled.worker(kind)
    assert until(lambda: sum(handled.counts().values()) == 31)


def test_a_log_that_is_shorter_than_what_the_database_knows_is_another_one(handled: Bench) -> None:
    before = offsets(handled)
    handled.workers[0].stop()
    handled.sql("UPDATE consumed SET next_offset = 1000 WHERE partition = 0")
    assert handled.worker(ready=False).ended() == EXIT_TEMPORARY

    asyncio.run(rewind(handled.settings(), handled.name))

    assert offsets(handled) == [0, *before[1:]]
    # With its offset in the old log it would believe for 970 records that it had read everything.
    assert handled.sql("SELECT partition FROM consumed ORDER BY partition") == [(1,), (2,)]
