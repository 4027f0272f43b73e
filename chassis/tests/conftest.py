"""A real broker and database for the whole run, and for each test a bench: its own topics, database and workers."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing import fixtures
from testing.servers import Stack

sys.path.insert(0, str(Path(__file__).parent / "workers"))

from bench import Bench

connected, pool = fixtures.connected, fixtures.pool
_names = (f"bench{n}" for n in itertools.count())


@pytest.fixture
def bench(connected: Stack, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Its source has 3 partitions, or as many as an indirect parameter says."""
    bench = Bench(connected, next(_names), tmp_path, partitions=getattr(request, "param", 3))
    yield bench
    bench.close()


@pytest.fixture
def dsn(bench: Bench) -> str:
    return bench.dsn
