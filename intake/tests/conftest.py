"""A real PostgreSQL without a broker, and a new database of an intake for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import intake
from intake.submissions import IntakeSettings
from testing import fixtures

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS]


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
            "event_key": "key-of-the-intake-of-the-test",
        }
        return IntakeSettings(**{**usual, **given})

    return make
