"""Pytest fixtures for every part: a real PostgreSQL with new databases in it, or with a real broker beside it.

A ``conftest.py`` that imports one offers it; each suite has its own servers, so an outage in one affects no other.
"""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from chassis.database import Pool, migrate, open_pool
from intake.texts import PARTS, Texts
from kabupaten import load
from testing.servers import Stack, start_kafka_and_postgres, start_postgres
from testing.waiting import BOUND_S

#: Settings of an intake that reach no server; a test adds its own.
UNREACHABLE: dict[str, Any] = {
    "kafka_bootstrap_servers": "127.0.0.1:9",
    "kafka_password": "unused",
    "database_url": "postgresql://nobody@127.0.0.1:9/none",
    "http_port": 9,
    "installation_namespace": UUID(int=1),
    "event_key": "key-of-the-intake-of-the-test",
}
_names = (f"test_{n}" for n in itertools.count())
#: By server and migrations: the database that tests use one after the other, and its catalog when it was new.
_kept: dict[tuple[Path, ...], tuple[str, list[Any]]] = {}
_ALONE = """
SELECT pg_terminate_backend(pid, 5000)
FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"""
#: The transaction (`xmin`) that wrote each row of the catalog.
_CATALOG = " UNION ALL ".join(
    [
        "SELECT 'pg_class', count(*), sum(hashtext(relname || coalesce(relacl::text, ''))) FROM pg_class",
        *(
            f"SELECT '{name}', count(*), max(xmin::text::bigint) FROM {name}"
            for name in ("pg_attribute", "pg_constraint", "pg_trigger", "pg_proc", "pg_type", "pg_db_role_setting")
        ),
    ]
)
#: As a replica, so that no trigger runs; TRUNCATE would make new files for each table and index.
_EMPTY = """
SET session_replication_role = replica;
DO $$
DECLARE name regclass;
BEGIN
    FOR name IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        CONTINUE WHEN name::text ~ 'yoyo';
        EXECUTE format('DELETE FROM %s', name);
    END LOOP;
    PERFORM setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;
END $$"""


@functools.cache
def texts_of(region: Path) -> Texts:
    """Read the texts for citizens of ``region``, as an intake does when it starts.

    The texts have learnt their words already: on a busy machine that takes longer than a gateway waits for an answer.
    """
    texts = Texts(load(region, *PARTS))
    texts.reader.learn()
    return texts


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Start a PostgreSQL on a free port, outside pytest's own folder, which becomes private again during the tests."""
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        stack = start_postgres(Path(folder), fsync=False)
        yield stack
        stack.discard()


@pytest.fixture(scope="session")
def new_database(stack: Stack) -> Callable[..., str]:
    """Makes a database with the migrations of the given folders, and returns its address."""

    @functools.cache
    def migrated(*migrations: Path) -> str:
        migrate(stack.database(name := next(_names)), *migrations)
        return name

    return lambda *migrations: stack.copy(migrated(*migrations), next(_names))


@pytest.fixture
def dsn(stack: Stack, new_database: Callable[..., str], migrations: Sequence[Path]) -> str:
    """Return the address of an empty database with the tables of ``migrations``, a fixture of the suite.

    It is the last test's database, emptied, which takes a third of the time; a new one if that test changed its schema.
    """
    key = (stack.cluster.directory, *migrations)
    dsn, catalog = _kept.get(key, ("", []))
    if not dsn or _catalog(stack, dsn, empty=True) != catalog:
        dsn = new_database(*migrations)
        _kept[key] = dsn, _catalog(stack, dsn)
    return dsn


def _catalog(stack: Stack, dsn: str, *, empty: bool = False) -> list[Any]:
    """Read the catalog of a database; ``empty``: first close all other connections and empty its tables."""
    with psycopg.connect(stack.cluster.dsn(str(conninfo_to_dict(dsn)["dbname"])), autocommit=True) as db:
        if empty:
            db.execute(_ALONE)
            db.execute(_EMPTY)
        return db.execute(_CATALOG).fetchall()


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """Connections to ``dsn``."""
    pool = await open_pool(dsn, timeout_s=BOUND_S)
    yield pool
    pool.terminate()


@pytest.fixture(scope="session")
def connected() -> Iterator[Stack]:
    """Kafka and PostgreSQL, started once for the whole test run; a test makes its own topics and databases."""
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        stack = start_kafka_and_postgres(Path(folder), fsync=False)
        yield stack
        stack.discard()
