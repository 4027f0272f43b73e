"""Reads on behind records that no client can decode: they are handed over as bytes, with their place.

The broker checks a batch's checksum and form, and leaves to readers what a producer wrote inside: a header name that is
not UTF-8, a compression that is not installed. aiokafka raises there, at the same place each time it comes back; so one
producer could stop every reader of its topic. Imported for its effect, before a consumer is made.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.structs import ConsumerRecord

#: In a batch on the wire: the position of its length, and the number of bytes before the counted ones.
_LENGTH, _OVERHEAD = 8, 12
#: How much of such a batch is handed over.
MOST_BYTES = 64 * 1024


class Unreadable(bytes):
    """The beginning of a batch as it is on the wire; ``error`` says why it can't be read further."""

    error: Exception


class _Batches:
    """aiokafka's ``MemoryRecords``, which also keeps the bytes of the batch that it returned last."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0
        self._records = fetcher_records(data)
        self.last: Any = None
        self.last_bytes = b""

    def has_next(self) -> bool:
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        return int(self._records.size_in_bytes())

    def next_batch(self) -> Any:
        (length,) = struct.unpack_from(">i", self._data, self._at + _LENGTH)
        end = self._at + _OVERHEAD + length
        self.last_bytes = self._data[self._at : min(end, self._at + MOST_BYTES)]
        self._at = end
        self.last = self._records.next_batch()
        return self.last


class _PartitionRecords(fetcher.PartitionRecords):  # type: ignore[misc]
    """Goes on with the next batch if one can't be read to its end; its bytes come in place of its records."""

    next_fetch_offset: int

    def _unpack_records(self) -> Iterator[Any]:
        while True:
            try:
                yield from super()._unpack_records()
                return
            except CorruptRecordException:  # damaged in transit: fetching it again helps
                raise
            except Exception as error:
                batch = self._records.last
                if batch is None or batch.next_offset <= self.next_fetch_offset:
                    raise
                yield self._in_place_of(batch, error)
                self.next_fetch_offset = batch.next_offset

    def _in_place_of(self, batch: Any, error: Exception) -> Any:
        value = Unreadable(self._records.last_bytes)
        value.error = error
        offset, self.next_fetch_offset = max(self.next_fetch_offset, batch.base_offset), batch.next_offset
        return ConsumerRecord(
            self._tp.topic,
            self._tp.partition,
            offset,
            max(batch.max_timestamp, 0),
            batch.timestamp_type,
            None,
            value,
            None,
            -1,
            len(value),
            (),
        )


fetcher_records = fetcher.MemoryRecords
fetcher.MemoryRecords = _Batches
fetcher.PartitionRecords = _PartitionRecords
