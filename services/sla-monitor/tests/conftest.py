"""The oracle beside this file, and the sla-monitor's own database on a real PostgreSQL without a broker."""

from __future__ import annotations

import itertools
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chassis.database import Pool, migrate, open_pool
from lapor import kafka, postgres
from lapor.ports import choose
from lapor.testing import Stack

sys.path.insert(0, str(Path(__file__).parent))

MIGRATIONS = Path(__file__).parents[1] / "migrations"
_names = (f"sla_{n}" for n in itertools.count())


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A real PostgreSQL on a free port; no broker."""
    directory = Path(tempfile.mkdtemp(prefix="sla-"))
    port = choose({"postgres": 0}, directory / "ports.json")["postgres"]
    cluster = postgres.Cluster(directory=directory / "postgres", port=port, password="a-password")
    broker = kafka.Broker(directory=directory / "kafka", port=9, controller_port=9, password="unused")
    stack = Stack(broker=broker, cluster=cluster, logs=directory)
    postgres.prepare(cluster)
    stack.start_postgres()
    yield stack
    stack.discard()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def empty(stack: Stack) -> str:
    """The address of a new database without any table."""
    return stack.database(next(_names))


@pytest.fixture
def dsn(empty: str) -> str:
    """The address of a new, migrated database."""
    migrate(empty, MIGRATIONS)
    return empty


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    pool = await open_pool(dsn, timeout_s=10)
    yield pool
    pool.terminate()
