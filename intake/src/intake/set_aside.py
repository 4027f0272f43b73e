"""What an intake can't take: its bytes stay in the intake's own database, and its dead letter says only where.

A number, a handle and a text that cannot be read cannot be masked either, so Kafka gets none of them.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
from psycopg.rows import dict_row

from chassis import metrics, outbox
from chassis.database import Pool
from chassis.wire import Record, dead_letter

log = logging.getLogger(__name__)
_LIST = """SELECT id, door, error, at, octet_length(content) AS bytes FROM set_aside
           WHERE settled_at IS NULL ORDER BY id"""
_SHOW = "SELECT id, door, error, at, settled_at, content FROM set_aside WHERE id = %s"
_INSERT = "INSERT INTO set_aside (door, content, error) VALUES ($1, $2, $3) RETURNING id"
_SETTLE = "UPDATE set_aside SET settled_at = now() WHERE id = %s AND settled_at IS NULL"


class _Pointer(msgspec.Struct):
    """The value of the dead letter."""

    set_aside: int
    door: str


async def put_aside(
    pool: Pool, service: str, door: str, content: bytes, error: Exception, wake: Callable[[], None]
) -> None:
    """Put aside what came in by ``door`` and can't be taken, with its bytes, for an operator.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: not stored.
    """
    name = type(error).__name__
    async with pool.acquire() as db, db.transaction():
        pointer = _Pointer(set_aside=await db.fetchval(_INSERT, door, content, name), door=door)
        record = Record(door, -1, -1, None, msgspec.json.encode(pointer), 0)
        await outbox.put(db, [dead_letter(service, record, error)])
    metrics.DLQ_RECORDS.labels(service, name).inc()
    log.error("put_aside", extra={"door": door, "error": name})
    wake()


def number_of(value: bytes) -> int | None:
    """The ``id`` in ``set_aside`` that the value of a dead letter names; None if it names none."""
    try:
        return msgspec.json.decode(value, type=_Pointer).set_aside
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def waiting(dsn: str) -> list[dict[str, Any]]:
    """All that nobody has settled yet, without its content.

    Raises:
        psycopg.Error: the database is away, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        return db.execute(_LIST).fetchall()


def look(dsn: str, number: int, *, settle: bool = False) -> dict[str, Any] | None:
    """What was set aside as ``number``, its ``content`` as text; None if there is no such thing. With ``settle``
    it is told to be settled: it waits no more, and the sweep may delete it in time.

    Raises:
        psycopg.Error: the database is away, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        if settle:
            db.execute(_SETTLE, (number,))
        row = db.execute(_SHOW, (number,)).fetchone()
    return row and {**row, "content": readable(row["content"])}


def readable(content: bytes) -> str:
    """Bytes as text, or in base64 if they are none."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(content).decode()
