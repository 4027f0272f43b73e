"""Fixtures: intake-social's own database on a real PostgreSQL without a broker, and a desk that takes posts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import intake
from chassis.database import Pool
from intake.texts import PARTS, Texts
from intake_social.handlers import Desk
from intake_social.settings import SocialSettings
from kabupaten import load
from testing import fixtures

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
            "kafka_bootstrap_servers": "127.0.0.1:9",
            "kafka_username": "intake-social",
            "kafka_password": "unused",
            "database_url": "postgresql://nobody@127.0.0.1:9/none",
            "region_dir": REGION,
            "http_port": 9,
            "installation_namespace": UUID(int=1),
            "event_key": "key-of-the-intake-of-the-test",
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
    return Desk(pool=pool, settings=make_settings(), texts=Texts(load(REGION, *PARTS)), wake=lambda: None)
