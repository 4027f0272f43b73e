"""The service's own PostgreSQL: its pool, and its migrations under an advisory lock."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import psycopg
import yoyo

from chassis import metrics

Pool: TypeAlias = Any  # an asyncpg.Pool
Connection: TypeAlias = Any  # a PoolConnectionProxy; asyncpg ships no types

_PLUMBING = Path(__file__).parent / "migrations"
#: Advisory locks of one database: one relay, one migration, one timer, one sender, one sweep; one process that shows
#: the size of the database, and one reader of each network.
RELAY_LOCK, MIGRATE_LOCK, TIMER_LOCK, SENDER_LOCK, CLOCK_LOCK, SIMILAR_LOCK = 7, 8, 9, 10, 11, 12
SHOW_LOCK, X_LOCK, FACEBOOK_LOCK, MAIL_LOCK = 13, 14, 15, 16
_TRY_LOCK, _MIGRATE_ALONE = "SELECT pg_try_advisory_lock($1)", "SELECT pg_advisory_lock(%s)"
# Everybody's connections, also of roles whose other figures this role may not see.
_SIZE = """
SELECT pg_database_size(current_database()), (SELECT sum(numbackends)::int FROM pg_stat_database),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"""
_SIZES = (metrics.DATABASE_BYTES, metrics.CONNECTIONS, metrics.CONNECTIONS_ALLOWED)

#: The database is away or hangs. InternalClientError: the connection broke during an operation.
OUTAGES = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
#: Classes of SQLSTATE about the server and the connection to it: connection, rollback by a deadlock, resources, a lock,
#: an operator, the system, the server's own fault; 25006 is a server that has become a replica.
#: https://www.postgresql.org/docs/current/errcodes-appendix.html
_OF_THE_SERVER = ("08", "25006", "40", "53", "55", "57", "58", "F0", "XX")


def is_outage(error: BaseException) -> bool:
    """Whether ``error`` is trouble with the database, which passes, and not data that it will always refuse."""
    if isinstance(error, asyncpg.PostgresError):
        return str(error.sqlstate or "XX").startswith(_OF_THE_SERVER)
    return isinstance(error, OUTAGES)


#: Before a table was analyzed, or while it is small, PostgreSQL prefers to read it whole, and keeps that plan while the
#: table grows. Every statement here looks for a few rows of many, and has an index for that.
PLANS = {"enable_seqscan": "off"}


async def open_pool(dsn: str, *, timeout_s: float = 10, connected: int = 2, most: int = 8) -> Pool:
    """Open a pool of at most ``most`` connections, with a time limit for every statement and connect.

    With ``connected=0`` it connects at its first use: for a service that must start, and keep answering, while its
    database is away.

    Raises:
        OSError, asyncpg.PostgresError, TimeoutError: the database can't be reached; never with ``connected=0``.
    """
    limits = {"timeout": timeout_s, "command_timeout": timeout_s}
    pool: Any = await asyncpg.create_pool(
        dsn, min_size=connected, max_size=most, reset=_nothing_to_reset, server_settings=PLANS, **limits
    )
    return pool


async def _nothing_to_reset(_db: Connection) -> None:
    """Do nothing: a transaction is rolled back before this, and nothing else is left (see :func:`holding`).

    asyncpg's own reset asks the server each time a connection is returned.
    """


@contextlib.asynccontextmanager
async def holding(pool: Pool, lock: int) -> AsyncIterator[Connection]:
    """Wait for ``lock``, one of those above, and yield the connection that holds it alone.

    Raises:
        asyncpg.PostgresError, OSError, TimeoutError: the database is gone; start again.
    """
    async with pool.acquire() as db:
        try:
            while not await db.fetchval(_TRY_LOCK, lock):
                await asyncio.sleep(0.5)
            yield db
        finally:
            # Closing the connection releases the lock, however this ended; if it is lost already, so is the lock.
            with contextlib.suppress(asyncpg.InterfaceError):
                db.terminate()


async def show_size(db: Connection, service: str) -> None:
    """Show the size of the database of ``service``, and how many connections its server has and accepts."""
    found = await db.fetchrow(_SIZE)
    for gauge, figure in zip(_SIZES, found.values(), strict=True):
        gauge.labels(service).set(figure)


def hide_size() -> None:
    """Show none of these figures: another process does that."""
    for gauge in _SIZES:
        gauge.clear()


@contextlib.contextmanager
def _locked(dsn: str) -> Iterator[None]:
    with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as db:
        db.execute(_MIGRATE_ALONE, (MIGRATE_LOCK,))
        yield


def migrate(dsn: str, *own: Path) -> int:
    """Apply the numbered ``.sql`` files of the chassis and then the service's ``own``; return how many.

    yoyo's own lock is a row that outlives a killed process, hence the advisory lock.

    Raises:
        psycopg.Error: the database refused.
    """
    with _locked(dsn):
        backend = yoyo.get_backend(dsn.replace("postgresql://", "postgresql+psycopg://", 1))
        applied = 0
        for folder in (_PLUMBING, *own):
            wanted = yoyo.read_migrations(str(folder))
            todo = backend.to_apply(wanted)
            backend.apply_migrations(todo)
            applied += len(todo)
        backend.connection.close()
        return applied


@contextlib.asynccontextmanager
async def connected(dsn: str) -> AsyncIterator[Connection]:
    """Open one connection to ``dsn``, for a command.

    Raises:
        OSError, asyncpg.PostgresError, TimeoutError: the database can't be used.
    """
    db = await asyncpg.connect(dsn, timeout=10)
    try:
        yield db
    finally:
        await db.close()


def reason(dsn: str, error: Exception) -> str:
    """Say in one line why ``dsn`` can't be used. libpq only says that a certificate is bad; asyncpg says why."""
    said = str(error).partition("\n")[0] or type(error).__name__
    if "certificate verify failed" in said:
        try:
            asyncio.run(asyncpg.connect(dsn, timeout=10))
        except ssl.SSLCertVerificationError as refused:
            return f"{said}: {refused.verify_message}"
        except OUTAGES:
            pass
    return said
