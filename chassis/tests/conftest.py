"""A real broker and database for the whole run, and for each test a bench: its own topics, database and workers."""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chassis.database import Pool, open_pool
from lapor.testing import Stack, start_kafka_and_postgres

sys.path.insert(0, str(Path(__file__).parent / "workers"))

from bench import Bench

_names = (f"bench{n}" for n in itertools.count())


@pytest.fixture(scope="session")
def connected() -> Iterator[Stack]:
    """One broker and one cluster, outside pytest's own folder: that one is closed again while the tests run."""
    with tempfile.TemporaryDirectory(prefix="chassis-", ignore_cleanup_errors=True) as directory:
        stack = start_kafka_and_postgres(Path(directory))
        yield stack
        stack.discard()


@pytest.fixture
def bench(connected: Stack, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Its source has 3 partitions, or as many as an indirect parameter says."""
    bench = Bench(connected, next(_names), tmp_path, partitions=getattr(request, "param", 3))
    yield bench
    bench.close()


@pytest.fixture
async def pool(bench: Bench) -> AsyncIterator[Pool]:
    pool = await open_pool(bench.dsn, timeout_s=5)
    yield pool
    pool.terminate()
