"""A real PostgreSQL without a broker, and a new intake database for each test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import intake
from intake.submissions import IntakeSettings
from testing import buckets, fixtures

bucket = buckets.bucket
stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS]


@pytest.fixture
def make_settings(dsn: str) -> Callable[..., IntakeSettings]:
    def make(**given: Any) -> IntakeSettings:
        usual = {
            **fixtures.UNREACHABLE,
            "kafka_username": "intake-sms",
            "database_url": dsn,
            "region_dir": Path("/nowhere"),
        }
        return IntakeSettings(**{**usual, **given})

    return make
