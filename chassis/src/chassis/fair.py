"""Lets no unit's topic fill a batch: however many records it has, those of others come beside them.

aiokafka returns what it has fetched of a topic until nothing is left, and a megabyte of empty records is a hundred
thousand. Imported for its effect, before a consumer is made.
"""

from __future__ import annotations

from typing import Any

from aiokafka.consumer import fetcher

from contracts.topics import unit_of

#: Records of one partition of a unit's topic that are returned together: a quarter of the 200 in `BATCH_MAX`.
SHARE = 50


def _is_written_by_a_unit(topic: str) -> bool:
    return unit_of(topic) is not None and topic.endswith(".replied.v1")


class _Result(fetcher.FetchResult):  # type: ignore[misc]
    """Returns a share of the fetched records, and the rest at the next calls."""

    def getall(self, max_records: int | None = None) -> Any:
        if max_records is not None and _is_written_by_a_unit(self._topic_partition.topic):
            max_records = min(max_records, SHARE)
        return super().getall(max_records)


fetcher.FetchResult = _Result
