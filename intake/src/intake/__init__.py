"""Shared by the three intakes: taking a complaint, telling its story, informing its reporter."""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
