"""Waiting until all records of some topics have been taken in."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition

from chassis.log_ends import caught_up, readable


class Taken:
    """A database in which each look takes 50 ms and finds one more record taken in, up to 3."""

    n = -1

    async def fetch(self, query: str) -> list[dict[str, Any]]:
        self.n = min(self.n + 1, 3)
        await asyncio.sleep(0.05)
        return [{"topic": "t", "partition": 0, "next_offset": self.n}] if self.n else []


async def test_waiting_ends_only_when_nothing_is_read_for_long() -> None:
    """Each look takes as long as the wait without progress may; three of them see progress."""
    await caught_up(Taken(), {("t", 0): 3}, timeout_s=0.04)
    with pytest.raises(TimeoutError, match="1 records wait unread"):
        await caught_up(Taken(), {("t", 0): 4}, timeout_s=0.04)


async def test_a_partition_that_was_never_read_is_waited_for() -> None:
    with pytest.raises(TimeoutError, match="2 records wait unread"):
        await caught_up(Taken(), {("t", 0): 3, ("idle", 7): 2}, timeout_s=0.04)


def test_a_partition_whose_records_all_expired_is_not_waited_for() -> None:
    read, expired, empty, unread = (TopicPartition("t", n) for n in range(4))
    begins = {read: 3, expired: 7, empty: 0, unread: 7}
    ends = {read: 5, expired: 7, empty: 0, unread: 8}

    assert {("t", 0): 5, ("t", 3): 8} == readable(begins, ends)
