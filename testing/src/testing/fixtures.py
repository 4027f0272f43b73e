"""Pytest fixtures for every part: a real PostgreSQL with new databases in it, or with a real broker beside it.

A ``conftest.py`` that names one offers it; each has its own server, so that an outage in one suite is no other's.
"""

from __future__ import annotations

import functools
import itertools
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.database import Pool, migrate, open_pool
from intake.texts import PARTS, Texts
from kabupaten import load
from testing.servers import Stack, start_kafka_and_postgres, start_postgres

#: Settings of an intake that nothing can be reached with; its own come beside them.
UNREACHABLE: dict[str, Any] = {
    "kafka_bootstrap_servers": "127.0.0.1:9",
    "kafka_password": "unused",
    "database_url": "postgresql://nobody@127.0.0.1:9/none",
    "http_port": 9,
    "installation_namespace": UUID(int=1),
    "event_key": "key-of-the-intake-of-the-test",
}
_names = (f"test_{n}" for n in itertools.count())


@functools.cache
def texts_of(region: Path) -> Texts:
    """Read what citizens of ``region`` are told, as an intake does when it starts.

    Its words of danger are learnt already: on a busy machine that takes longer than a gateway waits at the door.
    """
    texts = Texts(load(region, *PARTS))
    texts.danger_words.learn()
    return texts


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A PostgreSQL on a free port, outside pytest's own folder: that one is closed again while the tests run."""
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
def dsn(new_database: Callable[..., str], migrations: Sequence[Path]) -> str:
    """The address of a new database with the tables of ``migrations``, which the suite says."""
    return new_database(*migrations)


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    """Connections to ``dsn``."""
    pool = await open_pool(dsn, timeout_s=5)
    yield pool
    pool.terminate()


@pytest.fixture(scope="session")
def connected() -> Iterator[Stack]:
    """Kafka and PostgreSQL, started once for the whole test run; a test makes its own topics and databases."""
    with tempfile.TemporaryDirectory(prefix="lapor-", ignore_cleanup_errors=True) as folder:
        stack = start_kafka_and_postgres(Path(folder), fsync=False)
        yield stack
        stack.discard()
