"""The batch of a service without a database, against a producer made by hand."""

from __future__ import annotations

import pytest
from bench import complaint, encoded, newer, text_of
from prometheus_client import REGISTRY

from chassis.batch import BugsInARow, StatelessBatchHandler
from chassis.metrics import MAX_BUGS_IN_A_ROW
from chassis.wire import Emit, Message, Record
from contracts import codec
from contracts.signature import NotAuthentic
from testing.fakes import FakeProducer


def records(*texts: str) -> list[Record]:
    return [Record("t.in", 0, n, b"c1", encoded("c1", f"e{n}", text), 1_000) for n, text in enumerate(texts)]


def decide(message: Message) -> list[Emit]:
    if text_of(message.data) == "bug":
        raise KeyError("bug")
    return [Emit(topic="t.out", subject="c1", data=complaint("c1", text_of(message.data)))]


@pytest.fixture
def producer() -> FakeProducer:
    return FakeProducer()


@pytest.fixture
def step(producer: FakeProducer) -> StatelessBatchHandler:
    return StatelessBatchHandler(producer, "classifier", decide, publish_timeout_s=1)


async def test_bad_bytes_and_bugs_are_buried_with_their_bytes_between_their_neighbours(
    step: StatelessBatchHandler, producer: FakeProducer
) -> None:
    rubbish = Record("t.in", 0, 9, b"c1", b"\xff", 1_000)
    bad = records("bug")[0]
    await step([*records("a"), rubbish, bad, *records("b")])
    assert [each.topic for each in producer.sent] == ["t.out", "classifier.dlq", "classifier.dlq", "t.out"]
    assert [each.value for each in producer.sent[1:3]] == [rubbish.value, bad.value]


async def test_an_erasure_is_nothing(step: StatelessBatchHandler, producer: FakeProducer) -> None:
    await step([Record("t.in", 0, 0, b"c1", None, 1_000)])
    assert producer.sent == []


async def test_ten_bugs_in_a_row_stop_it_and_nothing_of_the_batch_is_published(
    step: StatelessBatchHandler, producer: FakeProducer
) -> None:
    with pytest.raises(BugsInARow):
        await step(records("a", *["bug"] * MAX_BUGS_IN_A_ROW))
    assert producer.sent == []


async def test_success_resets_the_bug_count_and_unreadable_records_do_not_count(
    step: StatelessBatchHandler, producer: FakeProducer
) -> None:
    rubbish = [Record("t.in", 0, 0, b"c1", b"\xff", 1_000)] * 20
    await step([*records(*["bug"] * 9, "a", *["bug"] * 9), *rubbish])
    assert len(producer.sent) == 39
    with pytest.raises(BugsInARow):
        await step(records("bug"))


async def test_oversized_output_is_a_dead_letter_and_does_not_count_as_a_bug(producer: FakeProducer) -> None:
    huge = Emit(topic="t.out", subject="c1", data=complaint("x" * codec.MAX_BYTES))
    await StatelessBatchHandler(producer, "classifier", lambda _: [huge], publish_timeout_s=1)(records(*["a"] * 20))
    assert [each.topic for each in producer.sent] == ["classifier.dlq"] * 20


async def test_forged_event_is_a_dead_letter_and_does_not_count_as_a_bug(producer: FakeProducer) -> None:
    def verify(message: Message) -> None:
        if text_of(message.data) == "forged":
            raise NotAuthentic("by somebody else")

    await StatelessBatchHandler(producer, "classifier", decide, 1, verify)(records("a", *["forged"] * 20))
    assert [each.topic for each in producer.sent] == ["t.out", *["classifier.dlq"] * 20]


async def test_unacknowledged_publish_fails_the_step(step: StatelessBatchHandler, producer: FakeProducer) -> None:
    producer.failures = [ConnectionError()]
    with pytest.raises(ConnectionError):
        await step(records("a"))


async def test_words_that_came_later_are_counted_and_no_dead_letter(producer: FakeProducer) -> None:
    step = StatelessBatchHandler(producer, "newer", lambda message: [], publish_timeout_s=1)
    await step([Record("t.in", 0, 0, b"c1", newer("e1"), 1_000), *records("a")])
    assert producer.sent == []
    for field in ("FollowUp.kind", "FollowUp.right"):
        assert 1 == REGISTRY.get_sample_value("lapor_unknown_words_total", {"service": "newer", "field": field})
