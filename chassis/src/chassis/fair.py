"""Lets no unit's topic take up a batch: however much lies in one, what others sent comes beside it.

aiokafka gives what it has fetched of a topic until nothing is left of it, and a megabyte of empty records is a hundred
thousand. Imported for its effect, before a consumer is made.
"""

from __future__ import annotations

from typing import Any

from aiokafka.consumer import fetcher

from contracts.topics import unit_of

#: Records of one partition of a unit's topic that are given at once: a quarter of the 200 that `BATCH_MAX` says.
SHARE = 50


def _is_written_by_a_unit(topic: str) -> bool:
    return unit_of(topic) is not None and topic.endswith(".replied.v1")


class _Result(fetcher.FetchResult):  # type: ignore[misc]
    """Gives a share of what was fetched, and the rest when it is asked again."""

    def getall(self, max_records: int | None = None) -> Any:
        if max_records is not None and _is_written_by_a_unit(self._topic_partition.topic):
            max_records = min(max_records, SHARE)
        return super().getall(max_records)


fetcher.FetchResult = _Result
