"""Lets no unit's topic take up a batch: however much lies in one, what others sent comes beside it.

aiokafka gives what it has fetched of a topic until nothing is left of it, and a megabyte of empty records is a hundred
thousand. Imported for its effect, before a consumer is made.
"""

from __future__ import annotations

from typing import Any

from aiokafka.consumer import fetcher

from contracts.topics import unit_of

#: Of 500 records that are given at once so many may be of one partition of a unit's topic.
SHARE = 50


class _Result(fetcher.FetchResult):  # type: ignore[misc]
    """Gives a share of what was fetched, and the rest when it is asked again."""

    def getall(self, max_records: int | None = None) -> Any:
        if max_records is not None and unit_of(self._topic_partition.topic) is not None:
            max_records = min(max_records, SHARE)
        return super().getall(max_records)


fetcher.FetchResult = _Result
