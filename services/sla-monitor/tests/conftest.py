"""The oracle beside this file, and the sla-monitor's own database on a real PostgreSQL without a broker."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from testing import fixtures

stack, new_database, dsn, pool = fixtures.stack, fixtures.new_database, fixtures.dsn, fixtures.pool

sys.path.insert(0, str(Path(__file__).parent))

MIGRATIONS = Path(__file__).parents[1] / "migrations"


@pytest.fixture
def migrations() -> list[Path]:
    return [MIGRATIONS]
