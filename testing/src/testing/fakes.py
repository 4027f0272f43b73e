"""Fakes for the tests of services: messages made by hand, rules played in memory, a producer without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from chassis.wire import Emit, Headers, Message, Outgoing, Record
from contracts import codec
from contracts.events import Data
from testing.events import NOW, topic_of

S = TypeVar("S")


def message(
    data: Data, *, topic: str = "", event_id: str = "e1", time: datetime = NOW, subject: str = "c1", offset: int = 0
) -> Message:
    """Return ``data`` as a message of ``topic``, by default its own; the event's and the broker's time are ``time``."""
    event = codec.envelope(data, event_id=event_id, source="/test", subject=subject, time=time)
    timestamp_ms = round(time.timestamp() * 1000)
    record = Record(
        topic or topic_of(data), 0, offset, subject.encode(), codec.encode(event), timestamp_ms, tuple(codec.HEADERS)
    )
    return Message(record, event)


def play(
    decide: Callable[[Mapping[str, S], Message, datetime], tuple[dict[str, S], list[Emit]]],
    messages: Sequence[Message],
    states: Mapping[str, S] | None = None,
) -> tuple[dict[str, S], list[Emit]]:
    """Apply ``messages`` to ``states`` in order; return the new states and all events: a batch without a database."""
    after, told = dict(states or {}), []
    for each in messages:
        changes, emits = decide(after, each, each.time)
        after |= changes
        told += emits
    return after, told


class ManualClock:
    """A clock in seconds that a test turns, by ``now``."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@dataclass
class FakeProducer:
    """Stands in for an aiokafka producer. Keeps what was ``sent``; each of ``failures`` fails one send, in turn."""

    sent: list[Outgoing] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    async def send(
        self, topic: str, value: bytes, *, key: bytes | None = None, headers: Headers = ()
    ) -> asyncio.Future[None]:
        """Takes a record; the future is its acknowledgement."""
        ack: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.failures:
            ack.set_exception(self.failures.pop(0))
        else:
            self.sent.append(Outgoing(topic, key, value, tuple(headers)))
            ack.set_result(None)
        return ack

    async def stop(self) -> None:
        """Do nothing."""
