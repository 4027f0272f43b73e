"""Sets aside what an intake can't take: the bytes stay in the intake's own database, a dead letter says only where.

A number, a handle or a text that cannot be read cannot be masked either, so Kafka gets none of them.
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
    """Set aside, for an operator, the bytes that came in by ``door`` and can't be taken.

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
    """Return the ``id`` in ``set_aside`` from the value of a dead letter; None if it has no such id."""
    try:
        return msgspec.json.decode(value, type=_Pointer).set_aside
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def waiting(dsn: str) -> list[dict[str, Any]]:
    """List what nobody has settled yet, without the content.

    Raises:
        psycopg.Error: the database is away, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        return db.execute(_LIST).fetchall()


def look(dsn: str, number: int, *, settle: bool = False) -> dict[str, Any] | None:
    """Return what was set aside as ``number``, with its ``content`` as text; None if it does not exist.

    With ``settle`` mark it as settled: it no longer waits, and the sweep may delete it in time.

    Raises:
        psycopg.Error: the database is away, or refuses.
    """
    with psycopg.connect(dsn, connect_timeout=10, row_factory=dict_row) as db:
        if settle:
            db.execute(_SETTLE, (number,))
        row = db.execute(_SHOW, (number,)).fetchone()
    return row and {**row, "content": readable(row["content"])}


def readable(content: bytes) -> str:
    """Decode bytes as text, or show them in base64 if they are not text."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(content).decode()
