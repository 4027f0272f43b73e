"""A real PostgreSQL without a broker, and a new database of an intake for each test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import chassis.intake
from chassis.database import Pool, migrate, open_pool
from chassis.intake.accept import IntakeSettings
from lapor import kafka, postgres
from lapor.ports import choose
from lapor.testing import Stack

_names = (f"intake_{n}" for n in itertools.count())


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    directory = Path(tempfile.mkdtemp(prefix="chassis-intake-"))
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
def dsn(stack: Stack) -> str:
    address = stack.database(next(_names))
    migrate(address, chassis.intake.MIGRATIONS)
    return address


@pytest.fixture
async def pool(dsn: str) -> AsyncIterator[Pool]:
    pool = await open_pool(dsn, timeout_s=5)
    yield pool
    pool.terminate()


@pytest.fixture
def make_settings(dsn: str) -> Callable[..., IntakeSettings]:
    def make(**given: Any) -> IntakeSettings:
        usual = {
            "kafka_bootstrap_servers": "127.0.0.1:9",
            "kafka_username": "intake-sms",
            "kafka_password": "unused",
            "database_url": dsn,
            "region_dir": Path("/nowhere"),
            "http_port": 9,
            "installation_namespace": UUID(int=1),
        }
        return IntakeSettings(**{**usual, **given})

    return make
