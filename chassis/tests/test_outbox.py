"""The relay between a real PostgreSQL and a real broker, with all their faults."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
from collections.abc import Iterator, Sequence
from functools import partial

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from aiokafka.partitioner import DefaultPartitioner
from bench import Bench
from confluent_kafka.admin import AclOperation
from prometheus_client import REGISTRY
from relaying import ids, outgoing, put, running, until, waiting

from chassis import outbox
from chassis.consume import consume
from chassis.database import Pool
from chassis.outbox import Relay
from chassis.progress import Progress
from chassis.publish import _partition, publish
from chassis.wire import Outgoing, Record
from contracts.topics import UPDATED, load_topics, step_key

# aiokafka leaves open what a fault interrupts.
pytestmark = [pytest.mark.connected, pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")]


@pytest.fixture(autouse=True, scope="module")
def _collect() -> Iterator[None]:
    yield
    gc.collect()


async def test_rows_go_out_in_order_and_only_then_are_they_deleted(bench: Bench, pool: Pool) -> None:
    await put(pool, *(outgoing(bench, n) for n in range(1200)))
    async with running(Relay(bench.settings(), bench.name), pool):
        assert await until(lambda: waiting(bench) == 0)
    assert ids(bench) == [f"e{n}" for n in range(1200)]


async def test_a_publish_of_unknown_outcome_is_repeated_with_the_same_ids(bench: Bench, pool: Pool) -> None:
    failures = [TimeoutError(), ConnectionError()]

    async def published_and_failed(producer: AIOKafkaProducer, records: Sequence[Outgoing], timeout_s: float) -> None:
        await publish(producer, records, timeout_s)
        if failures:
            raise failures.pop()

    await put(pool, *(outgoing(bench, n) for n in range(3)))
    async with running(Relay(bench.settings(), bench.name, published_and_failed), pool):
        assert await until(lambda: waiting(bench) == 0)
    assert ids(bench) == ["e0", "e1", "e2"] * 3


async def test_a_row_that_commits_late_under_a_lower_number_is_not_lost(bench: Bench, pool: Pool) -> None:
    async with running(Relay(bench.settings(), bench.name), pool), pool.acquire() as db:
        late = db.transaction()
        await late.start()
        await outbox.put(db, [outgoing(bench, 1, "late")])
        await put(pool, outgoing(bench, 2, "early"))
        assert await until(lambda: ids(bench) == ["e2"])
        assert await until(lambda: bench.sql("SELECT count(*) FROM outbox") == [(0,)])
        await late.commit()
        assert await until(lambda: sorted(ids(bench)) == ["e1", "e2"])
        assert await until(lambda: waiting(bench) == 0)


@pytest.mark.parametrize("of_one", [["c0"] * 4, ["c0/0", "c0/1", "c0/2", "c0/3"]], ids=["a key", "steps of a story"])
async def test_a_record_too_large_is_parked_and_only_its_key_waits(bench: Bench, pool: Pool, of_one: list[str]) -> None:
    small = f"{bench.name}.small"
    bench.create(small, config={"max.message.bytes": "5000"})
    huge = Outgoing(small, of_one[1].encode(), b"x" * 20_000, ())
    await put(
        pool,
        outgoing(bench, 0, of_one[0], small),
        huge,
        outgoing(bench, 1, of_one[2], small),
        outgoing(bench, 2, "c1", small),
        outgoing(bench, 3),
    )
    async with running(Relay(bench.settings(), bench.name), pool):
        assert await until(lambda: waiting(bench) == 1)
        await put(pool, outgoing(bench, 4, of_one[3], small), outgoing(bench, 5, "c1", small))
        assert await until(lambda: {event.id for event in bench.events(small)} == {"e0", "e2", "e5"})
        [(parked, reason)] = bench.sql("SELECT value, parked_reason FROM outbox WHERE parked_reason IS NOT NULL")
        assert parked == huge.value
        assert reason == "MessageSizeTooLargeError"
        shown = partial(REGISTRY.get_sample_value, "lapor_outbox_parked", {"service": bench.name})
        assert await until(lambda: shown() == 1)
        bench.sql("DELETE FROM outbox WHERE parked_reason IS NOT NULL")  # an operator decided
        assert await until(lambda: waiting(bench) == 0)
        assert await until(lambda: shown() == 0)
    assert {event.id for event in bench.events(small)} == {"e0", "e1", "e2", "e4", "e5"}
    assert set(ids(bench)) == {"e3"}


def test_steps_of_a_story_share_the_default_partition_of_their_complaint() -> None:
    places = list(range(12))
    for n in range(200):
        story = f"{n:032x}".encode()
        here = _partition(story, places, places)
        assert DefaultPartitioner()(story, places, places) == here
        assert {here} == {_partition(step_key(story.decode(), seq), places, places) for seq in range(-1, 20)}


def parked(bench: Bench) -> list[tuple[str, str]]:
    return bench.sql("SELECT topic, parked_reason FROM outbox WHERE parked_reason IS NOT NULL")


async def test_a_topic_that_is_not_there_holds_up_no_other_and_is_served_when_it_is(bench: Bench, pool: Pool) -> None:
    nowhere = f"{bench.name}.nowhere"
    lost = [outgoing(bench, n, f"c{n}", nowhere) for n in range(3)]
    await put(pool, lost[0], outgoing(bench, 3), *lost[1:], outgoing(bench, 4))
    async with running(Relay(bench.settings(), bench.name, refused_again_s=0.5), pool):
        assert await until(lambda: ids(bench) == ["e3", "e4"])
        assert await until(lambda: parked(bench) == [(nowhere, "UnknownTopicOrPartitionError")])
        await put(pool, outgoing(bench, 5))
        assert await until(lambda: ids(bench) == ["e3", "e4", "e5"])
        bench.create(nowhere)
        assert await until(lambda: bench.sql("SELECT count(*) FROM outbox") == [(0,)])
    assert [event.id for event in bench.events(nowhere)] == ["e0", "e1", "e2"]


async def test_a_topic_that_may_not_be_written_holds_up_no_other_and_is_served_when_it_may(
    bench: Bench, pool: Pool
) -> None:
    """The service may see the first topic but not write it; the second it may not even see."""
    bench.stack.provision_kafka(load_topics(["DISKOMINFO"]), ["DISKOMINFO"])
    own = {"kafka_username": "intake-sms", "kafka_password": bench.stack.passwords["intake-sms"]}
    seen, unseen = f"{bench.name}.seen", f"{bench.name}.unseen"
    bench.create(seen, unseen)
    bench.allow("intake-sms", bench.out, AclOperation.WRITE)
    bench.allow("intake-sms", seen, AclOperation.READ)
    await put(pool, outgoing(bench, 0, "c0", seen), outgoing(bench, 1, "c0", unseen), outgoing(bench, 2))
    async with running(Relay(bench.settings(**own), bench.name, refused_again_s=0.5), pool):
        assert await until(lambda: set(ids(bench)) == {"e2"})
        reasons = [(seen, "TopicAuthorizationFailedError"), (unseen, "UnknownTopicOrPartitionError")]
        assert await until(lambda: sorted(parked(bench)) == reasons)
        await put(pool, outgoing(bench, 3, "c1", seen), outgoing(bench, 4))
        assert await until(lambda: set(ids(bench)) == {"e2", "e4"})
        for topic in (seen, unseen):
            bench.allow("intake-sms", topic, AclOperation.WRITE)
        assert await until(lambda: bench.sql("SELECT count(*) FROM outbox") == [(0,)])
    assert [event.id for event in bench.events(seen)] == ["e0", "e3"]
    assert [event.id for event in bench.events(unseen)] == ["e1"]


async def test_a_topic_that_goes_away_while_it_is_written_holds_up_no_other(bench: Bench, pool: Pool) -> None:
    gone = f"{bench.name}.gone"
    bench.create(gone)
    async with running(Relay(bench.settings(publish_timeout_s=1), bench.name), pool):
        await put(pool, outgoing(bench, 0, "c0", gone))
        assert await until(lambda: waiting(bench) == 0)
        bench.delete(gone)
        await put(pool, outgoing(bench, 1, "c0", gone), outgoing(bench, 2))
        assert await until(lambda: set(ids(bench)) == {"e2"})
        assert await until(lambda: waiting(bench) == 0)
    assert parked(bench) == [(gone, "UnknownTopicOrPartitionError")]


async def test_one_relay_per_database_and_another_takes_over(bench: Bench, pool: Pool) -> None:
    by: list[str] = []

    def relay(name: str) -> Relay:
        async def publish_as(producer: AIOKafkaProducer, records: Sequence[Outgoing], timeout_s: float) -> None:
            by.append(name)
            await publish(producer, records, timeout_s)

        return Relay(bench.settings(), bench.name, publish_as)

    async with contextlib.AsyncExitStack() as stack:
        async with running(relay("first"), pool):
            await put(pool, outgoing(bench, 0))
            assert await until(lambda: waiting(bench) == 0)
            await stack.enter_async_context(running(relay("second"), pool))
            for n in range(1, 5):
                await put(pool, outgoing(bench, n))
                assert await until(lambda: waiting(bench) == 0)
            assert set(by) == {"first"}
        await put(pool, outgoing(bench, 5))
        assert await until(lambda: waiting(bench) == 0)
        assert by[-1] == "second"


async def test_stopped_relay_hides_its_outbox_and_database_metrics(bench: Bench, pool: Pool) -> None:
    def shown() -> set[float | None]:
        names = ("lapor_outbox_oldest_seconds", "lapor_outbox_pending", "lapor_outbox_parked", "lapor_database_bytes")
        return {REGISTRY.get_sample_value(name, {"service": bench.name}) for name in names}

    async with running(Relay(bench.settings(), bench.name), pool):
        assert await until(lambda: None not in shown())
    # An intake's process goes on, and waits until it is its turn again.
    assert {None} == shown()


@pytest.mark.parametrize("fault", ["frozen", "killed"])
async def test_a_broker_away_longer_than_the_publish_timeout_delays_and_loses_nothing(
    bench: Bench, pool: Pool, fault: str
) -> None:
    attempts: list[int] = []
    producers: list[AIOKafkaProducer] = []

    async def counted(producer: AIOKafkaProducer, records: Sequence[Outgoing], timeout_s: float) -> None:
        attempts.append(len(records))
        producers.append(producer)
        await publish(producer, records, timeout_s)

    relay = Relay(bench.settings(publish_timeout_s=1), bench.name, counted)
    async with running(relay, pool):
        await put(pool, outgoing(bench, 0))
        # Published, and not parked because a new topic is not visible everywhere yet.
        assert await until(lambda: bool(attempts) and waiting(bench) == 0)
        group = bench.stack.processes["kafka"].pid
        if fault == "frozen":
            os.killpg(group, signal.SIGSTOP)
        else:
            bench.stack.kill_broker()
        try:
            before = len(attempts)
            await put(pool, *(outgoing(bench, n) for n in range(1, 50)))
            # It notices at the publish, or when it asks whether the topic exists.
            assert await until(lambda: len(attempts) > before or relay.failing is not None)
            # Longer than the publish timeout, the producer's stop and a second attempt.
            assert await until(lambda: waiting(bench) == 0, timeout_s=4) is False
        finally:
            if fault == "frozen":
                os.killpg(group, signal.SIGCONT)
            else:
                await asyncio.to_thread(bench.stack.start_broker)
        assert await until(lambda: waiting(bench) == 0)
        given_up = [each for each in producers if each is not relay.producer]
        assert given_up
        assert all(each._sender.sender_task.done() for each in given_up), "one goes on sending"
    found = ids(bench)
    assert list(dict.fromkeys(found)) == [f"e{n}" for n in range(50)]


async def test_a_plain_consumer_that_may_not_read_says_so(bench: Bench) -> None:
    async def step(records: Sequence[Record]) -> None:
        raise AssertionError

    async def read(service: str, topic: str, **given: str) -> None:
        async with asyncio.timeout(20):
            await consume(bench.settings(**given), [topic], step, Progress(service))

    with pytest.raises(TimeoutError):
        await read(bench.name, "nowhere")
    bench.stack.provision_kafka(load_topics(["DISKOMINFO"]), ["DISKOMINFO"])
    stranger = {"kafka_username": "intake-sms", "kafka_password": bench.stack.passwords["intake-sms"]}
    with pytest.raises(TopicAuthorizationFailedError):
        await read("intake-sms", bench.source, **stranger)
    with pytest.raises(GroupAuthorizationFailedError):
        await read("router", UPDATED, **stranger)
