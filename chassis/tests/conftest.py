"""A real broker and database for the whole run, and for each test a bench: its own topics, database and workers."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.database import migrate
from testing import fixtures
from testing.servers import Stack

sys.path.insert(0, str(Path(__file__).parent / "workers"))

import counting
from bench import Bench

connected, pool = fixtures.connected, fixtures.pool
_names = (f"bench{n}" for n in itertools.count())


GOOD = {
    "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9092",
    "KAFKA_USERNAME": "router",
    "KAFKA_PASSWORD": "s3cret-word",
    "REGION_DIR": "region",
    "HTTP_PORT": "9000",
    "DATABASE_URL": "postgresql://u:p@127.0.0.1/d",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture(scope="session")
def template(connected: Stack) -> str:
    """The name of a database with the workers' tables: copying it costs less than creating them."""
    migrate(connected.database(name := "template_of_benches"), counting.MIGRATIONS)
    return name


@pytest.fixture
def bench(connected: Stack, template: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """A bench whose source has 3 partitions, or as many as an indirect parameter says."""
    dsn = connected.copy(template, name := next(_names))
    bench = Bench(connected, name, dsn, tmp_path, partitions=getattr(request, "param", 3))
    yield bench
    bench.close()


@pytest.fixture
def dsn(bench: Bench) -> str:
    return bench.dsn
