"""The helpers beside this file, and a real PostgreSQL without a broker."""

from __future__ import annotations

import sys
from pathlib import Path

from testing import fixtures

stack, new_database = fixtures.stack, fixtures.new_database

sys.path.insert(0, str(Path(__file__).parent))
