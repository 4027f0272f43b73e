"""Fixtures: the helpers beside this file, and the router's own database on a real PostgreSQL without a broker."""

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
from router.rules import Rules

sys.path.insert(0, str(Path(__file__).parent))

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
_names = (f"router_{n}" for n in itertools.count())


@pytest.fixture
def rules() -> Rules:
    """Those of the small region the tests play in."""
    from router_office import RULES

    return RULES


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A real PostgreSQL on a free port; no broker."""
    directory = Path(tempfile.mkdtemp(prefix="router-"))
    port = choose({"postgres": 0}, directory / "ports.json")["postgres"]
    cluster = postgres.Cluster(directory=directory / "postgres", port=port, password="a-password")
    broker = kafka.Broker(directory=directory / "kafka", port=9, controller_port=9, password="unused")
    stack = Stack(broker=broker, cluster=cluster, logs=directory)
    postgres.prepare(cluster)
    stack.start_postgres()
    yield stack
    stack.stop()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def pool(stack: Stack) -> AsyncIterator[Pool]:
    """A new, migrated database."""
    address = stack.database(next(_names))
    migrate(address, _MIGRATIONS)
    pool = await open_pool(address, timeout_s=5)
    yield pool
    pool.terminate()
