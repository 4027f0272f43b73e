"""Fixtures: intake-social's own database on a real PostgreSQL without a broker, and a desk that takes posts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import intake
from chassis.database import Pool
from intake_social.adapters import x
from intake_social.handlers import Desk
from intake_social.settings import SocialSettings
from testing import fixtures
from testing.standins import X_SECRETS, serving, settings_for_tests

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool

REGION = Path(__file__).parents[3] / "region" / "soppeng"
_MIGRATIONS = Path(__file__).parents[1] / "migrations"


@pytest.fixture
def migrations() -> list[Path]:
    return [intake.MIGRATIONS, _MIGRATIONS]


@pytest.fixture
def make_settings() -> Callable[..., SocialSettings]:
    def make(**given: Any) -> SocialSettings:
        usual = {
            **fixtures.UNREACHABLE,
            "kafka_username": "intake-social",
            "region_dir": REGION,
            "x_poll_s": 0.05,
            "x_consumer_key": "consumer-key",
            "x_consumer_secret": "consumer-secret",
            "x_access_token": "access-token",
            "x_access_secret": "access-secret",
        }
        return SocialSettings(**{**usual, **given})

    return make


@pytest.fixture
def desk(pool: Pool, make_settings: Callable[..., SocialSettings]) -> Desk:
    return Desk(pool=pool, settings=make_settings(), texts=fixtures.texts_of(REGION), wake=lambda: None)


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    with serving(settings_for_tests(tmp_path / "state")) as url:
        yield url


@pytest.fixture
async def client(base: str) -> AsyncIterator[Any]:
    async with x.connect(**X_SECRETS, api_url=f"{base}/x", timeout_s=2) as connected:
        yield connected
