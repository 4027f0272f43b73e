"""Fixtures: the helpers beside this file, and the router's own database on a real PostgreSQL without a broker."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from router.rules import Rules
from testing import fixtures

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool

sys.path.insert(0, str(Path(__file__).parent))

_MIGRATIONS = Path(__file__).parents[1] / "migrations"


@pytest.fixture
def rules() -> Rules:
    """The rules of the small region that the tests use."""
    from router_office import RULES

    return RULES


@pytest.fixture
def migrations() -> list[Path]:
    return [_MIGRATIONS]
