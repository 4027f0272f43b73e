"""A real broker and database for the whole run, and for each test a bench: its own topics, database and workers."""

from __future__ import annotations

import itertools
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from chassis.database import Pool, open_pool
from lapor.fixtures import connected
from lapor.testing import Stack

sys.path.insert(0, str(Path(__file__).parent / "workers"))

from bench import Bench

__all__ = ["connected"]

_names = (f"bench{n}" for n in itertools.count())


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
