"""A real PostgreSQL without a broker, and a new database of an intake for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import chassis.intake
from chassis.database import Pool, open_pool
from chassis.intake.accept import IntakeSettings
from lapor import fixtures

stack, new_database = fixtures.stack, fixtures.new_database


@pytest.fixture
def dsn(new_database: Callable[..., str]) -> str:
    return new_database(chassis.intake.MIGRATIONS)


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
