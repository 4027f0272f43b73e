"""Fixtures: the helpers beside this file, and the router's own database on a real PostgreSQL without a broker."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from chassis.database import Pool, open_pool
from lapor import fixtures
from router.rules import Rules

stack, new_database = fixtures.stack, fixtures.new_database

sys.path.insert(0, str(Path(__file__).parent))

_MIGRATIONS = Path(__file__).parents[1] / "migrations"


@pytest.fixture
def rules() -> Rules:
    """Those of the small region the tests play in."""
    from router_office import RULES

    return RULES


@pytest.fixture
async def pool(new_database: Callable[..., str]) -> AsyncIterator[Pool]:
    """A new, migrated database."""
    pool = await open_pool(new_database(_MIGRATIONS), timeout_s=5)
    yield pool
    pool.terminate()
